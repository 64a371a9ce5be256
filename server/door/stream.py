"""A connection whose first bytes have been read already, and are read again."""

import trio


class PrependedStream(trio.abc.HalfCloseableStream):
    """A TCP stream that gives back what was ``unread`` before it reads on.

    ``socket_stream`` and ``socket`` are what lies below. One task reads and one sends at a time.
    """

    def __init__(self, socket_stream: trio.SocketStream) -> None:
        self.socket_stream = socket_stream
        self.draining = False
        """Whether the server is closing: answer what was asked and take nothing more."""
        self._prefix = b""
        self._idle: trio.CancelScope | None = None

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
        """Receive as ``receive_some``, but give up (``b""``) after a time, or when draining."""
        if self.draining and not self._prefix:
            await trio.lowlevel.checkpoint()
            return b""
        with trio.move_on_after(timeout_s) as self._idle:
            return await self.receive_some()
        return b""

    def drain(self) -> None:
        """Take no further request: an idle connection ends now, a busy one after its answer."""
        self.draining = True
        if self._idle is not None:
            self._idle.cancel()

    def abort(self) -> None:
        """Close the socket at once, under whatever waits for it."""
        self.socket.close()

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
