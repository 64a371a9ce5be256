"""Licences as an order's actor writes them, for tests of those who read them."""

from typing import Any

from actors.ids import new_id
from storage import Put, Store


async def give_licence(store: Store, user_id: str, stream_id: str, **fields: Any) -> str:
    """Commit an active licence for a stream, unless ``fields`` say otherwise; give its id."""
    licence_id = new_id("lic")
    doc = {
        "order": new_id("ord"),
        "user": user_id,
        "seller": "usr_" + "0" * 26,
        "product": new_id("prd"),
        "stream": stream_id,
        "status": "active",
        "created_at": 1,
    }
    await store.commit(Put("licences", licence_id, doc | fields, 0))
    return licence_id


async def take_licence(store: Store, licence_id: str, at_ms: int, status: str = "revoked") -> None:
    """Commit that a licence opens nothing any more."""
    await _change(store, licence_id, {"status": status, "revoked_at": at_ms})


async def restore_licence(store: Store, licence_id: str) -> None:
    """Commit that a licence opens its stream again, as after a refund that came back."""
    await _change(store, licence_id, {"status": "active", "revoked_at": None})


async def _change(store: Store, licence_id: str, fields: dict[str, Any]) -> None:
    row = await store.get("licences", licence_id)
    assert row is not None
    doc = {name: value for name, value in (row.doc | fields).items() if value is not None}
    await store.commit(Put("licences", licence_id, doc, row.version))
