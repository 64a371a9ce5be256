"""CPU time for each delivery in one room of 1,000 members: ours beside ``websockets`` broadcast.

Run it as ``python bench/fanout.py``; it takes about 15 seconds. The members are bare sockets in a
process of their own that reads with epoll, so that the client costs less than the server. What is
measured is the server process's CPU time, user and system, all threads: for ours that is the whole
way of a message, with its commit to SQLite.
"""

import asyncio
import json
import resource
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import trio
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.typing import Subprotocol

from actors.kernel import Directory, Supervisor
from actors.room import Person, RoomFactory, RoomMessage, Send
from actors.services import AccountError, Principal, StreamKeys
from actors.stream import Board, StreamActor, StreamMessage, StreamTools
from media.hls import SegmentSettings
from server.door import MAX_HEAD_BYTES, PrependedStream, read_head
from server.gatekeeper import Gatekeeper
from server.gateway import Gateway
from storage import Put, open_sqlite

MEMBERS = 1_000
MESSAGES = 300
WARM_UP_MESSAGES = 20
BATCH_MESSAGES = 10
CONTENT = "x" * 200
SUBPROTOCOL = Subprotocol("bandstand.json")
ROOM = "str_01JD0000000000000000000000"
STREAM = {
    "owner": "usr_o", "owner_name": "O", "title": "A show", "description": "", "access": "public",
    "status": "live", "on_air": True, "created_at": 1, "key_hash": "hash", "key_sealed": "",
}  # fmt: skip
PAUSE_S = 0.005
"""Between messages, so that neither server runs ahead of its readers."""
READ_BYTES = 1 << 18
MAX_OPEN_FILES = 4_096


def main() -> None:
    """Measure both and print the ratio."""
    allow_open_files()
    ours = trio.run(measure_ours)
    theirs = asyncio.run(measure_websockets())
    print(f"{MEMBERS:,} members, {MESSAGES} messages of {len(CONTENT)} bytes")
    print(f"ours                    {ours.single_us:6.2f} us a delivery, commit and all")
    print(f"ours, {BATCH_MESSAGES} to a batch     {ours.batched_us:6.2f} us a delivery")
    print(f"websockets broadcast    {theirs:6.2f} us a delivery")
    print(f"ratio                   {theirs / ours.single_us:6.2f}")
    print(f"memory of a member      {ours.member_kib:6.1f} KiB")


@dataclass(frozen=True, slots=True)
class Figures:
    """Ours: CPU microseconds for each delivery, and what a joined connection holds."""

    single_us: float
    batched_us: float
    member_kib: float


