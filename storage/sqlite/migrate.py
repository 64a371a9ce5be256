"""Bring a database to the declared schema, in one transaction.

The number of the newest migration applied is SQLite's ``user_version``. Tables, fields and
indexes are compared with the declarations at every open, so they need no steps of their own.
"""

import json
import sqlite3

from storage.api import SchemaTooNew, StoreUnavailable
from storage.declaring import Migration, Schema
from storage.rules import encode
from storage.sqlite.statements import add_field, create_index, create_table, index_name

# ruff: noqa: S608 - names come from the schema, which admits plain lower-case names only

REWRITE_PAGE_ROWS = 500


def migrate(connection: sqlite3.Connection, schema: Schema) -> None:
    """Apply what is missing. Raises ``SchemaTooNew`` before anything is touched."""
    seen: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if seen > schema.version:
        raise SchemaTooNew(
            f"the data is of schema {seen}, and this program knows {schema.version}: "
            "run the newer program"
        )
    with connection:  # commits, or rolls back if anything below raises
        connection.execute("BEGIN IMMEDIATE")
        _add_tables_and_fields(connection, schema)
        _drop_undeclared_indexes(connection, schema)
        for migration in schema.migrations[seen:]:
            _rewrite(connection, schema, migration)
        _add_indexes(connection, schema)
        connection.execute(f"PRAGMA user_version = {schema.version}")


def _add_tables_and_fields(connection: sqlite3.Connection, schema: Schema) -> None:
    tables = _names(connection, "table")
    for collection in schema.collections:
        if collection.name not in tables:
            connection.execute(create_table(collection))
        # table_xinfo, unlike table_info, lists generated columns.
        described = connection.execute(f'PRAGMA table_xinfo("{collection.name}")')
        columns = {column[1] for column in described}
        for name in collection.fields:
            if name not in columns:
                connection.execute(add_field(collection, name))


def _drop_undeclared_indexes(connection: sqlite3.Connection, schema: Schema) -> None:
    declared = {
        index_name(collection.name, index)
        for collection in schema.collections
        for index in collection.indexes
    }
    for name in _names(connection, "index") - declared:
        connection.execute(f'DROP INDEX "{name}"')


def _add_indexes(connection: sqlite3.Connection, schema: Schema) -> None:
    made = _names(connection, "index")
    for collection in schema.collections:
        for index in collection.indexes:
            if index_name(collection.name, index) not in made:
                try:
                    connection.execute(create_index(collection, index))
                except sqlite3.IntegrityError as error:
                    raise StoreUnavailable(
                        f"documents of {collection.name} share values of the unique "
                        f"({', '.join(index.fields)})"
                    ) from error


def _names(connection: sqlite3.Connection, kind: str) -> set[str]:
    """Return the names of our tables or indexes; those without SQL are SQLite's own."""
    found = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = ? AND sql IS NOT NULL", (kind,)
    )
    return {name for (name,) in found}


def _rewrite(connection: sqlite3.Connection, schema: Schema, migration: Migration) -> None:
    for name, change in migration.rewrites.items():
        collection = schema.by_name[name]
        last_id = ""
        while page := _page(connection, name, last_id):
            changed = [(encode(collection, change(json.loads(text))), key) for key, text in page]
            connection.executemany(f'UPDATE "{name}" SET _doc = ? WHERE _id = ?', changed)
            last_id = page[-1][0]


def _page(connection: sqlite3.Connection, name: str, last_id: str) -> list[tuple[str, str]]:
    return connection.execute(
        f'SELECT _id, _doc FROM "{name}" WHERE _id > ? ORDER BY _id LIMIT {REWRITE_PAGE_ROWS}',
        (last_id,),
    ).fetchall()
