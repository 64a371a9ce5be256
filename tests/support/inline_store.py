"""The real SQLite engine without its thread, for tests in virtual time.

A virtual clock jumps as soon as every task waits, also where one waits for a thread; so here the
same jobs run on the same kind of connection in the trio thread.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trio

from storage import Store
from storage.schema import SCHEMA
from storage.sqlite.batch import Job, commit_all, read_all
from storage.sqlite.connection import open_connection
from storage.sqlite.engine import SqliteStore


class InlineWriter:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def read(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        return await self._run(work, read_all, writes=False)

    async def write(self, work: Callable[[sqlite3.Connection], Any]) -> None:
        await self._run(work, commit_all, writes=True)

    async def _run(
        self,
        work: Callable[[sqlite3.Connection], Any],
        run_all: Callable[[sqlite3.Connection, list[Job]], None],
        *,
        writes: bool,
    ) -> Any:
        await trio.lowlevel.checkpoint()
        job = Job(work, writes, trio.lowlevel.current_task())
        run_all(self._connection, [job])
        if job.error is not None:
            raise job.error
        return job.result


@contextmanager
def open_inline_store(folder: Path) -> Iterator[Store]:
    with open_connection(folder / "inline.sqlite3", SCHEMA) as connection:
        yield SqliteStore(InlineWriter(connection), SCHEMA)  # type: ignore[arg-type]  # its methods