class Readers:
    """The process of the members."""

    def __init__(self, port: int) -> None:
        command = [sys.executable, __file__, "--members", str(port)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def wait_joined(self) -> None:
        """Wait until all have come in."""
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "joined\n"

    def end(self) -> int:
        """Let them go; give the bytes that they have read since they came in."""
        out, _ = self._process.communicate(timeout=10)
        return int(out)


async def measure_ours() -> Figures:
    """Measure a real gateway, room and store."""
    async with open_ours() as (port, rooms):
        before_bytes = resident_bytes()
        readers = Readers(port)
        await trio.to_thread.run_sync(readers.wait_joined)
        member_bytes = (resident_bytes() - before_bytes) / MEMBERS

        async def say(n: int) -> None:
            await rooms.ask(ROOM, Send(Person(f"usr_{n}", "Somebody"), CONTENT))

        async def say_all(numbers: range) -> None:
            async with trio.open_nursery() as nursery:
                for n in numbers:
                    nursery.start_soon(say, n)

        for n in range(WARM_UP_MESSAGES):
            await say(n)
            await trio.sleep(PAUSE_S)
        start = time.process_time()
        for n in range(MESSAGES):
            await say(n)
            await trio.sleep(PAUSE_S)
        single = time.process_time() - start
        await trio.sleep(1)
        start = time.process_time()
        for n in range(0, MESSAGES, BATCH_MESSAGES):
            await say_all(range(n, n + BATCH_MESSAGES))
            await trio.sleep(BATCH_MESSAGES * PAUSE_S)
        batched = time.process_time() - start
        await trio.sleep(1)
        check_read(await trio.to_thread.run_sync(readers.end), 2 * MESSAGES)
    deliveries = MESSAGES * MEMBERS
    return Figures(single / deliveries * 1e6, batched / deliveries * 1e6, member_bytes / 1024)


@asynccontextmanager
async def open_ours() -> AsyncIterator[tuple[int, Directory[RoomMessage]]]:
    """Serve one room on the loopback; give the port and the directory of rooms."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_sqlite(Path(folder)) as store, trio.open_nursery() as nursery:
            await store.commit(Put("streams", ROOM, STREAM, 0))
            supervisor = Supervisor(nursery)
            rooms = Directory[RoomMessage](supervisor, "room", RoomFactory(store, WallClock()))
            keys = StreamKeys(b"s" * 32, b"f" * 32)
            tools = StreamTools(store, Board(), keys, WallClock(), SegmentSettings())
            streams = Directory[StreamMessage](
                supervisor, "stream", lambda each: StreamActor(each, tools)
            )
            gateway = Gateway(rooms, Gatekeeper(store, streams, rooms).admit, refuse_all)

            async def serve_one(socket_stream: trio.SocketStream) -> None:
                stream = PrependedStream(socket_stream)
                async with stream:
                    head = await read_head(
                        stream, idle_timeout_s=5, head_timeout_s=5, max_head_bytes=MAX_HEAD_BYTES
                    )
                    assert head is not None
                    stream.unread(head.raw)
                    await gateway(stream, head)

            listen = partial(trio.serve_tcp, serve_one, 0, host="127.0.0.1", backlog=MEMBERS)
            listeners = await nursery.start(listen)
            yield listeners[0].socket.getsockname()[1], rooms
            await supervisor.stop()
            nursery.cancel_scope.cancel()


class WallClock:
    """The wall clock."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        return time.time_ns() // 1_000_000


def refuse_all(token: str) -> Principal:
    """Let nobody sign in: the members are guests."""
    raise AccountError("invalid_token", "The access token is not valid.")


async def measure_websockets() -> float:
    """Measure ``websockets`` with the same message, no compression; CPU us for each delivery."""
    joined: set[ServerConnection] = set()

    async def keep(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send("[]")  # stands for the reply to their join
        joined.add(connection)
        await connection.wait_closed()

    message = json.dumps([{"push": "message", "room": ROOM, "offset": 1, "message": {
        "id": "msg_" + "0" * 26, "offset": 1, "user": {"id": "usr_1", "name": "Somebody"},
        "content": CONTENT, "at": "2025-01-01T00:00:00.000Z"}}])  # fmt: skip
    async with serve(
        keep, "127.0.0.1", 0, compression=None, subprotocols=[SUBPROTOCOL], ping_interval=None
    ) as server:
        readers = Readers(server.sockets[0].getsockname()[1])
        await asyncio.to_thread(readers.wait_joined)
        for _ in range(WARM_UP_MESSAGES):
            broadcast(joined, message)
            await asyncio.sleep(PAUSE_S)
        start = time.process_time()
        for _ in range(MESSAGES):
            broadcast(joined, message)
            await asyncio.sleep(PAUSE_S)
        spent = time.process_time() - start
        await asyncio.sleep(1)
        check_read(await asyncio.to_thread(readers.end), MESSAGES)
    return spent / (MESSAGES * MEMBERS) * 1e6


def check_read(read_bytes: int, messages: int) -> None:
    """Make sure that what was counted as delivered has been."""
    assert read_bytes > messages * MEMBERS * len(CONTENT), "the members have not read it all"


def resident_bytes() -> int:
    """What this process holds of memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def allow_open_files() -> None:
    """Raise the limit of open files to what this needs."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(MAX_OPEN_FILES, hard), hard))


def be_members(port: int) -> None:
    """Be all the members: come in, read until stdin ends, and print how many bytes it was."""
    allow_open_files()
    join = json.dumps({"id": 1, "do": "join", "room": ROOM}).encode()
    frame = struct.pack("!BB", 0x81, 0x80 | len(join)) + bytes(4) + join
    poll = select.epoll()
    sockets: dict[int, socket.socket] = {}
    for _ in range(MEMBERS):
        one = socket.create_connection(("127.0.0.1", port))
        one.sendall(
            f"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\n"
            f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n".encode()
        )
        assert one.recv(READ_BYTES).startswith(b"HTTP/1.1 101")
        one.sendall(frame)
        one.recv(READ_BYTES)
        one.setblocking(False)
        sockets[one.fileno()] = one
        poll.register(one, select.EPOLLIN)
    poll.register(sys.stdin, select.EPOLLIN)
    print("joined", flush=True)
    print(read_until_told(poll, sockets), flush=True)


def read_until_told(poll: select.epoll, sockets: dict[int, socket.socket]) -> int:
    """Read all sockets until stdin ends; give the bytes."""
    total = 0
    while True:
        for fd, _ in poll.poll():
            if fd not in sockets:
                return total
            data = sockets[fd].recv(READ_BYTES)
            total += len(data)
            if not data:
                poll.unregister(fd)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--members"]:
        be_members(int(sys.argv[2]))
    else:
        main()
