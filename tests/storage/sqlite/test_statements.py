"""The plans of the declared indexes."""

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from storage.api import Put, Row
from storage.declaring import Collection, Index
from storage.rules import check_find, encode
from storage.schema import SCHEMA
from storage.sqlite.connection import open_connection
from storage.sqlite.statements import apply, select_documents

SAMPLE: dict[type, Any] = {str: "x", int: 1, bool: True}


def sample_of(collection: Collection) -> dict[str, Any]:
    return {name: SAMPLE[kind] for name, kind in collection.fields.items()}


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """Give a database with one document in each collection."""
    with open_connection(tmp_path_factory.mktemp("plans") / "test.sqlite3", SCHEMA) as opened:
        for collection in SCHEMA.collections:
            doc = sample_of(collection)
            apply(opened, SCHEMA, Put(collection.name, "a", doc, 0), encode(collection, doc))
        yield opened


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    ("collection", "index"),
    [
        pytest.param(collection, index, id=f"{collection.name}-{'-'.join(index.fields)}")
        for collection in SCHEMA.collections
        for index in collection.indexes
    ],
)
def test_a_page_is_one_walk_along_its_index(
    connection: sqlite3.Connection, collection: Collection, index: Index, descending: bool
) -> None:
    doc = sample_of(collection)
    *filtered, sort = index.fields
    query = check_find(
        SCHEMA,
        collection.name,
        {name: doc[name] for name in filtered},
        sort=sort,
        descending=descending,
        after=(doc[sort], "~" if descending else " "),
        limit=10,
    )
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    assert select_documents(connection, query) == [Row("a", 1, doc)]
    connection.set_trace_callback(None)
    (select,) = statements
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {select}")]
    assert len(plan) == 1, "a second step sorts what the index did not order"
    assert plan[0].startswith(f"SEARCH {collection.name} USING INDEX")
    past = "<" if descending else ">"
    assert f"{sort}{past}?" in plan[0] or f"({sort},_id){past}(?,?)" in plan[0]
