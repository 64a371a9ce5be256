"""The store on SQLite: checks, then hands the work to the writer thread."""

import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import trio

from storage.api import DEFAULT_FIND_ROWS, Cursor, Delete, Put, Row, Scalar, Store
from storage.declaring import Schema
from storage.rules import check_commit, check_find, check_id, collection_of
from storage.schema import SCHEMA
from storage.sqlite.statements import apply, select_document, select_documents
from storage.sqlite.writer import Writer


@asynccontextmanager
async def open_sqlite(folder: Path, schema: Schema = SCHEMA) -> AsyncIterator[Store]:
    """Open the store in a data folder, made if missing, and close it at the end of the block.

    Raises ``StoreLocked``, ``SchemaTooNew`` and ``StoreUnavailable``.
    """
    writer = Writer(folder, schema)
    try:
        await writer.start()
        yield SqliteStore(writer, schema)
    finally:
        # Shielded, or a cancelled program would leave its thread writing behind its back.
        with trio.CancelScope(shield=True):
            await writer.stop()


class SqliteStore:
    """``storage.api.Store`` on one SQLite file."""

    def __init__(self, writer: Writer, schema: Schema) -> None:
        self._writer = writer
        self._schema = schema

    async def get(self, collection: str, id: str) -> Row | None:  # noqa: A002 - the field's name
        """See ``Store.get``."""
        collection_of(self._schema, collection)
        check_id(id)
        return await self._writer.read(
            partial(select_document, collection=collection, document_id=id)
        )

    async def find(
        self,
        collection: str,
        equals: Mapping[str, Scalar],
        *,
        sort: str,
        descending: bool = False,
        after: Cursor | None = None,
        limit: int = DEFAULT_FIND_ROWS,
    ) -> list[Row]:
        """See ``Store.find``."""
        query = check_find(
            self._schema,
            collection,
            equals,
            sort=sort,
            descending=descending,
            after=after,
            limit=limit,
        )
        return await self._writer.read(partial(select_documents, query=query))

    async def commit(self, *ops: Put | Delete) -> None:
        """See ``Store.commit``."""
        texts = check_commit(self._schema, ops)
        await self._writer.write(partial(_apply_all, schema=self._schema, ops=ops, texts=texts))


def _apply_all(
    connection: sqlite3.Connection,
    schema: Schema,
    ops: tuple[Put | Delete, ...],
    texts: list[str],
) -> None:
    for op, text in zip(ops, texts, strict=True):
        apply(connection, schema, op, text)
