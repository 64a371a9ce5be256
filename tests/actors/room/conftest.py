"""Rooms over a store in memory that fails when told to, and members that write down all."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import trio
from support.socket_stage import stream_doc
from support.stage import FakeClock

from actors.kernel import Ask, Directory, Supervisor
from actors.ports import Batch, CloseReason, Connections
from actors.room import (
    GUEST,
    ROOM_IDLE_S,
    Event,
    Join,
    Joined,
    MemberRemoved,
    MembersCounted,
    Message,
    MessagePosted,
    Person,
    Push,
    RoomFactory,
    RoomMessage,
    Send,
    Sent,
)
from storage import Conflict, ConflictReason, Cursor, Delete, Document, Put, Row, Scalar

ROOM = "str_01JD0000000000000000000000"
UNIQUE = (("room", "offset"), ("room", "user", "client_id"))


class MemoryStore:
    """Documents in memory, with the version checks and unique indexes that rooms rely on.

    ``before_commit`` and ``after_commit`` are awaited around each commit of a room's order or
    of reactions; what they raise, the commit raises: before it is written, or after.
    """

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], tuple[int, Document]] = {}
        self.commits: list[int] = []
        self.before_commit: Callable[[], Any] = trio.lowlevel.checkpoint
        self.after_commit: Callable[[], Any] = trio.lowlevel.checkpoint
        self.before_read: Callable[[], Any] = trio.lowlevel.checkpoint

    async def get(self, collection: str, id: str) -> Row | None:  # noqa: A002 - the port's name
        await self.before_read()
        row = self.rows.get((collection, id))
        return None if row is None else Row(id, row[0], dict(row[1]))

    async def find(
        self,
        collection: str,
        equals: Mapping[str, Scalar],
        *,
        sort: str,
        descending: bool = False,
        after: Cursor | None = None,
        limit: int = 50,
    ) -> list[Row]:
        await self.before_read()
        found = [
            Row(key, version, dict(doc))
            for (each, key), (version, doc) in self.rows.items()
            if each == collection and all(doc.get(k) == v for k, v in equals.items())
        ]

        def place(row: Row) -> Any:
            return (row.id if sort == "id" else row.doc[sort], row.id)

        found.sort(key=place, reverse=descending)
        if after is not None:
            found = [
                row for row in found if (place(row) < after if descending else place(row) > after)
            ]
        return found[:limit]

    async def commit(self, *ops: Put | Delete) -> None:
        events = sum(op.collection == "room_events" and op.version == 0 for op in ops)
        hooked = any(
            op.collection == "reactions" or (op.collection == "rooms" and op.version) for op in ops
        )
        if hooked:
            await self.before_commit()
        for op in ops:
            self._check(op)
        for op in ops:
            if isinstance(op, Put):
                self.rows[op.collection, op.id] = (op.version + 1, dict(op.doc))
            else:
                del self.rows[op.collection, op.id]
        if any(op.collection == "rooms" and op.version for op in ops):
            self.commits.append(events)
        if hooked:
            await self.after_commit()

    def _check(self, op: Put | Delete) -> None:
        version, _ = self.rows.get((op.collection, op.id), (0, {}))
        if version != op.version:
            raise Conflict(op, ConflictReason.CHANGED)
        if op.collection != "room_events" or op.version or isinstance(op, Delete):
            return
        for fields in UNIQUE:
            values = [op.doc.get(name) for name in fields]
            if None not in values and any(
                key[0] == op.collection and [doc.get(name) for name in fields] == values
                for key, (_, doc) in self.rows.items()
            ):
                raise Conflict(op, ConflictReason.DUPLICATE, fields)

    def offsets(self) -> list[int]:
        """The offsets that are stored, in order."""
        return sorted(
            doc["offset"] for (each, _), (_, doc) in self.rows.items() if each == "room_events"
        )


class Listener:
    """A member that writes down what it is offered, and may be full or broken."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.others: list[Push] = []
        self.batches: list[Batch] = []
        self.counts: list[int] = []
        self.removed: list[MemberRemoved] = []
        self.answer: CloseReason | None = None
        self.crash: Exception | None = None

    def offer(self, batch: Batch) -> CloseReason | None:
        if self.crash is not None:
            crash, self.crash = self.crash, None
            raise crash
        if self.answer is not None:
            return self.answer
        self.batches.append(batch)
        for push in batch.pushes:
            match push:
                case MembersCounted(_, count):
                    self.counts.append(count)
                case MemberRemoved():
                    raise AssertionError("nobody else's business")
                case _ if hasattr(push, "offset"):
                    self.events.append(push)
                case _:
                    self.others.append(push)
        return None

    def put_out(self, room_id: str, farewell: Batch) -> None:
        (push,) = farewell.pushes
        assert isinstance(push, MemberRemoved)
        assert push.room == room_id
        self.removed.append(push)

    @property
    def messages(self) -> list[Message]:
        return [event.message for event in self.events if isinstance(event, MessagePosted)]

    @property
    def offsets(self) -> list[int]:
        return [event.offset for event in self.events]

    def of(self, kind: type[Any]) -> list[Any]:
        """The pushes of a kind."""
        return [each for each in (*self.events, *self.others) if isinstance(each, kind)]


