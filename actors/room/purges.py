"""Purges: what a user said before an offset is deleted, all of it at once.

A purge is one small document, and holds at once for all who read. What it hides is then blanked
in the store (``scrubbing``), and the document goes with the last of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from actors.room.errors import RoomError
from actors.room.events import Message, UserPurged
from actors.room.recent import blank
from storage.api import Delete, Put, Store

PURGES = "room_purges"
MAX_PURGES = 1_000
"""Users of a room whose messages are not all blanked yet."""


@dataclass(frozen=True, slots=True)
class Purge:
    """All that a user said at offsets below ``before``; ``version`` is that of the document."""

    before: int
    version: int


Purges = dict[str, Purge]
"""By user."""


def purged(message: Message, purges: Mapping[str, Purge]) -> Message:
    """Give a message as it is under these purges."""
    purge = purges.get(message.user_id)
    return message if purge is None or message.offset >= purge.before else blank(message)


def after_purge(purges: Purges, event: UserPurged) -> Purge:
    """Give what there is of the event's user once it is committed."""
    earlier = purges.get(event.user_id)
    return Purge(event.before, 1 if earlier is None else earlier.version + 1)


def put_purge(purges: Purges, event: UserPurged) -> Put:
    """Write it over an earlier one of the same user. RoomError too_many_purges."""
    if event.user_id not in purges and len(purges) >= MAX_PURGES:
        raise RoomError("too_many_purges", "Too many purges are under way. Try again later.")
    doc = {"room": event.room, "user": event.user_id, "before": event.before}
    version = after_purge(purges, event).version - 1
    return Put(PURGES, _id(event.room, event.user_id), doc, version)


async def end_of_purge(store: Store, room_id: str, user_id: str, purge: Purge) -> list[Delete]:
    """Give what removes a purge, once nothing is left for it to hide.

    Nothing where it is gone, or a later one of the user is in its place: that one is not done, and
    may have the same version, for the versions of a document that is made again begin again.
    StoreUnavailable.
    """
    row = await store.get(PURGES, _id(room_id, user_id))
    if row is None or row.doc["before"] != purge.before:
        return []
    return [Delete(PURGES, row.id, row.version)]


async def read_purges(store: Store, room_id: str) -> Purges:
    """Read what is purged and not all blanked yet. Read it before what it may hide.

    Else the last of that may be blanked, and the purge be gone, in between. StoreUnavailable.
    """
    rows = await store.find(PURGES, {"room": room_id}, sort="user", limit=MAX_PURGES)
    return {row.doc["user"]: Purge(row.doc["before"], row.version) for row in rows}


def _id(room_id: str, user_id: str) -> str:
    return f"{room_id}:{user_id}"
