"""The app's room: Hypercorn serves one request of a connection and closes it.

Everything here leans on Hypercorn's internals (pinned in pyproject.toml); nothing else does.

- ``keep_alive_max_requests=1`` makes it answer ``Connection: close``, so that every request of a
  browser passes the door.
- It would follow ``Upgrade: h2c`` and serve WebSockets. Its request head is therefore written anew,
  without ``Upgrade``: a server may ignore that header (RFC 9110 section 7.8).
- It shields its sends from cancellation and gives them no deadline. ``_RoomStream`` gives them one,
  and closing the socket below ends them at once.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.lifespan import Lifespan
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState

from server.door.forwarded import AsgiApp
from server.door.head import MAX_HEAD_BYTES, MAX_HEADERS_COUNT, RequestHead
from server.door.reading import linger
from server.door.stream import PrependedStream

VISIT_TIMEOUT_S = 120.0
"""For one request, from its head to its answer's last byte."""
SEND_TIMEOUT_S = 20.0
"""For SEND_SLICE_BYTES of an answer: at least 3 KiB/s, or the client is given up."""
SEND_SLICE_BYTES = 64 * 1024
APP_SHUTDOWN_TIMEOUT_S = 5
REWRITING_BYTES = 2 * MAX_HEADERS_COUNT + 1024
"""A head written anew has at most a space per header and a Host more than the one that came."""
DROPPED_HEADERS = (b"upgrade", b"http2-settings")


class HypercornRoom:
    """Serves an ASGI app on connections that come with their first head read."""

    def __init__(self, app: AsgiApp, *, max_head_bytes: int = MAX_HEAD_BYTES) -> None:
        self._app = ASGIWrapper(app)
        self._config = Config()
        self._config.keep_alive_max_requests = 1
        self._config.h11_max_incomplete_size = max_head_bytes + REWRITING_BYTES
        self._config.include_server_header = False
        self._config.accesslog = None
        self._config.shutdown_timeout = APP_SHUTDOWN_TIMEOUT_S
        self._config.errorlog = logging.getLogger("hypercorn.error")
        self._context = WorkerContext(None)
        self._state = ConnectionState({})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start the app and, at the end, let it shut down (the ASGI lifespan)."""
        lifespan = Lifespan(self._app, self._config, self._state)
        async with trio.open_nursery() as nursery:
            await nursery.start(lifespan.handle_lifespan)
            await lifespan.wait_for_startup()
            yield
            await lifespan.wait_for_shutdown()
            nursery.cancel_scope.cancel()

    async def __call__(self, stream: PrependedStream, head: RequestHead) -> None:
        """Serve the one request that the stream begins with."""
        await _drop_head(stream, head)
        stream.unread(_rewrite(head))
        room_stream = _RoomStream(stream)
        with trio.move_on_after(VISIT_TIMEOUT_S):
            server = TCPServer(
                self._app,
                self._config,
                self._context,
                self._state,
                room_stream,  # type: ignore[arg-type]  # it uses what all half-closeable streams have
            )
            await server.run()
        await linger(stream)


async def _drop_head(stream: PrependedStream, head: RequestHead) -> None:
    """Read the head away that the stream begins with."""
    left = len(head.raw)
    while left > 0:
        left -= len(await stream.receive_some(left))


def _rewrite(head: RequestHead) -> bytes:
    """Write the head from what was parsed, so that Hypercorn's parser can read it in one way."""
    lines = [f"{head.method} {head.target} HTTP/{head.version}".encode("ascii")]
    lines += [
        b"%b: %b" % (name, value) for name, value in head.headers if name not in DROPPED_HEADERS
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n"


class _RoomStream(trio.abc.HalfCloseableStream):
    """What Hypercorn holds for its socket: sends end, and closing leaves time to linger."""

    def __init__(self, stream: PrependedStream) -> None:
        self._stream = stream
        self._reading = trio.CancelScope()
        self._closed = False

    @property
    def socket(self) -> trio.socket.SocketType:
        """Hypercorn reads both addresses here."""
        return self._stream.socket

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Receive until Hypercorn itself has closed."""
        if not self._closed:
            with trio.CancelScope() as self._reading:
                return await self._stream.receive_some(max_bytes)
        await trio.lowlevel.checkpoint()
        raise trio.ClosedResourceError("the answer is complete")

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send, giving up on a client that does not read."""
        view = memoryview(data)
        for start in range(0, len(view), SEND_SLICE_BYTES):
            with trio.move_on_after(SEND_TIMEOUT_S) as scope:
                await self._stream.send_all(view[start : start + SEND_SLICE_BYTES])
            if scope.cancelled_caught:
                self._stream.abort()
                raise trio.BrokenResourceError("the client stopped reading")

    async def wait_send_all_might_not_block(self) -> None:
        """Wait until the socket takes bytes."""
        await self._stream.wait_send_all_might_not_block()

    async def send_eof(self) -> None:
        """End the reading: the answer is complete.

        No checkpoint here or in ``aclose``: Quart cancels the task that calls them as soon as it
        has answered, and the connection would stay open for good.
        """
        self._closed = True
        self._reading.cancel()

    async def aclose(self) -> None:
        """End the reading; the door closes the socket once the client has its answer."""
        await self.send_eof()
