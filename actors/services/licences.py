"""Licences, as those read them who let somebody in. Only an order's actor writes them."""

from actors.services.access_tokens import Principal
from actors.services.streams import Stream
from storage.api import Row, Store

COLLECTION = "licences"
MAX_REVOKED_LICENCES = 2_000
"""Of one stream, within the life of a playback session."""


async def stream_licence(store: Store, user_id: str, stream_id: str) -> str | None:
    """Return the id of the oldest active licence of this user for this stream."""
    return await _active(store, user_id, "stream", stream_id)


async def recording_licence(store: Store, user_id: str, recording_id: str) -> str | None:
    """Return the id of the oldest active licence of this user for this recording."""
    return await _active(store, user_id, "recording", recording_id)


async def product_licence(store: Store, user_id: str, product_id: str) -> str | None:
    """Return the id of the oldest active licence that this user has bought with this product."""
    return await _active(store, user_id, "product", product_id)


async def may_attend(store: Store, principal: Principal | None, stream: Stream) -> bool:
    """Whether somebody may see a stream and be in its room."""
    if stream.access == "public":
        return True
    if principal is None:
        return False
    if principal.user_id == stream.owner or principal.admin:
        return True
    return await stream_licence(store, principal.user_id, stream.id) is not None


async def revoked_licences(store: Store, stream_id: str, since_ms: int) -> list[str]:
    """Return the ids of a stream's licences that were revoked since then, newest first."""
    rows = await store.find(
        COLLECTION,
        {"stream": stream_id},
        sort="revoked_at",
        descending=True,
        limit=MAX_REVOKED_LICENCES,
    )
    return [row.id for row in rows if _is_closed(row, since_ms)]


async def _active(store: Store, user_id: str, field: str, value: str) -> str | None:
    equals = {"user": user_id, field: value, "status": "active"}
    rows = await store.find(COLLECTION, equals, sort="created_at", limit=1)
    return rows[0].id if rows else None


def _is_closed(row: Row, since_ms: int) -> bool:
    return bool(row.doc["status"] != "active" and row.doc["revoked_at"] >= since_ms)
