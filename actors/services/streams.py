"""Streams as documents: made, found and listed. What a running one does is its actor's."""

from dataclasses import dataclass
from typing import Literal

from actors.ids import new_id
from actors.ports import Clock
from actors.services.access_tokens import Principal
from actors.services.rules import normal_description, normal_title
from actors.services.stream_keys import MAX_KEY_CHARS, StreamKeys
from storage.api import Cursor, Document, Put, Row, Store

COLLECTION = "streams"
STREAM_PREFIX = "str"
MAX_STREAMS_PER_OWNER = 100
MAX_COUNTED = 1000


Access = Literal["public", "ticket"]
Status = Literal["idle", "live", "interrupted", "ended"]


class TooManyStreams(Exception):
    """This user has MAX_STREAMS_PER_OWNER already."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream's document, read. Times are Unix milliseconds."""

    id: str
    owner: str
    owner_name: str
    title: str
    description: str
    access: Access
    status: Status
    on_air: bool
    created_at: int
    started_at: int | None
    ended_at: int | None
    key_sealed: str


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list; ``after`` is where the next one begins, None at the end."""

    items: list[Stream]
    after: Cursor | None


async def create_stream(
    store: Store,
    keys: StreamKeys,
    clock: Clock,
    owner: Principal,
    title: str,
    description: str,
    access: Access = "public",
) -> Stream:
    """Make a stream with a key of its own. ValueError for bad text; TooManyStreams."""
    owned = await store.find(
        COLLECTION, {"owner": owner.user_id}, sort="created_at", limit=MAX_STREAMS_PER_OWNER
    )
    if len(owned) >= MAX_STREAMS_PER_OWNER:
        raise TooManyStreams(f"{MAX_STREAMS_PER_OWNER} streams at most")
    stream_id = new_id(STREAM_PREFIX)
    key = keys.new_key()
    doc: Document = {
        "owner": owner.user_id,
        "owner_name": owner.name,
        "title": normal_title(title),
        "description": normal_description(description),
        "access": access,
        "status": "idle",
        "on_air": False,
        "created_at": clock.now_ms(),
        "key_hash": keys.fingerprint(key),
        "key_sealed": keys.seal(key, stream_id),
    }
    await store.commit(Put(COLLECTION, stream_id, doc, 0))
    return read_stream(Row(stream_id, 1, doc))


async def get_stream(store: Store, stream_id: str) -> Stream | None:
    """Return the stream of this id."""
    row = await store.get(COLLECTION, stream_id)
    return None if row is None else read_stream(row)


async def find_by_key(store: Store, keys: StreamKeys, stream_key: str) -> str | None:
    """Return the id of the stream with this key."""
    if len(stream_key) > MAX_KEY_CHARS:
        return None
    fingerprint = keys.fingerprint(stream_key)
    rows = await store.find(COLLECTION, {"key_hash": fingerprint}, sort="id", limit=1)
    return rows[0].id if rows else None


async def list_by_owner(store: Store, owner: str, after: Cursor | None, limit: int) -> Page:
    """Return a user's streams, the newest first."""
    return await _page(store, {"owner": owner}, "created_at", after, limit)


async def list_by_air(store: Store, on_air: bool, after: Cursor | None, limit: int) -> Page:
    """Return the streams that are on air, or those that were once: the last to start first."""
    return await _page(store, {"on_air": on_air}, "started_at", after, limit)


async def list_all(store: Store, after: Cursor | None, limit: int) -> Page:
    """Return all streams, the newest first."""
    return await _page(store, {}, "created_at", after, limit)


async def count_on_air(store: Store) -> int:
    """Count the streams on air, up to MAX_COUNTED."""
    rows = await store.find(COLLECTION, {"on_air": True}, sort="started_at", limit=MAX_COUNTED)
    return len(rows)


def read_stream(row: Row) -> Stream:
    """Read a document of the collection."""
    doc = row.doc
    return Stream(
        id=row.id,
        owner=doc["owner"],
        owner_name=doc["owner_name"],
        title=doc["title"],
        description=doc["description"],
        access=doc["access"],
        status=doc["status"],
        on_air=doc["on_air"],
        created_at=doc["created_at"],
        started_at=doc.get("started_at"),
        ended_at=doc.get("ended_at"),
        key_sealed=doc["key_sealed"],
    )


async def _page(
    store: Store, equals: dict[str, str | bool], sort: str, after: Cursor | None, limit: int
) -> Page:
    rows = await store.find(
        COLLECTION, equals, sort=sort, descending=True, after=after, limit=limit + 1
    )
    kept = rows[:limit]
    more = len(rows) > limit
    last = (kept[-1].doc[sort], kept[-1].id) if more else None
    return Page([read_stream(row) for row in kept], last)
