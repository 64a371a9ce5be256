"""A room's rules, read from the store."""

from collections.abc import Iterable

from actors.room.direct import is_direct
from actors.room.moderation.approval import PENDING, pending_of
from actors.room.moderation.people import Person, Role
from actors.room.moderation.rules import (
    MAX_MODERATORS,
    ROLES,
    SETTINGS,
    Moderator,
    Rules,
    moderator_of,
    settings_of,
)
from actors.room.moderation.sanctions import MAX_SANCTIONS, SANCTIONS, sanction_of
from storage.api import Cursor, Row, Store

ROOMS = "rooms"
STREAMS = "streams"
USERS = "users"
PAGE_ROWS = 1_000
MAX_KEPT_PENDING = 1_000
"""Read at most: those that wait are fewer, but some may not be cleared away yet."""


async def read_rules(store: Store, room_id: str) -> Rules:
    """Read what holds in a room. StoreUnavailable.

    The owner of a stream owns its room; one's own room has its maker in its document.
    """
    settings = await store.get(SETTINGS, room_id)
    sanctions = [sanction_of(row) for row in await _all(store, SANCTIONS, room_id, MAX_SANCTIONS)]
    pending = [pending_of(row) for row in await _all(store, PENDING, room_id, MAX_KEPT_PENDING)]
    return Rules(
        room_id=room_id,
        owner=await owner_of(store, room_id),
        moderators=await read_moderators(store, room_id),
        sanctions={each.key: each for each in sanctions},
        pending={each.id: each for each in pending},
        **settings_of(settings),
    )


async def owner_of(store: Store, room_id: str) -> str | None:
    """Give whose room it is. StoreUnavailable."""
    row = await store.get(STREAMS, room_id) or await store.get(ROOMS, room_id)
    return None if row is None else row.doc.get("owner")


async def read_settings(store: Store, room_id: str) -> Rules:
    """Read a room's modes and words alone, as rules without people. StoreUnavailable."""
    return Rules(room_id, **settings_of(await store.get(SETTINGS, room_id)))


async def read_role(store: Store, room_id: str, person: Person) -> Role:
    """Read what somebody is in a room, without asking its actor. StoreUnavailable."""
    user = person.user_id
    if user is None:
        return Role.GUEST
    if is_direct(room_id):
        return Role.MEMBER
    if person.admin or user == await owner_of(store, room_id):
        return Role.OWNER
    row = await store.get(ROLES, f"{room_id}:{user}")
    return Role.MEMBER if row is None else Role.MODERATOR


async def read_moderators(store: Store, room_id: str) -> dict[str, Moderator]:
    """Read whom the owner has made a moderator, by user id. StoreUnavailable."""
    found = [moderator_of(row) for row in await _all(store, ROLES, room_id, MAX_MODERATORS)]
    return {each.user_id: each for each in found}


async def read_names(store: Store, user_ids: Iterable[str]) -> dict[str, str]:
    """Read what users are called, by id, for what was written down without. StoreUnavailable."""
    rows = [await store.get(USERS, user_id) for user_id in dict.fromkeys(user_ids)]
    return {row.id: row.doc["name"] for row in rows if row is not None}


async def _all(store: Store, collection: str, room_id: str, most: int) -> list[Row]:
    rows: list[Row] = []
    after: Cursor | None = None
    while len(rows) < most:
        limit = min(most - len(rows), PAGE_ROWS)
        page = await store.find(collection, {"room": room_id}, sort="at", after=after, limit=limit)
        rows += page
        if len(page) < limit:
            break
        after = (page[-1].doc["at"], page[-1].id)
    return rows
