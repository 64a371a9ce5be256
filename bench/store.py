"""Acknowledged inserts per second: the store with many tasks, beside a bare sqlite3 loop.

Both insert the same room events into the same tables and indexes, with WAL and synchronous=FULL,
on the same disk, in turn. The loop commits each insert by itself, as a program without group
commit would. Run it from the root of the project: ``python -m bench.store``.
"""

import argparse
import json
import sqlite3
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import trio

from storage import Put, Store, open_sqlite
from storage.schema import SCHEMA
from storage.sqlite.connection import open_connection

COLLECTION = "room_events"


def event(number: int) -> dict[str, Any]:
    """A chat message as the room stores it: about 300 bytes of JSON, in three indexes."""
    return {
        "room": "str_01HZXABCDEFGHJKMNPQRSTVWXY",
        "offset": number,
        "kind": "message",
        "user": f"usr_01HZXABCDEFGHJKMNPQRSTVW{number % 100:02d}",
        "client_id": f"c{number}",
        "at": 1_700_000_000_000 + number,
        "content": "x" * 120,
    }


def event_id(number: int) -> str:
    return f"msg_{number:026d}"


async def store_inserts_per_s(folder: Path, tasks: int, seconds: float) -> float:
    async with open_sqlite(folder) as store:
        return await _measure(store, tasks, seconds)


async def _measure(store: Store, tasks: int, seconds: float) -> float:
    acknowledged = 0
    started = time.perf_counter()

    async def insert(first: int) -> None:
        nonlocal acknowledged
        number = first
        while time.perf_counter() - started < seconds:
            await store.commit(Put(COLLECTION, event_id(number), event(number), 0))
            acknowledged += 1
            number += tasks

    async with trio.open_nursery() as nursery:
        for first in range(tasks):
            nursery.start_soon(insert, first)
    return acknowledged / (time.perf_counter() - started)


def loop_inserts_per_s(folder: Path, seconds: float) -> float:
    with open_connection(folder / "loop.sqlite3", SCHEMA) as connection:
        number = 0
        started = time.perf_counter()
        while time.perf_counter() - started < seconds:
            _insert(connection, number)
            number += 1
        return number / (time.perf_counter() - started)


def _insert(connection: sqlite3.Connection, number: int) -> None:
    text = json.dumps(event(number), ensure_ascii=False, separators=(",", ":"))
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(
        f'INSERT INTO "{COLLECTION}" (_id, _v, _doc) VALUES (?, 1, ?)', (event_id(number), text)
    )
    connection.execute("COMMIT")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each side of each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="on the disk to measure; default: temporary")
    arguments = parser.parse_args()
    loops: list[float] = []
    stores: list[float] = []
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        for number in range(arguments.rounds):  # in turn, so that a busy disk slows both
            folder = Path(name) / str(number)
            folder.mkdir()
            loops.append(loop_inserts_per_s(folder, arguments.seconds))
            stores.append(trio.run(store_inserts_per_s, folder, arguments.tasks, arguments.seconds))
    loop, store = median(loops), median(stores)
    print(f"medians of {arguments.rounds} rounds, synchronous=FULL")
    print(f"bare sqlite3 loop, one insert per transaction: {loop:8.0f} /s")
    print(f"store, {arguments.tasks} tasks, one insert per commit: {store:8.0f} /s acknowledged")
    print(f"ratio: {store / loop:.1f}")


if __name__ == "__main__":
    main()
