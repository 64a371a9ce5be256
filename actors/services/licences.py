"""Licences, as those read them who let somebody in. Only an order's actor writes them."""

from actors.services.access_tokens import Principal
from actors.services.streams import Stream
from storage.api import Cursor, Store

COLLECTION = "licences"
SESSION_LIFETIME_S = 24 * 3600
"""How long a playback session opens a ticketed stream, if its licence does."""
COMMIT_MARGIN_S = 60
"""A revocation may be committed, and a session be made, some time after the moment it names."""
LICENCES_PER_PAGE = 500


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
    return stream.access == "public" or await pass_holder(store, principal, stream) is not None


async def pass_holder(store: Store, principal: Principal | None, stream: Stream) -> str | None:
    """Return what lets somebody into a ticketed stream: the id of a licence of theirs.

    The stream's owner and admins need none, and pass by their own id.
    """
    if principal is None:
        return None
    if principal.user_id == stream.owner or principal.admin:
        return principal.user_id
    return await stream_licence(store, principal.user_id, stream.id)


async def revoked_licences(store: Store, stream_id: str, now_ms: int) -> list[str]:
    """Return the ids of a stream's licences by which a session may be about that opens no more.

    That is all that were revoked within the life of a session, the newest first.
    """
    since_ms = now_ms - (SESSION_LIFETIME_S + COMMIT_MARGIN_S) * 1000
    found: list[str] = []
    after: Cursor | None = None
    while True:
        rows = await store.find(
            COLLECTION,
            {"stream": stream_id},
            sort="revoked_at",
            descending=True,
            after=after,
            limit=LICENCES_PER_PAGE,
        )
        recent = [row for row in rows if row.doc["revoked_at"] >= since_ms]
        found += [row.id for row in recent if row.doc["status"] != "active"]
        if len(recent) < LICENCES_PER_PAGE:
            return found
        after = (recent[-1].doc["revoked_at"], recent[-1].id)


async def _active(store: Store, user_id: str, field: str, value: str) -> str | None:
    equals = {"user": user_id, field: value, "status": "active"}
    rows = await store.find(COLLECTION, equals, sort="created_at", limit=1)
    return rows[0].id if rows else None
