"""The writer thread: order, grouping, limits, cancellation and failure.

``Gate`` holds the thread inside a job, so that a test decides what is queued behind it.
"""

import sqlite3
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from storage.api import (
    Conflict,
    ConflictReason,
    Delete,
    OutcomeUnknown,
    StoreUnavailable,
)
from storage.declaring import Migration, Schema
from storage.sqlite.batch import Job, commit_all
from storage.sqlite.writer import MAX_BATCH_JOBS, MAX_QUEUED_JOBS, Writer

SCHEMA = Schema((), (Migration(1, "first"),))


async def started(folder: Path) -> Writer:
    writer = Writer(folder, SCHEMA)
    await writer.start()
    await writer.read(lambda c: c.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER UNIQUE)"))
    return writer


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Writer]:
    writer = await started(folder)
    try:
        yield writer
    finally:
        await writer.stop()


def insert(connection: sqlite3.Connection, n: int) -> None:
    connection.execute("INSERT INTO t VALUES (?)", (n,))


def count(connection: sqlite3.Connection) -> int:
    (found,) = connection.execute("SELECT count(*) FROM t").fetchone()
    return int(found)


class Gate:
    """A job that the thread stands in until it is opened."""

    def __init__(self) -> None:
        self._inside = threading.Event()
        self._open = threading.Event()

    def __call__(self, connection: sqlite3.Connection) -> None:
        self._inside.set()
        self._open.wait()

    async def entered(self) -> None:
        await trio.to_thread.run_sync(self._inside.wait)

    def open(self) -> None:
        self._open.set()


@asynccontextmanager
async def held(writer: Writer) -> AsyncIterator[tuple[trio.Nursery, Gate]]:
    """Hold the thread; at the end of the block open the gate and wait for all started tasks."""
    gate = Gate()
    async with trio.open_nursery() as nursery:
        try:
            nursery.start_soon(writer.read, gate)
            await gate.entered()
            yield nursery, gate
            await wait_all_tasks_blocked()
        finally:
            gate.open()


async def test_what_is_queued_together_is_committed_together(tmp_path: Path) -> None:
    statements: list[str] = []
    async with running(tmp_path) as writer:
        await writer.read(lambda c: c.set_trace_callback(statements.append))
        async with held(writer) as (nursery, _):
            for n in range(64):
                nursery.start_soon(writer.write, partial(insert, n=n))
        assert await writer.read(count) == 64
    assert statements.count("COMMIT") == 1
    assert statements.count("SAVEPOINT job") == 64


async def test_a_batch_has_a_limit(tmp_path: Path) -> None:
    statements: list[str] = []
    async with running(tmp_path) as writer:
        await writer.read(lambda c: c.set_trace_callback(statements.append))
        async with held(writer) as (nursery, _):
            for n in range(MAX_BATCH_JOBS + 1):
                nursery.start_soon(writer.write, partial(insert, n=n))
    assert statements.count("COMMIT") == 2


async def test_a_read_sees_nothing_unacknowledged(tmp_path: Path) -> None:
    seen: list[int] = []
    async with running(tmp_path) as writer:

        async def look() -> None:
            seen.append(await writer.read(count))

        async with held(writer) as (nursery, _):
            nursery.start_soon(writer.write, partial(insert, n=1))
            await wait_all_tasks_blocked()
            nursery.start_soon(look)
        assert seen == [0]
        assert await writer.read(count) == 1


async def test_a_failed_job_undoes_itself_alone(tmp_path: Path) -> None:
    conflict = Conflict(Delete("t", "a", 1), ConflictReason.CHANGED)

    def insert_and_conflict(connection: sqlite3.Connection) -> None:
        insert(connection, 100)
        raise conflict

    async with running(tmp_path) as writer:

        async def conflicting() -> None:
            with pytest.raises(Conflict):
                await writer.write(insert_and_conflict)

        async with held(writer) as (nursery, _):
            nursery.start_soon(writer.write, partial(insert, n=1))
            nursery.start_soon(conflicting)
            nursery.start_soon(writer.write, partial(insert, n=2))
        rows = await writer.read(lambda c: c.execute("SELECT n FROM t ORDER BY n").fetchall())
        assert rows == [(1,), (2,)]


async def test_a_write_whose_caller_was_cancelled_lands(tmp_path: Path) -> None:
    ended: list[str] = []
    async with running(tmp_path) as writer:

        async def write(scope: trio.CancelScope) -> None:
            with scope:
                await writer.write(partial(insert, n=1))
                ended.append("acknowledged")
                await trio.lowlevel.checkpoint()
                ended.append("not cancelled")

        async with held(writer) as (nursery, _):
            scope = trio.CancelScope()
            nursery.start_soon(write, scope)
            await wait_all_tasks_blocked()
            scope.cancel()
            await wait_all_tasks_blocked()
            assert ended == []
        assert ended == ["acknowledged"]
        assert scope.cancelled_caught
        assert await writer.read(count) == 1


