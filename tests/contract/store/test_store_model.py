"""The store beside a plain dict: any sequence of calls gives the same outcomes in both."""

import tempfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import Conflict, ConflictReason, Delete, Put, Row, Store, open_sqlite
from storage.declaring import Collection, Migration, Schema, by, unique

SCHEMA = Schema(
    collections=(
        Collection(
            "things",
            fields={"band": str, "rank": int, "code": str},
            indexes=(unique("code"), by("band", "rank"), by("rank")),
        ),
    ),
    migrations=(Migration(1, "first"),),
)

documents = st.fixed_dictionaries(
    {"n": st.integers(0, 99)},
    optional={
        "band": st.sampled_from("qr"),
        "rank": st.integers(-1, 2),
        "code": st.sampled_from("xyz"),
    },
)
CURRENT = -1
"""Stands for the version that the model has at that moment, so that most writes apply."""
versions = st.one_of(st.just(CURRENT), st.just(CURRENT), st.integers(0, 3))
ids = st.sampled_from("abcdef")
ops = st.one_of(
    st.tuples(st.just("put"), ids, documents, versions),
    st.tuples(st.just("put"), ids, documents, versions),
    st.tuples(st.just("delete"), ids, st.none(), versions),
)
commits = st.lists(ops, min_size=1, max_size=4, unique_by=lambda op: op[1])
pages = st.tuples(
    st.sampled_from([{}, {"band": "q"}, {"band": "r"}]),
    st.booleans(),
    st.integers(1, 4),
)
steps = st.lists(
    st.one_of(st.tuples(st.just("commit"), commits), st.tuples(st.just("page"), pages)),
    min_size=5,
    max_size=25,
)

MEMORY = Path("/dev/shm")
"""Where there is one: hundreds of small stores ask for behaviour here, not for a durable disk."""

Rows = dict[str, Row]


def resolve(rows: Rows, op: tuple[str, str, dict[str, Any], int]) -> Put | Delete:
    kind, key, doc, version = op
    if version == CURRENT:
        version = rows[key].version if key in rows else 0
    return (
        Put("things", key, doc, version) if kind == "put" else Delete("things", key, version or 1)
    )


Failure = tuple[Put | Delete, ConflictReason]


def model_commit(rows: Rows, ops: list[Put | Delete]) -> tuple[Rows, Failure | None]:
    """Return the rows afterwards, and which op failed first and why."""
    after = dict(rows)
    for op in ops:
        reason = model_conflict(after, op)
        if reason is not None:
            return rows, (op, reason)
        if isinstance(op, Put):
            after[op.id] = Row(op.id, op.version + 1, deepcopy(op.doc))
        else:
            del after[op.id]
    return after, None


def model_conflict(rows: Rows, op: Put | Delete) -> ConflictReason | None:
    stored = rows[op.id].version if op.id in rows else 0
    if op.version == 0 and stored:
        return ConflictReason.EXISTS
    if op.version != stored:
        return ConflictReason.CHANGED
    if isinstance(op, Put) and "code" in op.doc:
        held = {row.doc.get("code") for row in rows.values() if row.id != op.id}
        if op.doc["code"] in held:
            return ConflictReason.DUPLICATE
    return None


def model_find(rows: Rows, equals: dict[str, str], descending: bool) -> list[Row]:
    found = [
        row
        for row in rows.values()
        if "rank" in row.doc and all(row.doc.get(name) == want for name, want in equals.items())
    ]
    return sorted(found, key=lambda row: (row.doc["rank"], row.id), reverse=descending)


async def read_pages(
    store: Store, equals: dict[str, str], descending: bool, limit: int
) -> list[Row]:
    rows: list[Row] = []
    after = None
    while page := await store.find(
        "things", equals, sort="rank", descending=descending, after=after, limit=limit
    ):
        rows += page
        after = (page[-1].doc["rank"], page[-1].id)
    return rows


async def check_commit(store: Store, rows: Rows, ops: list[Put | Delete]) -> Rows:
    failure: Failure | None = None
    try:
        await store.commit(*ops)
    except Conflict as conflict:
        failure = (conflict.op, conflict.reason)
    after, expected = model_commit(rows, ops)
    assert failure == expected
    return after


async def play(folder: Path, steps: list[tuple[str, Any]]) -> None:
    rows: Rows = {}
    async with open_sqlite(folder, SCHEMA) as store:
        for kind, step in steps:
            if kind == "commit":
                rows = await check_commit(store, rows, [resolve(rows, op) for op in step])
            else:
                equals, descending, limit = step
                paged = await read_pages(store, equals, descending, limit)
                assert paged == model_find(rows, equals, descending)
    async with open_sqlite(folder, SCHEMA) as store:
        stored = await store.find("things", {}, sort="id")
        assert stored == [rows[key] for key in sorted(rows)]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_the_store_does_what_a_dict_would(steps: list[tuple[str, Any]]) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        trio.run(play, Path(folder), steps)
