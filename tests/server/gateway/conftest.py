"""A gateway on a real socket, over real rooms and a real store."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgpack
import pytest
import trio
import trio_websocket
from support.socket_stage import FixedClock, stream_doc, stream_factory

from actors.kernel import Directory, Supervisor
from actors.room import DirectMessages, RoomFactory, RoomMessage
from actors.services import AccountError, Principal
from actors.stream import StreamMessage
from server.door import MAX_HEAD_BYTES, PrependedStream, read_head
from server.gatekeeper import Gatekeeper
from server.gateway import Gateway, Registry
from storage import Put, Store, open_sqlite

ROOM = "str_01JD0000000000000000000000"
OTHER_ROOM = "str_01JD0000000000000000000001"
TICKETED_ROOM = "str_01JD0000000000000000000002"
PATIENCE_S = 5.0


def authenticate(token: str) -> Principal:
    """A token is a name here, and root is an operator; the real ones are the account service's."""
    if not token.startswith("token-"):
        raise AccountError("invalid_token", "The access token is not valid.")
    name = token.removeprefix("token-")
    return Principal(f"usr_{name}", name.title(), admin=name == "root")


class Client:
    """A chat client over trio-websocket."""

    def __init__(self, socket: trio_websocket.WebSocketConnection, packed: bool) -> None:
        self.socket = socket
        self.packed = packed
        self.pushes: list[dict[str, Any]] = []
        self.all_pushes: list[dict[str, Any]] = []
        self._next = 0

    async def send(self, command: Any) -> None:
        data = msgpack.packb(command) if self.packed else json.dumps(command, ensure_ascii=False)
        await self.socket.send_message(data)

    async def receive(self) -> list[dict[str, Any]]:
        """One frame's items."""
        with trio.fail_after(PATIENCE_S):
            data = await self.socket.get_message()
        assert isinstance(data, bytes if self.packed else str)
        items = msgpack.unpackb(data) if self.packed else json.loads(data)
        assert isinstance(items, list)
        assert items
        self.all_pushes += [item for item in items if "push" in item]
        return items

    async def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        """Send a command and give its reply; pushes before it are kept in ``pushes``."""
        self._next += 1
        await self.send({"id": self._next, "do": do, **fields})
        while True:
            reply = None
            for item in await self.receive():
                if item.get("re") == self._next:
                    reply = item
                else:
                    self.pushes.append(item)
            if reply is not None:
                return reply

    async def ok(self, do: str, **fields: Any) -> dict[str, Any]:
        reply = await self.ask(do, **fields)
        assert "ok" in reply, reply
        return reply["ok"]

    async def refused(self, do: str, **fields: Any) -> str:
        reply = await self.ask(do, **fields)
        assert "error" in reply, reply
        return reply["error"]["code"]

    async def pushed(self, kind: str = "message") -> dict[str, Any]:
        """The next push of this kind; others are passed over."""
        while True:
            while self.pushes:
                item = self.pushes.pop(0)
                if item.get("push") == kind:
                    return item
            self.pushes.extend(await self.receive())

    async def closed(self) -> trio_websocket.CloseReason:
        """Read until the server closes; give its code and reason."""
        with trio.fail_after(PATIENCE_S):
            while True:
                try:
                    await self.socket.get_message()
                except trio_websocket.ConnectionClosed as closed:
                    # The library forgets its socket when it is the server that closes.
                    await trio.aclose_forcefully(self.socket._stream)
                    return closed.reason  # never None, as it was open


@dataclass
class Venue:
    """A running gateway; ``port`` is on the loopback."""

    gateway: Gateway
    gatekeeper: Gatekeeper
    store: Store
    rooms: Directory[RoomMessage]
    supervisor: Supervisor
    port: int

    @asynccontextmanager
    async def client(
        self, user: str | None = None, packed: bool = False, **options: Any
    ) -> AsyncIterator[Client]:
        subprotocol = "bandstand.msgpack" if packed else "bandstand.json"
        url = f"ws://127.0.0.1:{self.port}/ws"
        async with trio_websocket.open_websocket_url(
            url, subprotocols=[subprotocol], **options
        ) as socket:
            assert socket.subprotocol == subprotocol
            client = Client(socket, packed)
            if user is not None:
                await client.ok("auth", token=f"token-{user}")
            yield client

    async def raw(self) -> trio.SocketStream:
        return await trio.open_tcp_stream("127.0.0.1", self.port)


OpenVenue = Callable[..., AbstractAsyncContextManager[Venue]]


@pytest.fixture
def open_venue(tmp_path: Path) -> OpenVenue:
    @asynccontextmanager
    async def opened(send_buffer_bytes: int | None = None, **options: Any) -> AsyncIterator[Venue]:
        async with open_sqlite(tmp_path) as store, trio.open_nursery() as nursery:
            for room in (ROOM, OTHER_ROOM, TICKETED_ROOM):
                if await store.get("streams", room) is None:
                    access = "ticket" if room == TICKETED_ROOM else "public"
                    await store.commit(Put("streams", room, stream_doc(room, access), 0))
            supervisor = Supervisor(nursery)
            connections = Registry()
            factory = RoomFactory(store, FixedClock(), connections)
            rooms = Directory[RoomMessage](supervisor, "room", factory)
            streams = Directory[StreamMessage](supervisor, "stream", stream_factory(store))
            gatekeeper = Gatekeeper(store, streams, rooms)
            options["direct"] = DirectMessages(store, FixedClock(), rooms)
            options["registry"] = connections
            gateway = Gateway(rooms, gatekeeper.admit, authenticate, **options)

            async def serve(socket_stream: trio.SocketStream) -> None:
                if send_buffer_bytes is not None:
                    option = trio.socket.SO_SNDBUF
                    socket_stream.setsockopt(trio.socket.SOL_SOCKET, option, send_buffer_bytes)
                async with socket_stream:
                    stream = PrependedStream(socket_stream)
                    head = await read_head(
                        stream, idle_timeout_s=5, head_timeout_s=5, max_head_bytes=MAX_HEAD_BYTES
                    )
                    if head is not None:
                        stream.unread(head.raw)
                        await gateway(stream, head)

            listeners = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
            port = listeners[0].socket.getsockname()[1]
            yield Venue(gateway, gatekeeper, store, rooms, supervisor, port)
            await gateway.drain(1.0)
            await supervisor.stop()
            nursery.cancel_scope.cancel()

    return opened


@pytest.fixture
async def venue(open_venue: OpenVenue) -> AsyncIterator[Venue]:
    async with open_venue() as venue:
        yield venue


@pytest.fixture
def room() -> str:
    return ROOM


@pytest.fixture
def other_room() -> str:
    return OTHER_ROOM


@pytest.fixture
def ticketed_room() -> str:
    return TICKETED_ROOM


@pytest.fixture(name="authenticate")
def authenticate_fixture() -> Callable[[str], Principal]:
    return authenticate
