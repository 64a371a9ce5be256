"""What every engine of the document store must do. One suite, run on each of them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import trio

from storage import (
    MAX_COMMIT_OPS,
    MAX_DOCUMENT_BYTES,
    MAX_FIND_ROWS,
    Conflict,
    ConflictReason,
    Delete,
    Put,
    Row,
    RuleBroken,
    RuleCode,
    Store,
    StoreUnavailable,
    open_sqlite,
)
from storage.schema import Collection, Migration, Schema, by, unique

SCHEMA = Schema(
    collections=(
        Collection(
            "things",
            fields={"band": str, "rank": int, "code": str, "live": bool, "set": str},
            indexes=(
                unique("code"),
                unique("band", "set"),
                by("rank"),
                by("band", "rank"),
                by("live", "rank"),
                by("band"),
            ),
        ),
        Collection("others", fields={}, indexes=()),
    ),
    migrations=(Migration(1, "first"),),
)

Opener = Callable[[Path, Schema], AbstractAsyncContextManager[Store]]
ENGINES: dict[str, Opener] = {"sqlite": open_sqlite}


@pytest.fixture(params=ENGINES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with ENGINES[request.param](tmp_path / "data", SCHEMA) as opened:
        yield opened


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


# Finding


BANDS: dict[str, dict[str, Any]] = {
    "a": {"band": "q", "rank": 2, "live": True},
    "b": {"band": "q", "rank": 1, "live": False},
    "c": {"band": "q", "rank": 2, "live": True},
    "d": {"band": "r", "rank": -5, "live": True},
    "e": {"band": "q"},
    "f": {"rank": 9},
}


@pytest.mark.parametrize(
    ("equals", "sort", "found"),
    [
        ({}, "rank", "dbacf"),
        ({}, "id", "abcdef"),
        ({"band": "q"}, "rank", "bac"),
        ({"band": "q"}, "id", "abce"),
        ({"band": "r"}, "rank", "d"),
        ({"band": "nobody"}, "rank", ""),
        ({"live": True}, "rank", "dac"),
        ({"live": False}, "rank", "b"),
    ],
)
async def test_find(store: Store, equals: dict[str, Any], sort: str, found: str) -> None:
    await put_new(store, **BANDS)
    rows = await store.find("things", equals, sort=sort)
    assert ids(rows) == list(found)
    assert [row.doc for row in rows] == [BANDS[key] for key in found]
    assert ids(await store.find("things", equals, sort=sort, descending=True)) == list(found)[::-1]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 50])
async def test_pages_meet_without_gap_or_overlap(
    store: Store, limit: int, descending: bool
) -> None:
    await put_new(store, **{f"i{n}": {"band": "q", "rank": n // 3} for n in range(8)})
    whole = await store.find("things", {"band": "q"}, sort="rank", descending=descending)
    assert len(whole) == 8
    paged: list[Row] = []
    after = None
    while page := await store.find(
        "things", {"band": "q"}, sort="rank", descending=descending, after=after, limit=limit
    ):
        assert len(page) <= limit
        paged += page
        after = (page[-1].doc["rank"], page[-1].id)
    assert paged == whole


async def test_an_empty_id_stands_before_its_value(store: Store) -> None:
    await put_new(store, **BANDS)
    up = await store.find("things", {"band": "q"}, sort="rank", after=(2, ""))
    assert ids(up) == ["a", "c"]
    down = await store.find("things", {"band": "q"}, sort="rank", descending=True, after=(2, ""))
    assert ids(down) == ["b"]


async def test_paging_by_id(store: Store) -> None:
    await put_new(store, **BANDS)
    assert ids(await store.find("things", {}, sort="id", after=("d", "d"))) == ["e", "f"]
    rows = await store.find("things", {"band": "q"}, sort="id", descending=True, after=("c", "c"))
    assert ids(rows) == ["b", "a"]


async def test_a_unique_index_finds_its_document_sorted_by_anything(store: Store) -> None:
    await put_new(store, a={"code": "x", "rank": 1}, b={"code": "y", "rank": 2})
    for sort in ("id", "code", "rank"):
        assert ids(await store.find("things", {"code": "y"}, sort=sort)) == ["b"]
    assert await store.find("things", {"code": "y"}, sort="band") == []  # it has no band


async def test_text_sorts_by_code_point(store: Store) -> None:
    codes = ["", "A", "Z", "a", "aa", "é", "\uffff", "🎸"]
    await put_new(store, **{f"i{n}": {"band": "q", "set": code} for n, code in enumerate(codes)})
    rows = await store.find("things", {"band": "q"}, sort="set")
    assert [row.doc["set"] for row in rows] == codes


async def test_a_find_follows_changes(store: Store) -> None:
    await put_new(store, a={"band": "q", "rank": 1}, b={"band": "q", "rank": 2})
    await store.commit(Put("things", "a", {"band": "q", "rank": 3}, 1))
    assert ids(await store.find("things", {"band": "q"}, sort="rank")) == ["b", "a"]
    await store.commit(Delete("things", "b", 1))
    assert ids(await store.find("things", {"band": "q"}, sort="rank")) == ["a"]


@pytest.mark.parametrize(
    ("equals", "arguments", "code"),
    [
        ({}, {"sort": "band", "limit": 0}, RuleCode.BAD_LIMIT),
        ({}, {"sort": "band", "limit": MAX_FIND_ROWS + 1}, RuleCode.BAD_LIMIT),
        ({}, {"sort": "set"}, RuleCode.NO_INDEX),
        ({}, {"sort": "undeclared"}, RuleCode.NO_INDEX),
        ({"undeclared": 1}, {"sort": "rank"}, RuleCode.NO_INDEX),
        ({"band": "q", "live": True}, {"sort": "rank"}, RuleCode.NO_INDEX),
        ({"rank": 1}, {"sort": "band"}, RuleCode.NO_INDEX),
        ({"band": "q"}, {"sort": "code"}, RuleCode.NO_INDEX),
        ({"band": 1}, {"sort": "rank"}, RuleCode.FIELD_TYPE),
        ({"band": None}, {"sort": "rank"}, RuleCode.FIELD_TYPE),
        ({"live": 1}, {"sort": "rank"}, RuleCode.FIELD_TYPE),
        ({}, {"sort": "rank", "after": ("1", "a")}, RuleCode.FIELD_TYPE),
        ({}, {"sort": "rank", "after": (1, 2)}, RuleCode.BAD_CURSOR),
        ({}, {"sort": "rank", "after": (1,)}, RuleCode.BAD_CURSOR),
    ],
)
async def test_what_cannot_be_found(
    store: Store, equals: dict[str, Any], arguments: dict[str, Any], code: RuleCode
) -> None:
    with pytest.raises(RuleBroken) as caught:
        await store.find("things", equals, **arguments)
    assert caught.value.code == code


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


@pytest.mark.parametrize("engine", ENGINES)
async def test_what_was_committed_is_there_after_reopening(engine: str, tmp_path: Path) -> None:
    async with ENGINES[engine](tmp_path, SCHEMA) as store:
        await put_new(store, a={"band": "q", "rank": 1})
    async with ENGINES[engine](tmp_path, SCHEMA) as store:
        assert ids(await store.find("things", {"band": "q"}, sort="rank")) == ["a"]
        with pytest.raises(Conflict):
            await put_new(store, a={})


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_closed_store_says_so(engine: str, tmp_path: Path) -> None:
    async with ENGINES[engine](tmp_path, SCHEMA) as store:
        pass
    with pytest.raises(StoreUnavailable):
        await store.get("things", "a")
    with pytest.raises(StoreUnavailable):
        await put_new(store, a={})
