"""Blanking in the store what is purged, in the background and a few messages at a time.

Whatever ends it, the purge's document is still there and holds, and whoever opens the room next
begins anew: what is blank already is only read.
"""

import trio

from actors.kernel import Directory, Ref
from actors.room.archive import EVENTS
from actors.room.documents import message_document, message_of
from actors.room.messages import RoomMessage
from actors.room.outcomes import Scrubbed
from actors.room.purges import PURGES, Purge, end_of_purge
from actors.room.recent import blank
from storage import Conflict, Delete, OutcomeUnknown, Put, Store, StoreUnavailable

SCRUBBED_MESSAGES_PER_COMMIT = 50
SCRUB_PAUSE_S = 0.05
"""After each commit: the room's own come first."""
FAILURE_PAUSE_S = 5.0
MAX_ROOMS_AT_START = 100
"""That the server opens for this when it starts; others are scrubbed when somebody comes."""


async def scrub(
    room: Ref[RoomMessage], store: Store, room_id: str, user_id: str, purge: Purge
) -> None:
    """Blank what a user said before a purge, however long the store is out; tell the room."""
    after: int | None = 0
    while after is not None:
        pause_s = SCRUB_PAUSE_S
        try:
            after = await _scrub_some(store, room_id, user_id, purge, after)
        except (Conflict, OutcomeUnknown):
            pass  # the same are read again, and whether it is purged again meanwhile
        except StoreUnavailable:
            pause_s = FAILURE_PAUSE_S
        await trio.sleep(pause_s)
    await room.tell(Scrubbed(user_id, purge))


async def _scrub_some(
    store: Store, room_id: str, user_id: str, purge: Purge, after: int
) -> int | None:
    """Blank the next ones past an offset; give the last one's, None when it was the last of all.

    Conflict, OutcomeUnknown, StoreUnavailable.
    """
    rows = await store.find(
        EVENTS,
        {"room": room_id, "kind": "message", "user": user_id},
        sort="offset",
        after=(after + 1, ""),
        limit=SCRUBBED_MESSAGES_PER_COMMIT,
    )
    messages = [message for message in map(message_of, rows) if message.offset < purge.before]
    ops: list[Put | Delete] = [
        Put(EVENTS, message.id, message_document(room_id, blank(message)), message.version)
        for message in messages
        if not message.deleted
    ]
    more = len(messages) == SCRUBBED_MESSAGES_PER_COMMIT
    if not more:
        ops += await end_of_purge(store, room_id, user_id, purge)
    if ops:
        await store.commit(*ops)
    return messages[-1].offset if more else None


async def resume_scrubbing(store: Store, rooms: Directory[RoomMessage]) -> None:
    """Start the actors of rooms where a purge is not done: each goes on. StoreUnavailable."""
    rows = await store.find(PURGES, {}, sort="before", limit=MAX_ROOMS_AT_START)
    for room_id in {row.doc["room"] for row in rows}:
        await rooms.get_or_start(room_id)
