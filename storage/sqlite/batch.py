"""Running a batch of jobs on the connection, and telling what their failures mean."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import trio

from storage.api import OutcomeUnknown, StoreError, StoreUnavailable


@dataclass(slots=True, eq=False)
class Job:
    """Work for the thread, the task that waits for it, and afterwards its outcome."""

    work: Callable[[sqlite3.Connection], Any]
    writes: bool
    task: trio.lowlevel.Task
    result: Any = None
    error: StoreError | None = None


def read_all(connection: sqlite3.Connection, jobs: list[Job]) -> None:
    """Run jobs that read, outside any transaction."""
    for job in jobs:
        try:
            job.result = job.work(connection)
        except sqlite3.Error as error:
            job.error = StoreUnavailable(f"reading failed: {error}")


def commit_all(connection: sqlite3.Connection, jobs: list[Job]) -> None:
    """Run jobs that write in one transaction. Afterwards each has landed or has its error."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        for job in jobs:
            _write(connection, job)
    except sqlite3.Error as error:
        _roll_back(connection, jobs, StoreUnavailable, error)
        return
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        _roll_back(connection, jobs, _failure_of_commit(error), error)


def _write(connection: sqlite3.Connection, job: Job) -> None:
    connection.execute("SAVEPOINT job")
    try:
        job.work(connection)
    except StoreError as error:
        connection.execute("ROLLBACK TO job")
        job.error = error
    connection.execute("RELEASE job")


def _failure_of_commit(error: sqlite3.Error) -> type[StoreError]:
    """Tell whether a failed COMMIT can have landed.

    The record that makes a transaction count is the last that COMMIT writes to the log, so when a
    write failed, it is not there. When anything later failed (the sync), it may be, and a crash
    before the next commit would bring it back.
    """
    primary_code = error.sqlite_errorcode & 0xFF
    if primary_code == sqlite3.SQLITE_FULL or error.sqlite_errorcode == sqlite3.SQLITE_IOERR_WRITE:
        return StoreUnavailable
    return OutcomeUnknown


def _roll_back(
    connection: sqlite3.Connection,
    jobs: list[Job],
    failure: type[StoreError],
    cause: sqlite3.Error,
) -> None:
    """Undo the batch; the jobs that conflicted did so with what is undone, so all fail alike."""
    if connection.in_transaction:  # SQLite rolls back by itself on some errors
        connection.execute("ROLLBACK")
    for job in jobs:
        job.error = failure(f"committing failed: {cause}")
