import pytest
import trio

from actors.kernel import Reply
from actors.stream.record import MAX_UNWRITTEN_EVENTS, Record
from storage.api import Delete, Document, Put, StoreUnavailable
from storage.rules import MAX_COMMIT_OPS


class Disk:
    """A store's commit that can be held, or made to fail."""

    def __init__(self) -> None:
        self.ops: list[Put | Delete] = []
        self.full = False
        self.gate = trio.Event()
        self.gate.set()

    async def commit(self, *ops: Put | Delete) -> None:
        await self.gate.wait()
        if self.full:
            raise StoreUnavailable("disk full")
        self.ops.extend(ops)


Announced = list[tuple[int, Document, bool]]


def record_on(disk: Disk, announced: Announced | None = None) -> Record:
    def announce(version: int, doc: Document, gone: bool) -> None:
        if announced is not None:
            announced.append((version, doc, gone))

    doc: Document = {"title": "a", "ended_at": 5}
    return Record(disk, "str_1", 3, doc, announce)  # type: ignore[arg-type]  # commit alone is used


async def test_changes_are_coalesced_and_versions_follow() -> None:
    disk = Disk()
    record = record_on(disk)
    replies: list[Reply[None]] = [Reply(), Reply()]
    record.change(replies[0], title="b")
    record.change(replies[1], title="c", ended_at=None)
    assert not record.durable
    await record.commit()
    assert disk.ops == [Put("streams", "str_1", {"title": "c"}, 3)]
    assert all(reply.settled for reply in replies)
    record.change(title="d")
    await record.commit()
    assert disk.ops[-1] == Put("streams", "str_1", {"title": "d"}, 4)
    assert record.durable


async def test_a_change_during_a_commit_goes_with_the_next() -> None:
    disk = Disk()
    record = record_on(disk)
    disk.gate = trio.Event()
    early: Reply[None] = Reply()
    late: Reply[None] = Reply()
    record.change(early, title="b")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(record.commit)
        await trio.testing.wait_all_tasks_blocked()
        record.change(late, title="c")
        disk.gate.set()
    assert early.settled
    assert not late.settled
    await record.commit()
    assert late.settled
    assert [op.version for op in disk.ops] == [3, 4]


async def test_a_full_disk_refuses_who_waits_and_keeps_the_change() -> None:
    disk = Disk()
    record = record_on(disk)
    disk.full = True
    reply: Reply[None] = Reply()
    record.change(reply, title="b", ended_at=None)
    with pytest.raises(StoreUnavailable):
        await record.commit()
    with pytest.raises(StoreUnavailable):
        await reply.wait()
    assert not record.durable
    disk.full = False
    await record.commit()
    assert disk.ops == [Put("streams", "str_1", {"title": "b"}, 3)]


async def test_delete() -> None:
    disk = Disk()
    record = record_on(disk)
    reply: Reply[None] = Reply()
    record.delete(reply)
    await record.commit()
    assert disk.ops == [Delete("streams", "str_1", 3)]
    assert reply.settled
    assert record.deleted


async def test_a_commit_of_nothing_writes_nothing() -> None:
    disk = Disk()
    await record_on(disk).commit()
    assert disk.ops == []


async def test_what_is_committed_is_announced_and_nothing_else() -> None:
    disk, announced = Disk(), Announced()
    record = record_on(disk, announced)
    disk.full = True
    record.change(title="b")
    with pytest.raises(StoreUnavailable):
        await record.commit()
    assert announced == []
    disk.full, disk.gate = False, trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(record.commit)
        await trio.testing.wait_all_tasks_blocked()
        record.change(title="not committed yet")
        disk.gate.set()
    assert announced == [(4, {"title": "b", "ended_at": 5}, False)]
    record.delete(Reply())
    await record.commit()
    assert announced[-1] == (5, {"title": "not committed yet", "ended_at": 5}, True)


def events_in(disk: Disk) -> list[int]:
    return [op.doc["sequence"] for op in disk.ops if isinstance(op, Put) and "sequence" in op.doc]


async def test_events_go_with_the_change_and_stay_while_nothing_can_be_written() -> None:
    disk = Disk()
    record = record_on(disk)
    disk.full = True
    record.change(title="b")
    record.tell("stream.live", 1)
    with pytest.raises(StoreUnavailable):
        await record.commit()
    assert not record.durable
    record.tell("stream.ended", 2)
    disk.full = False
    await record.commit()
    assert [op.collection for op in disk.ops] == ["streams", "stream_events", "stream_events"]
    assert events_in(disk) == [1, 2]
    await record.commit()
    assert len(disk.ops) == 3


async def test_of_more_events_than_a_commit_takes_the_newest_stay() -> None:
    disk = Disk()
    record = record_on(disk)
    disk.full = True
    for _ in range(3):
        for _ in range(MAX_UNWRITTEN_EVENTS):
            record.tell("stream.live", 1)
        with pytest.raises(StoreUnavailable):
            await record.commit()
    disk.full = False
    await record.commit()
    assert events_in(disk) == list(
        range(2 * MAX_UNWRITTEN_EVENTS + 1, 3 * MAX_UNWRITTEN_EVENTS + 1)
    )
    assert len(disk.ops) <= MAX_COMMIT_OPS
