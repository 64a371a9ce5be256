"""The port: what every engine of the document store offers, and how it fails.

A document is a JSON object with an id and a version. Writes are conditional on the version that
was read, and a commit is a list of such writes rather than an open transaction: nothing is
awaited inside one, and an engine may commit the writes of many callers at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

Document = dict[str, Any]
"""A JSON object: str, int (64 bits), finite float, bool, None, lists and objects of these."""

Scalar = str | int | bool
"""What a declared field holds, and so what a document is found and sorted by."""

Cursor = tuple[Scalar, str]
"""A place in a sorted list: the sort field's value, then the document's id."""

DEFAULT_FIND_ROWS = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A stored document; ``version`` counts its writes from 1, ``doc`` is a copy of one's own."""

    id: str
    version: int
    doc: Document


@dataclass(frozen=True, slots=True)
class Put:
    """Write ``doc`` if the stored version is ``version``; 0 means that it must not exist.

    The stored version becomes ``version + 1``.
    """

    collection: str
    id: str
    doc: Document
    version: int


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove the document if its stored version is ``version`` (1 or more)."""

    collection: str
    id: str
    version: int


class StoreError(Exception):
    """Base of everything the store raises."""


class ConflictReason(StrEnum):
    """Why a conditional write did not apply."""

    EXISTS = "exists"
    """A put with version 0 found a document of that id."""
    CHANGED = "changed"
    """The stored version is another one, or the document is gone."""
    DUPLICATE = "duplicate"
    """A unique index holds these values for another document."""


class Conflict(StoreError):
    """Nothing of the commit was written, because ``op`` did not apply: read again.

    ``fields`` are those of the unique index for ``DUPLICATE``, else empty.
    """

    def __init__(
        self, op: Put | Delete, reason: ConflictReason, fields: tuple[str, ...] = ()
    ) -> None:
        where = f" on ({', '.join(fields)})" if fields else ""
        what = type(op).__name__.lower()
        super().__init__(f"{what} {op.collection}/{op.id} at version {op.version}: {reason}{where}")
        self.op = op
        self.reason = reason
        self.fields = fields


class OutcomeUnknown(StoreError):
    """The commit may or may not have landed: read by an idempotency key before trying again."""


class StoreUnavailable(StoreError):
    """The storage cannot be used now (disk full, I/O error, closed); nothing was written."""


class StoreLocked(StoreError):
    """Another process, or another store of this one, holds the data folder."""


class SchemaTooNew(StoreError):
    """The data was written by a newer program than this one."""


class RuleBroken(StoreError, ValueError):
    """What was asked is not something a store can hold or find, on any engine.

    ``code`` is one of the names in ``storage.rules.RuleCode``.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code


class Store(Protocol):
    """A document store. Every method also raises ``StoreUnavailable`` and ``RuleBroken``.

    A read sees at least every write acknowledged before it was called. Cancellation is seen
    before a call is handed to the engine; from then on the call ends with its outcome (a bounded
    wait), so no write is ever abandoned half-known.
    """

    async def get(self, collection: str, id: str) -> Row | None:  # noqa: A002 - the field's name
        """Return the document of this id, or None."""
        ...

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
        """Return documents whose fields equal ``equals``, ordered by (``sort``, id).

        ``after`` is the (sort value, id) of the last row of the page before: rows strictly past
        it come. ``(value, "")`` stands before every document with that value.
        A declared index must have exactly the fields of ``equals`` followed by ``sort``;
        ``sort`` may also be ``"id"``, or any declared field when ``equals`` is a whole unique
        index. Documents without one of those fields are not found.
        """
        ...

    async def commit(self, *ops: Put | Delete) -> None:
        """Apply all of ``ops`` in order, durably, or none.

        At most ``MAX_COMMIT_OPS``, each on another document. Raises ``Conflict`` naming the
        first op that did not apply, and ``OutcomeUnknown``.
        """
        ...
