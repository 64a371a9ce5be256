"""The declarations: mistakes in them are found when the program starts."""

import pytest

from storage.declaring import Collection, Index, Migration, Schema, by, unique

FIRST = (Migration(1, "first"),)


def things(*indexes: Index, **fields: type[str]) -> Collection:
    return Collection("things", fields=fields, indexes=indexes)


@pytest.mark.parametrize(
    ("collections", "migrations", "says"),
    [
        ((things(), things()), FIRST, "one name"),
        ((things(by("rank")),), FIRST, "undeclared {'rank'}"),
        ((things(by("a", "a"), a=str),), FIRST, "repeats"),
        ((things(by()),), FIRST, "empty"),
        ((things(unique("a"), unique("a"), a=str),), FIRST, "twice"),
        ((things(id=str),), FIRST, "own id"),
        ((things(_doc=str),), FIRST, "plain"),
        ((Collection('a" --', fields={}, indexes=()),), FIRST, "plain"),
        ((things(),), (), "count 1, 2, 3"),
        ((things(),), (Migration(2, "second"),), "count 1, 2, 3"),
        ((things(),), (Migration(1, "x", {"others": dict}),), "unknown {'others'}"),
    ],
)
def test_mistakes(
    collections: tuple[Collection, ...], migrations: tuple[Migration, ...], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        Schema(collections, migrations)


def test_the_version_is_the_newest_migration() -> None:
    assert Schema((things(),), (Migration(1, "a"), Migration(2, "b"))).version == 2
