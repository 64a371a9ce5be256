"""A connection whose first bytes have been read already, and are read again."""

import math
import os
from collections.abc import Sequence

import trio

RECEIVE_BYTES = 64 * 1024


class PrependedStream(trio.abc.HalfCloseableStream):
    """A TCP stream that gives back what was ``unread`` before it reads on.

    ``socket_stream`` and ``socket`` are what lies below. One task reads and one sends at a time.
    """

    def __init__(self, socket_stream: trio.SocketStream) -> None:
        self.socket_stream = socket_stream
        self.draining = False
        """Whether the server is closing: answer what was asked and take nothing more."""
        self.idle_scope = trio.CancelScope()
        """The door serves the connection within it, and cancels it to hang up an idle one."""
        self._idle_until_s = math.inf
        self._prefix = b""

    @property
    def socket(self) -> trio.socket.SocketType:
        """The socket below; what is read from it directly misses what was unread."""
        return self.socket_stream.socket

    def unread(self, data: bytes) -> None:
        """Put bytes back; they are the next ones to be received."""
        self._prefix = data + self._prefix

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Receive what was unread, else from the socket; ``b""`` at its end."""
        if not self._prefix:
            return await self.socket_stream.receive_some(max_bytes)
        await trio.lowlevel.checkpoint()
        size = len(self._prefix) if max_bytes is None else max_bytes
        data, self._prefix = self._prefix[:size], self._prefix[size:]
        return data

    async def receive_idle(self, timeout_s: float) -> bytes:
        """Receive a request's first bytes, for which the client may take its time.

        ``b""`` at the end, or when draining. While it waits, ``drain`` and, after ``timeout_s``,
        ``hang_up_if_idle`` cancel ``idle_scope``: a scope for each wait would cost more than all
        the rest of a small answer.
        """
        if self._prefix:
            return await self.receive_some()
        if self.draining:
            await trio.lowlevel.checkpoint()
            return b""
        self._idle_until_s = trio.current_time() + timeout_s
        data = await self.receive_late(RECEIVE_BYTES)
        self._idle_until_s = math.inf
        return data

    async def receive_late(self, max_bytes: int) -> bytes:
        """Receive as ``receive_some`` does, from a peer of which nothing is likely to be there yet.

        It waits before the first try, and it holds a kilobyte less while it waits.
        """
        if self._prefix:
            return await self.receive_some(max_bytes)
        while True:
            await trio.lowlevel.wait_readable(self.socket)
            try:
                return os.read(self.socket.fileno(), max_bytes)
            except BlockingIOError:
                continue
            except OSError as error:
                raise trio.BrokenResourceError("the connection is lost") from error

    def hang_up_if_idle(self, now_s: float) -> None:
        """End the connection if it has waited for a request past its time."""
        if now_s >= self._idle_until_s:
            self.idle_scope.cancel()

    def drain(self) -> None:
        """Take no further request: an idle connection ends now, a busy one after its answer."""
        self.draining = True
        if self._idle_until_s < math.inf:
            self.idle_scope.cancel()

    def abort(self) -> None:
        """Close the socket at once, under whatever waits for it."""
        self.socket.close()

    def send_now(self, buffers: Sequence[bytes | memoryview]) -> int:
        """Send what the socket takes at once, without waiting; how many bytes that were."""
        try:
            return os.writev(self.socket.fileno(), buffers)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise trio.BrokenResourceError("the connection is lost") from error

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of the bytes."""
        await self.socket_stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        """Wait until the socket takes bytes."""
        await self.socket_stream.wait_send_all_might_not_block()

    async def send_eof(self) -> None:
        """Say that nothing more is sent."""
        await self.socket_stream.send_eof()

    async def aclose(self) -> None:
        """Close the socket."""
        await self.socket_stream.aclose()