async def test_beyond_the_queue_callers_wait_and_can_leave(tmp_path: Path) -> None:
    async def one_too_many(writer: Writer, scope: trio.CancelScope) -> None:
        with scope:
            await writer.write(partial(insert, n=MAX_QUEUED_JOBS))

    async with running(tmp_path) as writer, held(writer) as (nursery, _):
        for n in range(MAX_QUEUED_JOBS - 1):  # the gate's own job is one more
            nursery.start_soon(writer.write, partial(insert, n=n))
        await wait_all_tasks_blocked()
        scope = trio.CancelScope()
        nursery.start_soon(one_too_many, writer, scope)
        nursery.start_soon(writer.write, partial(insert, n=MAX_QUEUED_JOBS + 1))
        await wait_all_tasks_blocked()
        scope.cancel()
        await wait_all_tasks_blocked()
        assert scope.cancelled_caught  # while the thread is still held
    async with running(tmp_path) as writer:
        assert await writer.read(count) == MAX_QUEUED_JOBS


async def test_stopping_finishes_what_is_queued(tmp_path: Path) -> None:
    async with running(tmp_path) as writer, held(writer) as (nursery, _):
        for n in range(10):
            nursery.start_soon(writer.write, partial(insert, n=n))
        await wait_all_tasks_blocked()
        nursery.start_soon(writer.stop)
        await wait_all_tasks_blocked()
        with pytest.raises(StoreUnavailable, match="closed"):
            await writer.read(count)
    async with running(tmp_path) as writer:
        assert await writer.read(count) == 10
    assert "bandstand-store" not in {thread.name for thread in threading.enumerate()}


async def test_a_full_database_fails_the_batch_and_works_again(tmp_path: Path) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE big AS SELECT zeroblob(1000000) AS data")

    async with running(tmp_path) as writer:
        await writer.read(lambda c: c.execute("PRAGMA max_page_count = 20").fetchall())
        async with held(writer) as (nursery, _):
            for work in (partial(insert, n=1), fill):
                nursery.start_soon(unavailable, writer, work)
        assert await writer.read(count) == 0
        await writer.write(partial(insert, n=2))
        await writer.read(lambda c: c.execute("PRAGMA max_page_count = 1000000").fetchall())
        await writer.write(fill)


async def unavailable(writer: Writer, work: Callable[[sqlite3.Connection], None]) -> None:
    with pytest.raises(StoreUnavailable, match="full"):
        await writer.write(work)


async def test_a_read_that_fails_is_told(tmp_path: Path) -> None:
    async with running(tmp_path) as writer:
        with pytest.raises(StoreUnavailable, match="no such table"):
            await writer.read(lambda c: c.execute("SELECT * FROM missing"))
        assert await writer.read(count) == 0


async def test_a_fault_in_a_job_ends_the_writer_and_leaves_nobody_waiting(tmp_path: Path) -> None:
    outcomes: Counter[type] = Counter()

    def fault(connection: sqlite3.Connection) -> None:
        insert(connection, -1)
        raise ZeroDivisionError

    async def outcome(writer: Writer, work: Callable[[sqlite3.Connection], None]) -> None:
        try:
            await writer.write(work)
        except (OutcomeUnknown, StoreUnavailable) as error:
            outcomes[type(error)] += 1

    writer = await started(tmp_path)
    async with held(writer) as (nursery, _):
        nursery.start_soon(outcome, writer, fault)
        await wait_all_tasks_blocked()
        for n in range(MAX_BATCH_JOBS):  # one of them falls out of the batch
            nursery.start_soon(outcome, writer, partial(insert, n=n))
    assert outcomes == {OutcomeUnknown: MAX_BATCH_JOBS, StoreUnavailable: 1}
    with pytest.raises(StoreUnavailable):
        await writer.read(count)
    with pytest.raises(ZeroDivisionError):
        await writer.stop()
    async with running(tmp_path) as writer:
        assert await writer.read(count) == 0


class FailingCommit(sqlite3.Connection):
    """Real but for COMMIT, which fails with a code that no test can make a disk give."""

    code = 0

    def execute(self, sql: str, arguments: Any = (), /) -> sqlite3.Cursor:
        if sql == "COMMIT":
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = self.code
            raise error
        return super().execute(sql, arguments)


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        (sqlite3.SQLITE_FULL, StoreUnavailable),
        (sqlite3.SQLITE_IOERR_WRITE, StoreUnavailable),
        (sqlite3.SQLITE_IOERR_FSYNC, OutcomeUnknown),
        (sqlite3.SQLITE_IOERR, OutcomeUnknown),
    ],
)
async def test_a_commit_that_fails_after_its_record_is_unknown(
    code: int, raised: type[Exception]
) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None, factory=FailingCommit)
    connection.code = code
    connection.execute("CREATE TABLE t (n INTEGER UNIQUE)")
    job = Job(partial(insert, n=1), True, trio.lowlevel.current_task())
    commit_all(connection, [job])
    assert type(job.error) is raised
    assert not connection.in_transaction
    assert count(connection) == 0
    connection.close()
