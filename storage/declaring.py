"""The words in which a schema is declared: collections, indexes and migrations."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from storage.api import Document

FieldType = type[str] | type[int] | type[bool]

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Index:
    """An ordered index. Documents that lack one of its fields are not in it."""

    fields: tuple[str, ...]
    unique: bool = False


def by(*fields: str) -> Index:
    """Declare an index for finding by all fields but the last, sorted by the last."""
    return Index(fields)


def unique(*fields: str) -> Index:
    """Declare an index in which no two documents hold the same values."""
    return Index(fields, unique=True)


@dataclass(frozen=True, slots=True)
class Collection:
    """A named set of documents.

    ``fields`` are those that indexes use, with their one type each; a document may hold any
    others beside them.
    """

    name: str
    fields: Mapping[str, FieldType]
    indexes: tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered step. ``rewrites`` maps a collection to a pure function old -> new document.

    All steps that the data has not seen run in one transaction, rewrites before new indexes.
    """

    number: int
    says: str
    rewrites: Mapping[str, Callable[[Document], Document]] = field(default_factory=dict)


@dataclass(frozen=True)
class Schema:
    """What a store holds. Raises ValueError when the declarations do not fit together."""

    collections: tuple[Collection, ...]
    migrations: tuple[Migration, ...]

    def __post_init__(self) -> None:
        _require(len(self.by_name) == len(self.collections), "two collections of one name")
        numbers = [migration.number for migration in self.migrations]
        counted = numbers == list(range(1, len(numbers) + 1)) != []
        _require(counted, "migrations count 1, 2, 3, …")
        for collection in self.collections:
            _check_collection(collection)
        for migration in self.migrations:
            unknown = migration.rewrites.keys() - self.by_name.keys()
            _require(not unknown, f"migration {migration.number} rewrites unknown {unknown}")

    @cached_property
    def by_name(self) -> dict[str, Collection]:
        """The collections by their names."""
        return {collection.name: collection for collection in self.collections}

    @property
    def version(self) -> int:
        """The number of the newest migration."""
        return self.migrations[-1].number


def _check_collection(collection: Collection) -> None:
    for name in (collection.name, *collection.fields):
        _require(_NAME.fullmatch(name) is not None, f"{name!r} is not a plain lower-case name")
    _require("id" not in collection.fields, "id is the document's own id and needs no field")
    _require(len(set(collection.indexes)) == len(collection.indexes), "an index declared twice")
    for index in collection.indexes:
        unknown = set(index.fields) - collection.fields.keys()
        _require(not unknown, f"an index of {collection.name} uses undeclared {unknown}")
        distinct = len(set(index.fields)) == len(index.fields) > 0
        _require(distinct, f"an index of {collection.name} is empty or repeats a field")


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
