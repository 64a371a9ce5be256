"""An edge behind a running door, with one stream on the board."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import httpx
import pytest
import trio

from actors.kernel import Published
from actors.stream import Board, Place
from media.hls import Window
from server.door import Door, PrependedStream, RequestHead
from server.edge import EdgeConfig, HlsEdge, Sessions, TicketedSessions

STREAM = "str_01JD0000000000000000000000"
SHOW = "shw_01JD0000000000000000000000"
SECRET = b"k" * 32


def make_window(*, ticketed: bool = False) -> Window:
    """A window with a small audio and a large video rendition."""
    folder = b"" if ticketed else b"../../video/"
    long = b"".join(b"#EXTINF:2.00000,\n%bseg-%d.m4s\n" % (folder, n) for n in range(200))
    return Window(
        show_id=SHOW,
        renditions=MappingProxyType({}),
        target_duration_s=6,
        last_msn=3,
        ended=False,
        playlists=MappingProxyType({"video": b"#EXTM3U\n" + long, "audio": b"#EXTM3U\n#small\n"}),
        media=MappingProxyType(
            {
                "video/init-1.mp4": b"init",
                "video/seg-3.m4s": bytes(range(256)) * 4096,
                "audio/seg-3.m4s": b"0123456789",
            }
        ),
        index=f"#EXTM3U\n{'../' if ticketed else ''}{SHOW}/~{{session}}/video/media.m3u8\n",
        ticketed=ticketed,
    )


@dataclass
class Clock:
    """Wall time that a test sets."""

    time_ms: int = 1_800_000_000_000

    def now_ms(self) -> int:
        return self.time_ms


@dataclass
class Stage:
    """What a test holds: the board's place, the sessions, and ways to ask."""

    port: int
    door: Door
    board: Board
    place: Place
    sessions: Sessions
    ticketed: TicketedSessions
    clock: Clock
    http: httpx.AsyncClient
    streams: list[trio.SocketStream] = field(default_factory=list)

    @property
    def window(self) -> Published[Window | None]:
        return self.place.window

    def publish(self, *, ticketed: bool) -> None:
        self.window.publish(make_window(ticketed=ticketed))

    async def connect(self) -> trio.SocketStream:
        stream = await trio.open_tcp_stream("127.0.0.1", self.port)
        self.streams.append(stream)
        return stream

    async def raw(self, data: bytes) -> bytes:
        """Send bytes and read until the edge closes."""
        stream = await self.connect()
        await stream.send_all(data)
        received = b""
        while more := await stream.receive_some():
            received += more
        return received

    def playlist_path(self, rendition: str = "video", session: str | None = None) -> str:
        session = session or self.sessions.new(STREAM)
        return f"/live/{STREAM}/{SHOW}/~{session}/{rendition}/media.m3u8"

    def media_path(self, name: str) -> str:
        return f"/live/{STREAM}/{SHOW}/{name}"


OpenStage = Callable[..., AbstractAsyncContextManager[Stage]]


async def gateway(stream: PrependedStream, head: RequestHead) -> None:
    await stream.send_all(b"gateway: " + await stream.receive_some())


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        for _ in range(2):
            event = await receive()
            await send({"type": f"{event['type']}.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"app: " + scope["path"].encode()})


@pytest.fixture
def open_stage() -> OpenStage:
    @asynccontextmanager
    async def opened(config: EdgeConfig | None = None) -> AsyncIterator[Stage]:
        board = Board()
        place = board.open(STREAM)
        place.window.publish(make_window())
        sessions, clock = Sessions(SECRET), Clock()
        ticketed = TicketedSessions(SECRET, clock, per_licence=3)
        edge = HlsEdge(board, sessions, ticketed, config)
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listeners[0].socket.getsockname()[1]
        door = Door(listeners, edge=edge, gateway=gateway, app=app)
        async with (
            trio.open_nursery() as nursery,
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", timeout=60, verify=False
            ) as http,
        ):
            await nursery.start(door.run)
            stage = Stage(port, door, board, place, sessions, ticketed, clock, http)
            try:
                yield stage
            finally:
                for stream in stage.streams:
                    await trio.aclose_forcefully(stream)
            await http.aclose()
            await door.drain(1)

    return opened
