"""A room in the store: its record, its events by offset, and its messages in their present state.

A message's own event is the message: its document is amended where it is edited or deleted. The
document of such an amendment says what happened, and not what the message said before or after.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from actors.ids import is_id
from actors.ports import Clock
from actors.room.direct import is_direct
from actors.room.documents import event_document, event_of, message_document, message_of
from actors.room.events import Event, Message
from actors.room.purges import Purges, purged, read_purges
from storage.api import Conflict, Delete, Document, Put, Row, Store

ROOMS = "rooms"
EVENTS = "room_events"
STREAMS = "streams"
STREAM_PREFIX = "str"
ROOM_PREFIX = "rom"
EPOCH_BYTES = 12
SPOKEN_AT = "spoken_at"
PAGE_EVENTS = 1_000
SHOWING = ("edited", "pinned")
"""Kinds of events that show a message as it is now."""


@dataclass(frozen=True, slots=True)
class RoomRecord:
    """A room's document. The version is the fence: a commit holds only for the one it was read at.

    ``epoch`` is made with the room and names this run of offsets. ``pinned`` are messages' ids.
    ``spoken_at`` is when the last message was sent, None of a room without one. ``more`` is what
    others keep in the document.
    """

    version: int
    epoch: str
    last_offset: int
    created_at: int
    pinned: tuple[str, ...] = ()
    spoken_at: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


async def room_exists(store: Store, room_id: str) -> bool:
    """Whether there is such a room, or a stream whose room is made when it is first joined."""
    if is_id(room_id, STREAM_PREFIX):
        return await store.get(STREAMS, room_id) is not None
    made = is_id(room_id, ROOM_PREFIX) or is_direct(room_id)
    return made and await store.get(ROOMS, room_id) is not None


class Archive:
    """One room's part of the store. Every method raises StoreUnavailable."""

    def __init__(self, store: Store, room_id: str, clock: Clock) -> None:
        self.room_id = room_id
        self.store = store
        self._clock = clock

    async def open(self) -> RoomRecord | None:
        """Give the room's record, made now for a stream that has none; None without a stream."""
        if not await room_exists(self.store, self.room_id):
            return None
        record = await self.read()
        if record is None:
            record = new_record(self._clock.now_ms())
            try:
                await self.store.commit(Put(ROOMS, self.room_id, room_document(record), 0))
            except Conflict:
                return await self.read()
            record = replace(record, version=1)
        return record

    async def read(self) -> RoomRecord | None:
        """Give the room's record as it is now."""
        row = await self.store.get(ROOMS, self.room_id)
        return None if row is None else _record(row)

    async def append(
        self,
        after: RoomRecord,
        events: Sequence[Event],
        amended: Iterable[Message] = (),
        ops: Iterable[Put | Delete] = (),
    ) -> None:
        """Commit what makes the room's record ``after``, all or none. Conflict, OutcomeUnknown.

        ``after`` has the version that the record will have, an amended message its document's
        before this.
        """
        await self.store.commit(
            Put(ROOMS, self.room_id, room_document(after), after.version - 1),
            *(Put(EVENTS, each.id, event_document(each), 0) for each in events),
            *(Put(EVENTS, m.id, message_document(self.room_id, m), m.version) for m in amended),
            *ops,
        )

    async def before(self, offset: int | None, limit: int) -> tuple[Message, ...]:
        """The last messages before an offset (None: of all), at most ``limit``, in their order."""
        purges = await self.purges()
        rows = await self.store.find(
            EVENTS,
            {"room": self.room_id, "kind": "message"},
            sort="offset",
            descending=True,
            after=None if offset is None else (offset, ""),
            limit=limit,
        )
        return tuple(purged(message_of(row), purges) for row in reversed(rows))

    async def message(self, message_id: str) -> Message | None:
        """A message of this room."""
        purges = await self.purges()
        row = await self.store.get(EVENTS, message_id)
        if row is None or row.doc["room"] != self.room_id or row.doc["kind"] != "message":
            return None
        return purged(message_of(row), purges)

    async def between(self, after: int, last: int) -> tuple[Event, ...]:
        """All events past the offset ``after`` up to ``last``."""
        purges = await self.purges()
        rows: list[Row] = []
        while after < last:
            page = await self.store.find(
                EVENTS,
                {"room": self.room_id},
                sort="offset",
                after=(after + 1, ""),
                limit=min(last - after, PAGE_EVENTS),
            )
            if not page:
                break
            rows += page
            after = rows[-1].doc["offset"]
        posted = [row for row in rows if row.doc["kind"] == "message"]
        messages = {row.id: purged(message_of(row), purges) for row in posted}
        shown = [row.doc["message"] for row in rows if row.doc["kind"] in SHOWING]
        for message_id in shown:
            if message_id not in messages:
                message = await self.message(message_id)
                assert message is not None, "messages are never removed"
                messages[message_id] = message
        return tuple(event_of(row, messages) for row in rows)

    async def sent_as(self, user_id: str, client_id: str) -> Message | None:
        """The message that a user sent under this client_id."""
        key = {"room": self.room_id, "user": user_id, "client_id": client_id}
        rows = await self.store.find(EVENTS, key, sort="id", limit=1)
        return message_of(rows[0]) if rows else None

    async def purges(self) -> Purges:
        """Whose messages are deleted up to where, of those that are not all blanked yet."""
        return await read_purges(self.store, self.room_id)

    async def last_of(self, user_id: str) -> Message | None:
        """The last message of a user, or what is left of it."""
        key = {"room": self.room_id, "kind": "message", "user": user_id}
        rows = await self.store.find(EVENTS, key, sort="offset", descending=True, limit=1)
        return message_of(rows[0]) if rows else None


def new_record(created_at: int) -> RoomRecord:
    """Give the record of a new room, which no commit has written yet."""
    return RoomRecord(0, secrets.token_urlsafe(EPOCH_BYTES), 0, created_at)


def room_document(record: RoomRecord) -> Document:
    """Give a record as it is stored."""
    doc: Document = {
        **record.more,
        "epoch": record.epoch,
        "last_offset": record.last_offset,
        "created_at": record.created_at,
    }
    if record.pinned:
        doc["pinned"] = list(record.pinned)
    if record.spoken_at is not None:
        doc[SPOKEN_AT] = record.spoken_at
    return doc


def _record(row: Row) -> RoomRecord:
    more = dict(row.doc)
    return RoomRecord(
        version=row.version,
        epoch=more.pop("epoch"),
        last_offset=more.pop("last_offset"),
        created_at=more.pop("created_at"),
        pinned=tuple(more.pop("pinned", ())),
        spoken_at=more.pop(SPOKEN_AT, None),
        more=more,
    )
