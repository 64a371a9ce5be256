"""The embedded engine: one SQLite file in the data folder, written by one thread."""

from storage.sqlite.engine import open_sqlite

__all__ = ["open_sqlite"]
