"""What every engine of the document store must find, in which order, page by page."""

from typing import Any

import pytest

from storage import (
    MAX_FIND_ROWS,
    Delete,
    Put,
    Row,
    RuleBroken,
    RuleCode,
    Store,
)


async def put_new(store: Store, **docs: dict[str, Any]) -> None:
    await store.commit(*(Put("things", key, doc, 0) for key, doc in docs.items()))


def ids(rows: list[Row]) -> list[str]:
    return [row.id for row in rows]


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
