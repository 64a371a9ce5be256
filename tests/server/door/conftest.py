"""A running door with an echo gateway, a small Quart app, and raw clients of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import h11
import pytest
import trio
from quart import Quart, request
from quart_trio import QuartTrio

from server.door import (
    Door,
    DoorConfig,
    Handover,
    PrependedStream,
    RequestHead,
    Room,
    read_head,
    room_for,
)

BIG_BYTES = 32 * 1024 * 1024


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """A raw connection: sends any bytes, reads whole answers with h11."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self._buffer = b""

    async def send(self, data: bytes) -> None:
        await self.stream.send_all(data)

    async def answer(self, method: str = "GET") -> Answer:
        """Read one answer, to a request of this method."""
        parser = h11.Connection(h11.CLIENT)
        parser.send(h11.Request(method=method, target="/", headers=[("Host", "h")]))
        parser.send(h11.EndOfMessage())
        if self._buffer:  # to h11, no bytes are the end of the connection
            parser.receive_data(self._buffer)
            self._buffer = b""
        answer = Answer(0, {}, b"")
        while True:
            event = parser.next_event()
            if event is h11.NEED_DATA:
                parser.receive_data(await self.stream.receive_some())
            elif isinstance(event, h11.Response):
                answer.status = event.status_code
                answer.headers = {n.decode(): v.decode() for n, v in event.headers}
            elif isinstance(event, h11.Data):
                answer.body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                self._buffer = parser.trailing_data[0]
                return answer

    async def rest(self) -> bytes:
        """Read until the server closes."""
        data = self._buffer
        while more := await self.stream.receive_some():
            data += more
        return data


@dataclass
class House:
    """A door, its rooms' notes, and where to connect."""

    door: Door
    port: int
    app: Quart
    heads: list[tuple[str, RequestHead]] = field(default_factory=list)
    release: trio.Event = field(default_factory=trio.Event)
    entered: trio.Event = field(default_factory=trio.Event)
    left: trio.Event = field(default_factory=trio.Event)
    clients: list[Client] = field(default_factory=list)

    async def connect(self) -> Client:
        client = Client(await trio.open_tcp_stream("127.0.0.1", self.port))
        self.clients.append(client)
        return client

    async def ask(self, request: bytes, method: str = "GET") -> Answer:
        client = await self.connect()
        async with client.stream:
            await client.send(request)
            return await client.answer(method)


OpenHouse = Callable[..., AbstractAsyncContextManager[House]]


@pytest.fixture
def open_house() -> OpenHouse:
    @asynccontextmanager
    async def opened(config: DoorConfig | None = None) -> AsyncIterator[House]:
        house: House | None = None

        async def edge(stream: PrependedStream, head: RequestHead) -> Handover | None:
            """Answer with the target, keep alive, and hand over what is not the edge's."""
            assert house is not None
            while True:
                found = await read_head(
                    stream, idle_timeout_s=60, head_timeout_s=10, max_head_bytes=16384
                )
                if found is None:
                    return None
                if room_for(found.path) is not Room.EDGE:
                    stream.unread(found.raw)
                    return Handover()
                house.heads.append(("edge", found))
                body = found.target.encode()
                await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
                await stream.send_all(body)

        async def gateway(stream: PrependedStream, head: RequestHead) -> None:
            """Echo all bytes, the head's included."""
            assert house is not None
            house.heads.append(("gateway", head))
            if head.target == "/ws?fail":
                raise RuntimeError("the gateway fails")
            while data := await stream.receive_some():
                await stream.send_all(data)

        app = make_app(lambda: house)
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        door = Door(listeners, edge=edge, gateway=gateway, app=app, config=config)
        house = House(door, listeners[0].socket.getsockname()[1], app)
        async with trio.open_nursery() as nursery:
            await nursery.start(door.run)
            try:
                yield house
            finally:
                for client in house.clients:
                    await trio.aclose_forcefully(client.stream)
            await door.drain(1)

    return opened


def make_app(house: Callable[[], House | None]) -> Quart:
    app = QuartTrio("room")
    app.config["MAX_CONTENT_LENGTH"] = 1000

    def here() -> House:
        found = house()
        assert found is not None
        return found

    @app.route("/echo", methods=["GET", "POST"])
    async def echo() -> Any:
        body = await request.get_data()
        return {
            "path": request.path,
            "body": body.decode(),
            "client": request.remote_addr,
            "scheme": request.scheme,
            "headers": {name.lower(): value for name, value in request.headers.items()},
        }

    @app.route("/slow")
    async def slow() -> str:
        here().entered.set()
        try:
            await here().release.wait()
        finally:
            here().left.set()
        return "at last"

    @app.route("/big")
    async def big() -> bytes:
        here().entered.set()
        return b"x" * BIG_BYTES

    return app
