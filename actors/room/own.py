"""Rooms of one's own, which belong to no stream."""

from dataclasses import dataclass, replace

from actors.ids import new_id
from actors.ports import Clock
from actors.room.archive import ROOM_PREFIX, ROOMS, new_record, room_document
from actors.room.errors import RoomError
from actors.services.access_tokens import Principal
from actors.services.pages import Page, newest
from actors.services.rules import normal_title
from storage.api import Cursor, Put, Row, Store

MAX_ROOMS_PER_OWNER = 20


@dataclass(frozen=True, slots=True)
class OwnRoom:
    """A room of somebody's own. ``created_at`` is Unix time in milliseconds."""

    id: str
    owner: str
    owner_name: str
    title: str
    created_at: int


async def create_room(store: Store, clock: Clock, owner: Principal, title: str) -> OwnRoom:
    """Make a room. ValueError for a bad title; RoomError too_many_rooms; StoreError."""
    owned = await store.find(
        ROOMS, {"owner": owner.user_id}, sort="created_at", limit=MAX_ROOMS_PER_OWNER
    )
    if len(owned) >= MAX_ROOMS_PER_OWNER:
        raise RoomError("too_many_rooms", f"You have {MAX_ROOMS_PER_OWNER} rooms already.")
    about = {"owner": owner.user_id, "owner_name": owner.name, "title": normal_title(title)}
    record = replace(new_record(clock.now_ms()), more=about)
    room_id = new_id(ROOM_PREFIX)
    doc = room_document(record)
    await store.commit(Put(ROOMS, room_id, doc, 0))
    return own_room_of(Row(room_id, 1, doc))


async def list_rooms(store: Store, owner: str, after: Cursor | None, limit: int) -> Page[OwnRoom]:
    """Return a user's own rooms, the newest first. StoreUnavailable."""
    return await newest(store, ROOMS, {"owner": owner}, own_room_of, after=after, limit=limit)


def own_room_of(row: Row) -> OwnRoom:
    """Read a room that somebody made."""
    doc = row.doc
    return OwnRoom(row.id, doc["owner"], doc["owner_name"], doc["title"], doc["created_at"])
