"""What every engine of the document store must do: documents, conditions, many tasks."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import trio

from storage import (
    MAX_COMMIT_OPS,
    MAX_DOCUMENT_BYTES,
    Conflict,
    ConflictReason,
    Delete,
    Put,
    Row,
    RuleBroken,
    RuleCode,
    Store,
    StoreUnavailable,
)

Engine = Callable[[Path], AbstractAsyncContextManager[Store]]


async def put_new(store: Store, **docs: dict[str, Any]) -> None:
    await store.commit(*(Put("things", key, doc, 0) for key, doc in docs.items()))


def ids(rows: list[Row]) -> list[str]:
    return [row.id for row in rows]


# Reading and writing one document


async def test_a_document_that_was_never_written_is_none(store: Store) -> None:
    assert await store.get("things", "a") is None


async def test_versions_count_the_writes(store: Store) -> None:
    await put_new(store, a={"n": 1})
    assert await store.get("things", "a") == Row("a", 1, {"n": 1})
    await store.commit(Put("things", "a", {"n": 2}, 1))
    assert await store.get("things", "a") == Row("a", 2, {"n": 2})
    await store.commit(Delete("things", "a", 2))
    assert await store.get("things", "a") is None
    await put_new(store, a={"n": 3})
    assert await store.get("things", "a") == Row("a", 1, {"n": 3})


async def test_collections_have_ids_of_their_own(store: Store) -> None:
    await store.commit(Put("things", "a", {"n": 1}, 0), Put("others", "a", {"n": 2}, 0))
    assert await store.get("others", "a") == Row("a", 1, {"n": 2})


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(2**63),
        2**63 - 1,
        0.1,
        -1e300,
        "",
        'naïve 🎸 \u2028 \0 \\ "quoted" \'',
        [],
        {},
        [1, [2, {"three": [None, False, ""]}]],
        {"deep": {"er": {"est": 1.5}}, "Ключ": "значение", "with space": 1},
    ],
)
async def test_json_comes_back_as_it_was(store: Store, value: object) -> None:
    await put_new(store, a={"value": value})
    row = await store.get("things", "a")
    assert row is not None
    assert row.doc == {"value": value}
    assert type(row.doc["value"]) is type(value)


async def test_nobody_shares_a_document_with_the_store(store: Store) -> None:
    doc = {"list": [1]}
    await put_new(store, a=doc)
    doc["list"].append(2)
    first = await store.get("things", "a")
    assert first is not None
    first.doc["list"].append(3)
    assert await store.get("things", "a") == Row("a", 1, {"list": [1]})


async def test_the_largest_document_is_kept(store: Store) -> None:
    doc = {"text": "x" * (MAX_DOCUMENT_BYTES - len('{"text":""}'))}
    await put_new(store, a=doc)
    assert await store.get("things", "a") == Row("a", 1, doc)
    doc["text"] += "x"
    with pytest.raises(RuleBroken) as caught:
        await put_new(store, b=doc)
    assert caught.value.code == RuleCode.DOCUMENT_TOO_LARGE


# Conditions


@pytest.mark.parametrize(
    ("op", "reason"),
    [
        (Put("things", "a", {"n": 9}, 0), ConflictReason.EXISTS),
        (Put("things", "a", {"n": 9}, 1), ConflictReason.CHANGED),
        (Put("things", "a", {"n": 9}, 3), ConflictReason.CHANGED),
        (Put("things", "missing", {"n": 9}, 1), ConflictReason.CHANGED),
        (Delete("things", "a", 1), ConflictReason.CHANGED),
        (Delete("things", "missing", 1), ConflictReason.CHANGED),
    ],
)
async def test_a_write_at_another_version_conflicts(
    store: Store, op: Put | Delete, reason: ConflictReason
) -> None:
    await put_new(store, a={"n": 1})
    await store.commit(Put("things", "a", {"n": 2}, 1))
    with pytest.raises(Conflict) as caught:
        await store.commit(op)
    assert (caught.value.op, caught.value.reason, caught.value.fields) == (op, reason, ())
    assert f"{op.collection}/{op.id}" in str(caught.value)
    assert await store.get("things", "a") == Row("a", 2, {"n": 2})


async def test_all_of_a_commit_or_nothing(store: Store) -> None:
    await put_new(store, a={"n": 1}, b={"n": 1})
    stale = Delete("things", "b", 7)
    with pytest.raises(Conflict) as caught:
        await store.commit(
            Put("things", "new", {"n": 1}, 0),
            Put("things", "a", {"n": 2}, 1),
            stale,
            Put("others", "new", {}, 0),
        )
    assert caught.value.op == stale
    assert await store.get("things", "new") is None
    assert await store.get("others", "new") is None
    assert await store.get("things", "a") == Row("a", 1, {"n": 1})
    assert await store.get("things", "b") == Row("b", 1, {"n": 1})


async def test_a_commit_of_nothing_does_nothing(store: Store) -> None:
    await store.commit()


async def test_a_commit_has_a_limit(store: Store) -> None:
    ops = [Put("things", f"i{n:03}", {}, 0) for n in range(MAX_COMMIT_OPS + 1)]
    with pytest.raises(RuleBroken) as caught:
        await store.commit(*ops)
    assert caught.value.code == RuleCode.TOO_MANY_OPS
    await store.commit(*ops[:-1])
    assert len(await store.find("things", {}, sort="id", limit=1000)) == MAX_COMMIT_OPS


# Unique indexes


async def test_a_unique_value_is_held_once(store: Store) -> None:
    await put_new(store, a={"code": "x"}, b={"code": "y"})
    for op in (Put("things", "c", {"code": "x"}, 0), Put("things", "b", {"code": "x"}, 1)):
        with pytest.raises(Conflict) as caught:
            await store.commit(op)
        assert (caught.value.op, caught.value.reason) == (op, ConflictReason.DUPLICATE)
        assert caught.value.fields == ("code",)
    assert await store.get("things", "c") is None


async def test_a_unique_pair_names_both_fields(store: Store) -> None:
    await put_new(store, a={"band": "q", "set": "1"}, b={"band": "q", "set": "2"})
    with pytest.raises(Conflict) as caught:
        await put_new(store, c={"band": "q", "set": "2", "code": "z"})
    assert caught.value.fields == ("band", "set")


async def test_unique_indexes_skip_missing_fields(store: Store) -> None:
    await put_new(store, a={}, b={}, c={"band": "q"}, d={"band": "q"}, e={"set": "1"})
    assert len(await store.find("things", {}, sort="id")) == 5


async def test_a_document_may_keep_its_unique_value_and_leave_it(store: Store) -> None:
    await put_new(store, a={"code": "x"}, b={"code": "y"})
    await store.commit(Put("things", "a", {"code": "x", "n": 1}, 1))
    await store.commit(Delete("things", "a", 2), Put("things", "b", {"code": "x"}, 1))
    await store.commit(Put("things", "b", {}, 2), Put("things", "c", {"code": "x"}, 0))
    assert ids(await store.find("things", {"code": "x"}, sort="id")) == ["c"]


async def test_undeclared_collections_are_refused(store: Store) -> None:
    for call in (
        store.get("nothing", "a"),
        store.find("nothing", {}, sort="id"),
        store.commit(Put("nothing", "a", {}, 0)),
    ):
        with pytest.raises(RuleBroken) as caught:
            await call
        assert caught.value.code == RuleCode.UNKNOWN_COLLECTION


# Many tasks at once


async def test_every_acknowledged_insert_is_there(store: Store) -> None:
    async def insert(task: int) -> None:
        for n in range(10):
            key = f"{task:02}-{n}"
            await store.commit(Put("things", key, {"band": "q", "rank": n}, 0))
            assert await store.get("things", key) == Row(key, 1, {"band": "q", "rank": n})

    async with trio.open_nursery() as nursery:
        for task in range(64):
            nursery.start_soon(insert, task)
    assert len(await store.find("things", {"band": "q"}, sort="rank", limit=1000)) == 640


async def test_counters_lose_no_update(store: Store) -> None:
    await put_new(store, a={"n": 0}, b={"n": 0})
    conflicts = 0

    async def count() -> None:
        nonlocal conflicts
        for _ in range(3):
            while True:
                rows = [await store.get("things", key) for key in ("a", "b")]
                try:
                    await store.commit(
                        *(
                            Put("things", row.id, {"n": row.doc["n"] + 1}, row.version)
                            for row in rows
                            if row is not None
                        )
                    )
                except Conflict:
                    conflicts += 1
                else:
                    break

    async with trio.open_nursery() as nursery:
        for _ in range(16):
            nursery.start_soon(count)
    assert conflicts > 0  # they did meet
    assert await store.get("things", "a") == Row("a", 49, {"n": 48})
    assert await store.get("things", "b") == Row("b", 49, {"n": 48})


async def test_one_of_many_gets_a_unique_value(store: Store) -> None:
    won: list[str] = []
    lost: list[ConflictReason] = []

    async def take(key: str) -> None:
        try:
            await store.commit(Put("things", key, {"code": "x"}, 0))
        except Conflict as conflict:
            lost.append(conflict.reason)
        else:
            won.append(key)

    async with trio.open_nursery() as nursery:
        for n in range(64):
            nursery.start_soon(take, f"i{n}")
    assert ids(await store.find("things", {"code": "x"}, sort="id")) == won
    assert len(won) == 1
    assert lost == [ConflictReason.DUPLICATE] * 63


async def test_a_call_in_a_cancelled_scope_does_nothing(store: Store) -> None:
    with trio.CancelScope() as scope:
        scope.cancel()
        await put_new(store, a={})
    assert scope.cancelled_caught
    assert await store.get("things", "a") is None


# Opening and closing


async def test_what_was_committed_is_there_after_reopening(engine: Engine, tmp_path: Path) -> None:
    async with engine(tmp_path) as store:
        await put_new(store, a={"band": "q", "rank": 1})
    async with engine(tmp_path) as store:
        assert ids(await store.find("things", {"band": "q"}, sort="rank")) == ["a"]
        with pytest.raises(Conflict):
            await put_new(store, a={})


async def test_a_closed_store_says_so(engine: Engine, tmp_path: Path) -> None:
    async with engine(tmp_path) as store:
        pass
    with pytest.raises(StoreUnavailable):
        await store.get("things", "a")
    with pytest.raises(StoreUnavailable):
        await put_new(store, a={})
