"""The one way out of a connection: whole frames, in order, without waiting."""

import os
from collections import deque
from collections.abc import Callable

import trio

MAX_OUTBOX_BYTES = 256 * 1024
"""Some 1,000 messages, beyond what the kernel holds: who is further behind resumes by offset."""
STALL_TIMEOUT_S = 30.0
"""Who takes nothing at all for so long is not slow, but holds our memory: a long recovery is
megabytes."""


class Outbox:
    """Writes frames to a socket at once while it takes them, and keeps the rest for ``flush``.

    ``start_flush`` is called when the first byte has to wait; it has ``flush`` run in a task.
    The socket's descriptor is written to directly, as trio's own ``send`` is a coroutine. It is
    asked for each time: once the socket is closed, its number is soon another connection's.
    """

    __slots__ = (
        "_begun",
        "_drained",
        "_fileno",
        "_flushing",
        "_limit_bytes",
        "_queue",
        "_socket",
        "_start_flush",
        "queued_bytes",
    )

    def __init__(self, socket: trio.socket.SocketType, start_flush: Callable[[], None]) -> None:
        self._socket = socket
        self._fileno = socket.fileno
        self._start_flush = start_flush
        self._queue: deque[memoryview] | None = None  # an empty deque is 700 bytes
        self._begun = False
        self._flushing = False
        self._limit_bytes = MAX_OUTBOX_BYTES
        self._drained: trio.Event | None = None
        self.queued_bytes = 0

    def has_room(self, frame: bytes) -> bool:
        """Whether a push may be queued behind what waits already."""
        return self.queued_bytes + len(frame) <= self._limit_bytes

    def send(self, frame: bytes) -> None:
        """Write a frame, or what the socket takes of it, and queue the rest. OSError."""
        if self._flushing:
            self._enqueue(memoryview(frame))
            return
        try:
            written = os.write(self._fileno(), frame)
        except BlockingIOError:
            written = 0
        if written < len(frame):
            self._begun = written > 0
            self._enqueue(memoryview(frame)[written:])
            self._flushing = True
            self._start_flush()

    def send_reply(self, frame: bytes) -> None:
        """Send what was asked for. OSError.

        It does not count against the limit, or a member on a slow line could never take in a
        long recovery while the room goes on.
        """
        before = self.queued_bytes
        self.send(frame)
        self._limit_bytes += self.queued_bytes - before

    def cut(self) -> None:
        """Drop all that waits but the rest of a frame that has begun."""
        if self._queue is not None:
            kept = [self._queue[0]] if self._begun else []
            self._queue = deque(kept)
            self.queued_bytes = sum(len(each) for each in kept)

    async def flush(self) -> None:
        """Write what waits, as the socket takes it, until nothing does.

        OSError, and trio's own; TooSlowError where the socket takes nothing for STALL_TIMEOUT_S.
        """
        while self._queue:
            with trio.fail_after(STALL_TIMEOUT_S):
                await trio.lowlevel.wait_writable(self._socket)
            self._write_some()
        self._queue = None
        self._flushing = False
        self._limit_bytes = MAX_OUTBOX_BYTES
        if self._drained is not None:
            self._drained.set()
            self._drained = None

    async def drained(self) -> None:
        """Wait until nothing waits to be written."""
        while self.queued_bytes:
            if self._drained is None:
                self._drained = trio.Event()
            await self._drained.wait()

    def _enqueue(self, data: memoryview) -> None:
        if self._queue is None:
            self._queue = deque()
        self._queue.append(data)
        self.queued_bytes += len(data)

    def _write_some(self) -> None:
        while self._queue:
            head = self._queue[0]
            try:
                written = os.write(self._fileno(), head)
            except BlockingIOError:
                return
            self.queued_bytes -= written
            if written < len(head):
                self._queue[0] = head[written:]
                self._begun = True
                return
            self._queue.popleft()
            self._begun = False
