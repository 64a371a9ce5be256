"""An endpoint on loopback that does with each request what the test says, however rude."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import h11
import pytest
import trio

Behaviour = Callable[[trio.SocketStream], Awaitable[None]]
BIND_ANY = 0
WAIT_TIMEOUT_S = 10


@dataclass
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """Each request takes the next behaviour; the last one stays."""

    port: int
    behaviours: list[Behaviour] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    news: trio.Event = field(default_factory=trio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?token=theirs"

    def answers(self, status: int, *headers: str, times: int = 1) -> None:
        head = [f"HTTP/1.1 {status} Whatever", "Content-Length: 0", *headers]
        for _ in range(times):
            self.sends("\r\n".join([*head, "", ""]).encode())

    def sends(self, *pieces: bytes, pause_s: float = 0, then_close: bool = True) -> None:
        async def act(stream: trio.SocketStream) -> None:
            for piece in pieces:
                await stream.send_all(piece)
                await trio.sleep(pause_s)
            if not then_close:
                await trio.sleep_forever()

        self.behaviours.append(act)

    def floods(self, piece: bytes, first: bytes = b"") -> None:
        async def act(stream: trio.SocketStream) -> None:
            await stream.send_all(first)
            while True:
                await stream.send_all(piece)

        self.behaviours.append(act)

    def hangs(self) -> None:
        self.sends(then_close=False)

    def cuts(self) -> None:
        self.sends()

    async def wait(self, count: int) -> list[Request]:
        with trio.fail_after(WAIT_TIMEOUT_S):
            while len(self.requests) < count:
                await self.news.wait()
        return self.requests

    async def serve(self, stream: trio.SocketStream) -> None:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            async with stream:
                request = await _read(stream)
                if request is None:
                    return
                place = min(len(self.requests), len(self.behaviours) - 1)
                self.requests.append(request)
                self._tell()
                if self.behaviours:
                    await self.behaviours[place](stream)
                else:
                    await stream.send_all(b"HTTP/1.1 204 No Content\r\n\r\n")
        except trio.BrokenResourceError:
            pass  # it was left while it answered
        finally:
            self.in_flight -= 1
            self._tell()

    def _tell(self) -> None:
        self.news.set()
        self.news = trio.Event()


async def _read(stream: trio.SocketStream) -> Request | None:
    """Read a request; None where no whole one comes."""
    parser = h11.Connection(h11.SERVER)
    head, body = None, b""
    while True:
        try:
            event = parser.next_event()
        except h11.RemoteProtocolError:
            return None
        match event:
            case h11.NEED_DATA:
                parser.receive_data(await stream.receive_some(65_536))
            case h11.Request() as head:
                pass
            case h11.Data() as data:
                body += bytes(data.data)
            case _:
                break
    if head is None:
        return None
    headers = {name.decode(): value.decode() for name, value in head.headers}
    return Request(head.method.decode(), head.target.decode(), headers, body)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(BIND_ANY, host="127.0.0.1")
        receiver = Receiver(listener.socket.getsockname()[1])
        nursery.start_soon(trio.serve_listeners, receiver.serve, [listener])
        yield receiver
        nursery.cancel_scope.cancel()
