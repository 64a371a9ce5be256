"""A gateway whose connections are pairs of sockets, for tests in virtual time."""

import json
import struct
from contextlib import asynccontextmanager

import trio
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, TextMessage

from actors.kernel import Directory, Supervisor
from actors.room import DirectMessages, RoomFactory
from actors.services import StreamKeys
from actors.stream import Board, StreamActor, StreamTools
from media.hls import SegmentSettings
from server.door import HeadParser, PrependedStream
from server.gatekeeper import Gatekeeper
from server.gateway import Gateway, Registry
from storage import Put
from support.inline_store import open_inline_store
from support.stage import CountedViewers

HANDSHAKE = (
    "GET /ws HTTP/1.1\r\nHost: stage.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Protocol: bandstand.{}\r\n\r\n"
)


class Peer:
    """wsproto as the client, with whole control over the bytes."""

    def __init__(self, stream):
        self.stream = stream
        self.protocol = Connection(ConnectionType.CLIENT)
        self.events = []

    async def send(self, event):
        await self.stream.send_all(self.protocol.send(event))

    async def say(self, data):
        text = data if isinstance(data, str) else json.dumps(data)
        await self.send(TextMessage(data=text))

    async def event(self):
        """The next event; None at the end of the connection."""
        while not self.events:
            data = await self.stream.receive_some()
            if not data:
                return None
            self.protocol.receive_data(data)
            self.events = list(self.protocol.events())
        return self.events.pop(0)

    async def items(self):
        event = await self.event()
        assert isinstance(event, TextMessage), event
        text = event.data
        while not event.message_finished:
            event = await self.event()
            text += event.data
        return json.loads(text)

    async def reply(self):
        while True:
            for item in await self.items():
                if "re" in item:
                    return item

    async def close(self):
        """The server's close frame, past all else; answers it as a client does."""
        while True:
            event = await self.event()
            if event is None:
                return None
            if isinstance(event, CloseConnection):
                if self.protocol.state.name == "REMOTE_CLOSING":
                    await self.send(event.response())
                    assert await self.event() is None
                return event.code, event.reason


class Stage:
    """A gateway whose connections are pairs of sockets."""

    def __init__(self, gateway, rooms, nursery, room, store=None):
        self.gateway = gateway
        self.rooms = rooms
        self.nursery = nursery
        self.room = room
        self.store = store
        self.sockets = []

    async def connect(self, subprotocol="json", behind=b"", send_buffer_bytes=None):
        ours, theirs = trio.socket.socketpair()
        self.sockets.append(theirs)
        if send_buffer_bytes is not None:
            ours.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_SNDBUF, send_buffer_bytes)
        raw = HANDSHAKE.format(subprotocol).encode()
        head = HeadParser().feed(raw)
        stream = PrependedStream(trio.SocketStream(ours))
        stream.unread(raw + behind)

        async def serve():
            async with stream:
                await self.gateway(stream, head)

        self.nursery.start_soon(serve)
        peer = Peer(trio.SocketStream(theirs))
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += await peer.stream.receive_some(1)
        assert answer.startswith(b"HTTP/1.1 101")
        return peer


@asynccontextmanager
async def open_stage(folder, authenticate, **options):
    with open_inline_store(folder) as store:
        room = "str_01JD0000000000000000000000"
        if await store.get("streams", room) is None:
            await store.commit(Put("streams", room, stream_doc("hash"), 0))
        async with trio.open_nursery() as nursery:
            supervisor = Supervisor(nursery)
            connections = options.setdefault("registry", Registry())
            factory = RoomFactory(store, FixedClock(), connections)
            rooms = Directory(supervisor, "room", factory)
            streams = Directory(supervisor, "stream", stream_factory(store))
            gatekeeper = Gatekeeper(store, streams, rooms)
            direct = DirectMessages(store, FixedClock(), rooms)
            gateway = Gateway(rooms, gatekeeper.admit, authenticate, direct=direct, **options)
            stage = Stage(gateway, rooms, nursery, room, store)
            yield stage
            nursery.cancel_scope.cancel()
        for socket in stage.sockets:
            socket.close()


def stream_factory(store):
    """Make real streams' actors over a store."""
    keys = StreamKeys(b"s" * 32, b"f" * 32)
    tools = StreamTools(store, Board(), keys, FixedClock(), SegmentSettings(), CountedViewers())
    return lambda each: StreamActor(each, tools)


def stream_doc(key_hash, access="public"):
    """Make a stream's document."""
    return {"owner": "usr_o", "owner_name": "O", "title": "Jam", "description": "",
            "access": access, "status": "idle", "on_air": False, "created_at": 1,
            "key_hash": key_hash, "key_sealed": ""}  # fmt: skip


class FixedClock:
    def now_ms(self):
        return 1_732_406_400_123


def masked(first_byte, payload, declared=None, mask=bytes(4)):
    """Make a client's frame, which may declare another size than it has."""
    size = len(payload) if declared is None else declared
    if size < 126:
        length = struct.pack("!B", 0x80 | size)
    elif size < 0x10000:
        length = struct.pack("!BH", 0xFE, size)
    else:
        length = struct.pack("!BQ", 0xFF, size)
    hidden = bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload)) if any(mask) else payload
    return bytes([first_byte]) + length + mask + hidden
