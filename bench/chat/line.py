"""One connection of a storm's talker or restless member."""

import itertools
import socket
from typing import Any

import trio

from bench.chat.frames import HEAD_END, PONG, command, frame, split, upgrade_request
from bench.chat.record import Place, Record

RECEIVE_BYTES = 1 << 16
REPLY_TIMEOUT_S = 30.0
OPEN_TIMEOUT_S = 10.0
LOST = 1006
"""Stands for an end without a close frame (RFC 6455, section 7.1.5)."""


class Lost(Exception):
    """The connection is over; what was asked may have been done or not."""


class Refused(Exception):
    """The server said no."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["code"])
        self.code = str(error["code"])
        self.retry_after_s: float | None = error.get("retry_after")


class Line:
    """Commands and their replies; whatever else comes is checked against the order.

    ``listen`` has to run in a task for replies to come, and for nothing else: while it does not,
    nothing is read.
    """

    def __init__(self, stream: trio.SocketStream, record: Record, place: Place) -> None:
        self._stream = stream
        self._record = record
        self._place = place
        self._rest = b""
        self._ids = itertools.count(1)
        self._replies: dict[int, dict[str, Any]] = {}
        self._replied = trio.Condition()
        self.end: int | None = None

    async def do(self, what: str, **fields: object) -> dict[str, Any]:
        """Do a command. Lost, Refused."""
        number = next(self._ids)
        with trio.move_on_after(REPLY_TIMEOUT_S):
            try:
                await self._stream.send_all(command(id=number, do=what, **fields))
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                raise Lost from None
            async with self._replied:
                while number not in self._replies and self.end is None:
                    await self._replied.wait()
        reply = self._replies.pop(number, None)
        if reply is None:
            raise Lost
        if "error" in reply:
            raise Refused(reply["error"])
        return dict(reply["ok"])

    async def join(self, room: str) -> None:
        """Come into a room at this place. Lost, Refused."""
        await self.do("join", room=room, **self._place.after)

    async def listen(self) -> int:
        """Read until the connection ends; give the close code."""
        while self.end is None:
            try:
                data = await self._stream.receive_some(RECEIVE_BYTES)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                data = b""
            if not data:
                self.end = LOST
            data = self._rest + data
            for each in split(data):
                data = data[len(each) :]
                await self._take(each)
            self._rest = data
        async with self._replied:
            self._replied.notify_all()
        return self.end

    async def _take(self, whole: bytes) -> None:
        sheet = self._record.sheet(whole)
        self._record.take(self._place, sheet)
        if sheet.close_code is not None:
            self.end = sheet.close_code
        elif sheet.is_ping:
            try:
                await self._stream.send_all(frame(PONG, b""))
            except (trio.BrokenResourceError, trio.ClosedResourceError, trio.BusyResourceError):
                return  # the command that is being sent tells as well that somebody is here
        for reply in sheet.replies:
            if "epoch" in reply.get("ok", ()):
                # Now, and not where the reply is waited for: pushes may stand right behind it.
                self._record.join(self._place, reply["ok"])
            self._replies[reply["re"]] = reply
            async with self._replied:
                self._replied.notify_all()


async def open_stream(port: int, receive_buffer_bytes: int | None = None) -> trio.SocketStream:
    """Connect and do the handshake. Lost."""
    connection = trio.socket.socket()
    if receive_buffer_bytes is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
    try:
        with trio.fail_after(OPEN_TIMEOUT_S):
            await connection.connect(("127.0.0.1", port))
            stream = trio.SocketStream(connection)
            await stream.send_all(upgrade_request("/ws"))
            head = b""
            while not head.endswith(HEAD_END):  # the server says no more before it is asked
                if not (data := await stream.receive_some(RECEIVE_BYTES)):
                    raise Lost
                head += data
    except (OSError, trio.BrokenResourceError, trio.TooSlowError, Lost):
        connection.close()
        raise Lost from None
    if not head.startswith(b"HTTP/1.1 101"):
        connection.close()
        raise Lost
    return stream
