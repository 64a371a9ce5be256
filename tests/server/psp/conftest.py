"""A provider on loopback that does with each request what the test says, however rude."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import h11
import pytest
import trio

from server.psp import ConnectPayouts, HyperswitchPsp

API_KEY = "snd_only_the_provider_may_see_this"


@dataclass
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Behaviour = Callable[[trio.SocketStream], Awaitable[None]]


@dataclass
class Provider:
    """Each request takes the next behaviour; the last one stays."""

    port: int
    behaviours: list[Behaviour] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    connections: int = 0
    changed: trio.Event = field(default_factory=trio.Event)
    gone: trio.Event = field(default_factory=trio.Event)
    """Set when a client has left while it was served."""
    asked: trio.Event = field(default_factory=trio.Event)
    """Set when a request has come."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self, status: int, body: object, *headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(data)}", *headers]
        self.sends("\r\n".join([*head, "", ""]).encode() + data)

    def sends(self, data: bytes, *, then_close: bool = False, pause_s: float = 0) -> None:
        """Send these bytes as they are, or one by one with pauses."""

        async def act(stream: trio.SocketStream) -> None:
            pieces = [bytes([each]) for each in data] if pause_s else [data]
            for piece in pieces:
                await stream.send_all(piece)
                await trio.sleep(pause_s)
            if then_close:
                await stream.aclose()

        self.behaviours.append(act)

    def hangs(self) -> None:
        """Read on, and never answer."""

        async def act(stream: trio.SocketStream) -> None:
            while await stream.receive_some(65_536):
                pass
            raise trio.BrokenResourceError

        self.behaviours.append(act)

    def floods(self) -> None:
        """Never end to answer."""

        async def act(stream: trio.SocketStream) -> None:
            await stream.send_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                await stream.send_all(b"4000\r\n" + b"[" * 0x4000 + b"\r\n")

        self.behaviours.append(act)

    async def until_in_flight(self, count: int) -> None:
        while self.in_flight != count:
            await self.changed.wait()

    def _count(self, step: int) -> None:
        self.in_flight += step
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.changed.set()
        self.changed = trio.Event()

    async def serve(self, stream: trio.SocketStream) -> None:
        self.connections += 1
        async with stream:
            while (request := await read_request(stream)) is not None:
                self.requests.append(request)
                self.asked.set()
                self._count(+1)
                later = len(self.behaviours) > 1
                behaviour = self.behaviours.pop(0) if later else self.behaviours[0]
                try:
                    await behaviour(stream)
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    self.gone.set()
                    return
                finally:
                    self._count(-1)


async def read_request(stream: trio.SocketStream) -> Request | None:
    connection = h11.Connection(h11.SERVER)
    head: h11.Request | None = None
    body = b""
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError:  # cut in the middle
            return None
        if event is h11.NEED_DATA:
            try:
                connection.receive_data(await stream.receive_some(65_536))
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                return None
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            assert head is not None
            headers = {name.decode(): value.decode() for name, value in head.headers}
            return Request(head.method.decode(), head.target.decode(), headers, body)
        else:
            return None


@pytest.fixture
def api_key() -> str:
    return API_KEY


@pytest.fixture
async def provider(nursery: trio.Nursery) -> Provider:
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    provider = Provider(listeners[0].socket.getsockname()[1])
    nursery.start_soon(trio.serve_listeners, provider.serve, listeners)
    return provider


@pytest.fixture
async def psp(provider: Provider) -> AsyncIterator[HyperswitchPsp]:
    async with aclosing(HyperswitchPsp(provider.url + "/api/", API_KEY)) as psp:
        yield psp


@pytest.fixture
async def payouts(provider: Provider) -> AsyncIterator[ConnectPayouts]:
    async with aclosing(ConnectPayouts(provider.url + "/connect", API_KEY)) as payouts:
        yield payouts