@dataclass
class Hall:
    """Running rooms."""

    store: MemoryStore
    machine: trio.Nursery
    connections: Connections | None = None
    room: str = ROOM

    async def begin(self) -> None:
        """Start a process over the store."""
        self.ended = trio.Event()
        self.process = await self.machine.start(self._run)
        self.supervisor = Supervisor(self.process)
        self.factory = RoomFactory(self.store, FakeClock(), self.connections)
        self.rooms = Directory[RoomMessage](
            self.supervisor, "room", self.factory, idle_s=ROOM_IDLE_S
        )

    async def restart(self) -> None:
        """End all actors as the server does, and begin anew over the same store."""
        await self.supervisor.stop()
        await self.kill()

    async def kill(self) -> None:
        """End all as kill -9 does, wherever it stands, and begin anew over the same store."""
        self.process.cancel_scope.cancel()
        await self.ended.wait()
        await self.begin()

    async def _run(self, task_status: trio.TaskStatus[trio.Nursery]) -> None:
        async with trio.open_nursery() as process:
            task_status.started(process)
            await trio.sleep_forever()
        self.ended.set()

    async def ask(self, question: Ask[Any]) -> Any:
        return await self.rooms.ask(self.room, question)

    async def join(
        self,
        member: Listener,
        after: int | None = None,
        epoch: str | None = None,
        user: str | None = None,
    ) -> Joined:
        return await self.rooms.ask(self.room, Join(member, after, epoch, person(user)))

    async def say(
        self, content: str, user: str = "usr_a", client_id: str | None = None, **more: Any
    ) -> Sent:
        return await self.rooms.ask(self.room, Send(person(user), content, client_id, **more))


def person(user: str | None) -> Person:
    return GUEST if user is None else Person(user, user.upper())


OpenHall = Callable[..., AbstractAsyncContextManager[Hall]]


@pytest.fixture
def open_hall() -> OpenHall:
    """Open rooms over a store (a new one, with one stream in it, unless given)."""

    @asynccontextmanager
    async def opened(
        store: MemoryStore | None = None, connections: Connections | None = None
    ) -> AsyncIterator[Hall]:
        if store is None:
            store = MemoryStore()
            store.rows["streams", ROOM] = (1, stream_doc(ROOM))
        async with trio.open_nursery() as machine:
            hall = Hall(store, machine, connections)
            await hall.begin()
            yield hall
            await hall.supervisor.stop()
            machine.cancel_scope.cancel()

    return opened


@pytest.fixture
def listener() -> Callable[[], Listener]:
    return Listener


@pytest.fixture
def memory_store() -> Callable[[], MemoryStore]:
    return MemoryStore


@pytest.fixture(name="person")
def person_fixture() -> Callable[[str | None], Person]:
    return person
