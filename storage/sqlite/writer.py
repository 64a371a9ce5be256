"""The one thread that touches the database: group commit, and reads between commits.

Everything that callers have queued is taken as one batch. Its reads are answered first: they see
all that was acknowledged before and nothing that is not. Then its writes run in one transaction,
each in a savepoint of its own, and are acknowledged together after the COMMIT. So one sync of the
disk serves all who wait, and the threads wake each other once per batch rather than once per job.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import trio

from storage.api import OutcomeUnknown, StoreError, StoreUnavailable
from storage.declaring import Schema
from storage.sqlite.batch import Job, commit_all, read_all
from storage.sqlite.connection import open_connection
from storage.sqlite.folder import hold_folder

MAX_QUEUED_JOBS = 1024
"""Callers beyond these wait, and can be cancelled, before their job is queued."""
MAX_BATCH_JOBS = 256

T = TypeVar("T")


class Writer:
    """Runs functions of the connection in its thread. Made, started and stopped in trio."""

    def __init__(self, folder: Path, schema: Schema) -> None:
        self._folder = folder
        self._schema = schema
        self._trio = trio.lowlevel.current_trio_token()
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()  # None is the end
        self._slots = trio.Semaphore(MAX_QUEUED_JOBS)
        self._opened = trio.Event()
        self._ended = trio.Event()
        self._accepting = False
        self._unanswered: list[Job] = []
        self._crash: BaseException | None = None
        # A daemon, so that a program whose event loop broke down can still exit; stop() joins it.
        self._thread = threading.Thread(target=self._run, name="bandstand-store", daemon=True)

    async def start(self) -> None:
        """Open and migrate the database. Raises what opening raised."""
        self._thread.start()
        await self._opened.wait()
        self._raise_crash()
        self._accepting = True

    async def stop(self) -> None:
        """Finish what is queued, close the database and join the thread."""
        self._accepting = False
        self._queue.put(None)
        await self._ended.wait()
        self._thread.join()
        self._raise_crash()

    def _raise_crash(self) -> None:
        crash, self._crash = self._crash, None
        if crash is not None:
            raise crash

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return ``work(connection)``, which only reads."""
        result: T = await self._run_job(work, writes=False)
        return result

    async def write(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Run ``work(connection)`` in a transaction; return once that is durable.

        A ``StoreError`` that ``work`` raises undoes this work alone.
        """
        await self._run_job(work, writes=True)

    async def _run_job(self, work: Callable[[sqlite3.Connection], Any], *, writes: bool) -> Any:
        async with self._slots:
            if not self._accepting:
                raise StoreUnavailable("the store is closed")
            job = Job(work, writes, trio.lowlevel.current_task())
            self._queue.put(job)
            # A queued job runs whether or not anybody waits, so its caller waits for the outcome,
            # which always comes; one that was cancelled learns of that at its next checkpoint.
            await trio.lowlevel.wait_task_rescheduled(lambda _: trio.lowlevel.Abort.FAILED)
        if job.error is not None:
            raise job.error
        return job.result

    def _end(self) -> None:
        """Leave nobody waiting; runs in the trio thread as the last word of the other."""
        self._accepting = False
        _fail(self._unanswered, OutcomeUnknown)
        queued: list[Job] = []
        while not self._queue.empty():
            job = self._queue.get_nowait()
            if job is not None:
                queued.append(job)
        _fail(queued, StoreUnavailable)
        self._opened.set()
        self._ended.set()

    # The methods below run in the thread.

    def _run(self) -> None:
        try:
            with (
                hold_folder(self._folder) as path,
                open_connection(path, self._schema) as connection,
            ):
                self._trio.run_sync_soon(self._opened.set)
                while batch := self._next_batch():
                    self._serve(connection, batch)
        except BaseException as error:  # noqa: BLE001 - start() or stop() raises it
            self._crash = error
        self._trio.run_sync_soon(self._end)

    def _next_batch(self) -> list[Job]:
        """Wait for a job, and take with it what else is queued; an empty batch is the end."""
        batch: list[Job] = []
        job = self._queue.get()
        while job is not None:
            batch.append(job)
            if len(batch) == MAX_BATCH_JOBS or self._queue.empty():
                return batch
            job = self._queue.get_nowait()
        if batch:
            self._queue.put(None)  # the end comes after this batch; nothing is queued behind it
        return batch

    def _serve(self, connection: sqlite3.Connection, batch: list[Job]) -> None:
        self._unanswered = batch
        reads = [job for job in batch if not job.writes]
        writes = [job for job in batch if job.writes]
        if reads:
            read_all(connection, reads)
            self._unanswered = writes
            self._trio.run_sync_soon(_answer, reads)
        if writes:
            commit_all(connection, writes)
            self._unanswered = []
            self._trio.run_sync_soon(_answer, writes)


def _answer(jobs: list[Job]) -> None:
    for job in jobs:
        trio.lowlevel.reschedule(job.task)


def _fail(jobs: list[Job], failure: type[StoreError]) -> None:
    for job in jobs:
        job.error = failure("the store's thread has failed")
    _answer(jobs)
