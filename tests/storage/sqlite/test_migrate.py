"""Old data under new declarations."""

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from storage import Conflict, Put, Row, RuleBroken, SchemaTooNew, StoreUnavailable, open_sqlite
from storage.declaring import Collection, Index, Migration, Schema, by, unique
from storage.sqlite.folder import DATABASE_NAME
from storage.sqlite.migrate import REWRITE_PAGE_ROWS


def schema(
    *indexes: Index, migrations: tuple[Migration, ...] = (), more: tuple[Collection, ...] = ()
) -> Schema:
    things = Collection("things", fields={"rank": int, "code": str}, indexes=indexes)
    return Schema((things, *more), (Migration(1, "first"), *migrations))


FIRST = Schema(
    (Collection("things", fields={"rank": int}, indexes=(by("rank"),)),), (Migration(1, "first"),)
)


async def fill(folder: Path, *docs: dict[str, Any]) -> None:
    async with open_sqlite(folder, FIRST) as store:
        for start in range(0, len(docs), 100):
            page = list(enumerate(docs))[start : start + 100]
            await store.commit(*(Put("things", f"i{n:04}", doc, 0) for n, doc in page))


def version_of(folder: Path) -> int:
    connection = sqlite3.connect(folder / DATABASE_NAME)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(version)


async def test_a_line_in_the_schema_is_all_that_an_index_needs(tmp_path: Path) -> None:
    await fill(tmp_path, {"rank": 1, "code": "b"}, {"rank": 1, "code": "a"}, {"rank": 2})
    async with open_sqlite(tmp_path, schema(by("rank", "code"))) as store:
        rows = await store.find("things", {"rank": 1}, sort="code")
        assert [row.id for row in rows] == ["i0001", "i0000"]
        with pytest.raises(RuleBroken):
            await store.find("things", {}, sort="rank")  # its index is no longer declared


async def test_an_index_becomes_unique_and_plain_again(tmp_path: Path) -> None:
    await fill(tmp_path, {"rank": 1}, {"rank": 2})
    async with open_sqlite(tmp_path, schema(unique("rank"))) as store:
        with pytest.raises(Conflict):
            await store.commit(Put("things", "new", {"rank": 2}, 0))
    async with open_sqlite(tmp_path, FIRST) as store:
        await store.commit(Put("things", "new", {"rank": 2}, 0))
        assert len(await store.find("things", {}, sort="rank")) == 3


async def test_a_unique_index_over_shared_values_is_refused_whole(tmp_path: Path) -> None:
    await fill(tmp_path, {"rank": 1}, {"rank": 1})
    broken = schema(by("code"), unique("rank"), migrations=(Migration(2, "ranks are unique"),))
    with pytest.raises(StoreUnavailable, match=r"things share .* \(rank\)"):
        async with open_sqlite(tmp_path, broken):
            pytest.fail("opened")
    assert version_of(tmp_path) == 1
    async with open_sqlite(tmp_path, FIRST) as store:
        assert len(await store.find("things", {}, sort="rank")) == 2


async def test_rewrites_run_once_in_order_before_new_indexes(tmp_path: Path) -> None:
    count = 2 * REWRITE_PAGE_ROWS + 1
    await fill(tmp_path, *({"rank": 1} for _ in range(count)))
    numbers = iter(range(count))
    rewritten = schema(
        unique("rank"),
        by("code"),
        migrations=(
            Migration(2, "ranks are unique", {"things": lambda doc: {"rank": next(numbers)}}),
            Migration(3, "codes", {"things": lambda doc: {**doc, "code": f"c{doc['rank']:04}"}}),
        ),
        more=(Collection("others", fields={}, indexes=()),),
    )
    async with open_sqlite(tmp_path, rewritten) as store:
        rows = await store.find("things", {}, sort="code", limit=count)
        assert [row.doc["rank"] for row in rows] == list(range(count))
        assert rows[-1].doc["code"] == f"c{count - 1:04}"
        await store.commit(Put("others", "a", {}, 0))
    assert version_of(tmp_path) == 3
    async with open_sqlite(tmp_path, rewritten):  # the numbers are used up: it would raise
        pass


async def test_a_rewrite_that_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    await fill(tmp_path, {"rank": 1}, {"rank": 0})
    broken = schema(
        by("rank"),
        migrations=(
            Migration(2, "x", {"things": lambda doc: {"rank": 7}}),
            Migration(3, "y", {"things": lambda doc: {"rank": None}}),
        ),
    )
    with pytest.raises(RuleBroken, match="rank is NoneType"):
        async with open_sqlite(tmp_path, broken):
            pytest.fail("opened")
    async with open_sqlite(tmp_path, FIRST) as store:
        rows = await store.find("things", {}, sort="rank")
        assert rows == [Row("i0001", 1, {"rank": 0}), Row("i0000", 1, {"rank": 1})]


async def test_a_program_cancelled_while_it_migrates_leaves_no_thread_at_it(tmp_path: Path) -> None:
    await fill(tmp_path, {"rank": 1})
    inside, go_on = threading.Event(), threading.Event()

    def rewrite(doc: dict[str, Any]) -> dict[str, Any]:
        inside.set()
        go_on.wait()
        return {"rank": 2}

    slow = schema(by("rank"), migrations=(Migration(2, "slow", {"things": rewrite}),))
    scope = trio.CancelScope()
    left = trio.Event()

    async def open_and_close() -> None:
        with scope:
            async with open_sqlite(tmp_path, slow):
                pytest.fail("opened")
        left.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(open_and_close)
        await trio.to_thread.run_sync(inside.wait)
        scope.cancel()
        await wait_all_tasks_blocked()
        assert not left.is_set()
        go_on.set()
    assert scope.cancelled_caught
    async with open_sqlite(tmp_path, slow) as store:  # no thread holds the folder
        assert await store.get("things", "i0000") == Row("i0000", 1, {"rank": 2})


async def test_a_newer_schema_is_refused_untouched(tmp_path: Path) -> None:
    newer = schema(unique("code"), migrations=(Migration(2, "codes"),))
    async with open_sqlite(tmp_path, newer):
        pass
    with pytest.raises(SchemaTooNew, match="schema 2, and this program knows 1"):
        async with open_sqlite(tmp_path, FIRST):
            pytest.fail("opened")
    async with open_sqlite(tmp_path, newer) as store:
        await store.commit(Put("things", "a", {"code": "x"}, 0))
        with pytest.raises(Conflict):
            await store.commit(Put("things", "b", {"code": "x"}, 0))


async def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreUnavailable, match="not a database"):
        async with open_sqlite(tmp_path):
            pytest.fail("opened")
