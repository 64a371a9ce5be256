"""Opening the database file: durability settings, schema, and errors in the store's own words."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from storage.api import StoreUnavailable
from storage.declaring import Schema
from storage.sqlite.migrate import migrate

BUSY_TIMEOUT_S = 5.0
"""For a backup or a shell that reads the same file; the folder's lock keeps out other stores."""
CACHED_STATEMENTS = 256


@contextmanager
def open_connection(path: Path, schema: Schema) -> Iterator[sqlite3.Connection]:
    """Open and migrate the database. Raises ``SchemaTooNew`` and ``StoreUnavailable``."""
    try:
        connection = sqlite3.connect(
            path,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,  # transactions begin where this package says so
            cached_statements=CACHED_STATEMENTS,
        )
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{path} cannot be opened: {error}") from error
    with closing(connection):
        try:
            migrate(connection, schema)
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            # FULL syncs the log at each COMMIT: acknowledged means that it survives a power cut.
            connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error as error:
            raise StoreUnavailable(f"{path} cannot be prepared: {error}") from error
        if mode != "wal":
            raise StoreUnavailable(f"{path} is on a file system without shared memory for a WAL")
        yield connection
