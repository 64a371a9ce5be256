"""Our room of a fan-out: gateway, room and store in one process. It talks as ``served`` says."""

import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import trio

from actors.kernel import Directory, Supervisor
from actors.room import DirectMessages, Person, RoomFactory, RoomMessage, Send
from actors.services import AccountError, Principal, StreamKeys
from actors.stream import Board, StreamActor, StreamMessage, StreamTools
from bench.chat.frames import allow_open_files
from bench.chat.members import ROOM
from bench.chat.served import CONTENT, MAX_MEMBERS
from media.hls import SegmentSettings
from server.door import MAX_HEAD_BYTES, PrependedStream, read_head
from server.edge import Sessions
from server.gatekeeper import Gatekeeper
from server.gateway import Gateway
from storage import Put, open_sqlite

STREAM = {
    "owner": "usr_o", "owner_name": "O", "title": "A show", "description": "", "access": "public",
    "status": "live", "on_air": True, "created_at": 1, "key_hash": "hash", "key_sealed": "",
}  # fmt: skip


async def serve() -> None:
    """Open the room; say as many messages at once as each line on stdin asks for."""
    async with open_room() as (port, rooms):
        print(port, flush=True)
        said = 0
        lines = trio.lowlevel.FdStream(0)
        while data := await lines.receive_some(64):
            async with trio.open_nursery() as nursery:
                for _ in range(int(data)):
                    said += 1
                    nursery.start_soon(say, rooms, said)


async def say(rooms: Directory[RoomMessage], number: int) -> None:
    """Say something, each time as somebody else: a user has a limit."""
    await rooms.ask(ROOM, Send(Person(f"usr_{number}", "Somebody"), CONTENT))


@asynccontextmanager
async def open_room() -> AsyncIterator[tuple[int, Directory[RoomMessage]]]:
    """Serve one room on the loopback; give the port and the directory of rooms."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_sqlite(Path(folder)) as store, trio.open_nursery() as nursery:
            await store.commit(Put("streams", ROOM, STREAM, 0))
            supervisor = Supervisor(nursery)
            rooms = Directory[RoomMessage](supervisor, "room", RoomFactory(store, WallClock()))
            keys = StreamKeys(b"s" * 32, b"f" * 32)
            tools = StreamTools(
                store, Board(), keys, WallClock(), SegmentSettings(), Sessions(b"s" * 32)
            )
            streams = Directory[StreamMessage](
                supervisor, "stream", lambda each: StreamActor(each, tools)
            )
            admit = Gatekeeper(store, streams, rooms).admit
            direct = DirectMessages(store, WallClock(), rooms)
            gateway = Gateway(rooms, admit, refuse_all, direct=direct)

            async def serve_one(socket_stream: trio.SocketStream) -> None:
                stream = PrependedStream(socket_stream)
                async with stream:
                    head = await read_head(
                        stream, idle_timeout_s=5, head_timeout_s=5, max_head_bytes=MAX_HEAD_BYTES
                    )
                    assert head is not None
                    stream.unread(head.raw)
                    await gateway(stream, head)

            listen = partial(trio.serve_tcp, serve_one, 0, host="127.0.0.1")
            listeners = await nursery.start(listen)
            yield listeners[0].socket.getsockname()[1], rooms
            await supervisor.stop()
            nursery.cancel_scope.cancel()


class WallClock:
    """The wall clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


def refuse_all(token: str) -> Principal:
    """Let nobody sign in: the members are guests."""
    raise AccountError("invalid_token", "The access token is not valid.")


if __name__ == "__main__":
    allow_open_files(MAX_MEMBERS)
    trio.run(serve)
