"""Documents and segment bytes; knows neither actors nor HTTP."""

from storage.api import (
    Conflict,
    ConflictReason,
    Cursor,
    Delete,
    Document,
    OutcomeUnknown,
    Put,
    Row,
    RuleBroken,
    Scalar,
    SchemaTooNew,
    Store,
    StoreError,
    StoreLocked,
    StoreUnavailable,
)
from storage.rules import MAX_COMMIT_OPS, MAX_DOCUMENT_BYTES, MAX_FIND_ROWS, RuleCode
from storage.sqlite import open_sqlite

__all__ = [
    "MAX_COMMIT_OPS",
    "MAX_DOCUMENT_BYTES",
    "MAX_FIND_ROWS",
    "Conflict",
    "ConflictReason",
    "Cursor",
    "Delete",
    "Document",
    "OutcomeUnknown",
    "Put",
    "Row",
    "RuleBroken",
    "RuleCode",
    "Scalar",
    "SchemaTooNew",
    "Store",
    "StoreError",
    "StoreLocked",
    "StoreUnavailable",
    "open_sqlite",
]
