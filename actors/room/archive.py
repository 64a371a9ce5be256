"""A room in the store: its record, and its events by offset."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from actors.ids import is_id
from actors.ports import Clock
from actors.room.events import Message
from storage.api import Conflict, Document, Put, Row, Store

ROOMS = "rooms"
EVENTS = "room_events"
STREAMS = "streams"
STREAM_PREFIX = "str"
ROOM_PREFIX = "rom"
EPOCH_BYTES = 12
PAGE_EVENTS = 1_000


@dataclass(frozen=True, slots=True)
class RoomRecord:
    """A room's document. The version is the fence: a commit holds only for the one it was read at.

    ``epoch`` is made with the room and names this run of offsets.
    """

    version: int
    epoch: str
    last_offset: int
    created_at: int

    def advanced(self, messages: Sequence[Message]) -> "RoomRecord":
        """Give the record as it is once these messages are committed."""
        return replace(self, version=self.version + 1, last_offset=messages[-1].offset)


async def room_exists(store: Store, room_id: str) -> bool:
    """Whether there is such a room, or a stream whose room is made when it is first joined."""
    if is_id(room_id, STREAM_PREFIX):
        return await store.get(STREAMS, room_id) is not None
    return is_id(room_id, ROOM_PREFIX) and await store.get(ROOMS, room_id) is not None


class Archive:
    """One room's part of the store. Every method raises StoreUnavailable."""

    def __init__(self, store: Store, room_id: str, clock: Clock) -> None:
        self.room_id = room_id
        self._store = store
        self._clock = clock

    async def open(self) -> RoomRecord | None:
        """Give the room's record, made now for a stream that has none; None without a stream."""
        if not await room_exists(self._store, self.room_id):
            return None
        record = await self.read()
        if record is None:
            record = RoomRecord(0, secrets.token_urlsafe(EPOCH_BYTES), 0, self._clock.now_ms())
            try:
                await self._store.commit(self._put(record))
            except Conflict:
                return await self.read()
            record = replace(record, version=1)
        return record

    async def read(self) -> RoomRecord | None:
        """Give the room's record as it is now."""
        row = await self._store.get(ROOMS, self.room_id)
        if row is None:
            return None
        doc = row.doc
        return RoomRecord(row.version, doc["epoch"], doc["last_offset"], doc["created_at"])

    async def append(self, record: RoomRecord, messages: Sequence[Message]) -> None:
        """Commit messages that follow ``record``, all or none. Conflict, OutcomeUnknown."""
        after = replace(record, last_offset=messages[-1].offset)
        events = (Put(EVENTS, each.id, self._event(each), 0) for each in messages)
        await self._store.commit(self._put(after), *events)

    async def before(self, offset: int, limit: int) -> tuple[Message, ...]:
        """The last messages before an offset, at most ``limit``, in their order."""
        rows = await self._store.find(
            EVENTS,
            {"room": self.room_id},
            sort="offset",
            descending=True,
            after=(offset, ""),
            limit=limit,
        )
        return tuple(_message(row) for row in reversed(rows))

    async def between(self, after: int, last: int) -> tuple[Message, ...]:
        """All messages past the offset ``after`` up to ``last``."""
        found: list[Message] = []
        while after < last:
            rows = await self._store.find(
                EVENTS,
                {"room": self.room_id},
                sort="offset",
                after=(after + 1, ""),
                limit=min(last - after, PAGE_EVENTS),
            )
            if not rows:
                break
            found.extend(_message(row) for row in rows)
            after = found[-1].offset
        return tuple(found)

    async def sent_as(self, user_id: str, client_id: str) -> Message | None:
        """The message that a user sent under this client_id."""
        key = {"room": self.room_id, "user": user_id, "client_id": client_id}
        rows = await self._store.find(EVENTS, key, sort="id", limit=1)
        return _message(rows[0]) if rows else None

    def _put(self, record: RoomRecord) -> Put:
        doc: Document = {
            "epoch": record.epoch,
            "last_offset": record.last_offset,
            "created_at": record.created_at,
        }
        return Put(ROOMS, self.room_id, doc, record.version)

    def _event(self, message: Message) -> Document:
        doc: Document = {
            "room": self.room_id,
            "offset": message.offset,
            "kind": "message",
            "user": message.user_id,
            "name": message.user_name,
            "content": message.content,
            "at": message.at_ms,
        }
        if message.client_id is not None:
            doc["client_id"] = message.client_id
        return doc


def _message(row: Row) -> Message:
    doc = row.doc
    return Message(
        offset=doc["offset"],
        id=row.id,
        user_id=doc["user"],
        user_name=doc["name"],
        content=doc["content"],
        at_ms=doc["at"],
        client_id=doc.get("client_id"),
    )
