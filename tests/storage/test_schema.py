"""What Bandstand stores."""

from storage.schema import SCHEMA


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
