"""The declarations: mistakes in them are found when the program starts."""

import pytest

from storage.schema import SCHEMA, Collection, Index, Migration, Schema, by, unique

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


def test_what_the_actors_rely_on_is_declared() -> None:
    declared = {
        (collection.name, index.fields, index.unique)
        for collection in SCHEMA.collections
        for index in collection.indexes
    }
    assert declared >= {
        ("users", ("email",), True),
        ("refresh_tokens", ("user", "expires_at"), False),
        ("streams", ("key_hash",), True),
        ("streams", ("owner", "created_at"), False),
        ("streams", ("on_air", "started_at"), False),
        ("room_events", ("room", "offset"), True),
        ("room_events", ("room", "user", "client_id"), True),
    }
