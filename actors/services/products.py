"""Products as documents: tickets to a stream, licences of a recorded track."""

from collections.abc import Callable
from dataclasses import dataclass

from actors.ids import new_id
from actors.ports import Clock
from actors.services.access_tokens import Principal
from actors.services.pages import Page, newest
from actors.services.product_terms import (
    Kind,
    ProductChange,
    ProductDraft,
    ProductError,
    ProductStatus,
    changed,
    check_draft,
)
from actors.services.rules import normal_title
from actors.services.streams import COLLECTION as STREAMS
from actors.services.streams import MAX_STREAMS_PER_OWNER
from storage.api import Conflict, Cursor, Document, Put, Row, Store

COLLECTION = "products"
PRODUCT_PREFIX = "prd"
MAX_PRODUCTS_PER_SELLER = 500
MAX_WRITE_ATTEMPTS = 20
"""Of one change: each sale of a product changes it too."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product's document, read. ``taken`` counts what orders have, paid or still to be paid."""

    id: str
    kind: Kind
    title: str
    amount: int
    currency: str
    seller: str
    seller_name: str
    stream: str | None
    recording: str | None
    starts_at: int | None
    capacity: int | None
    refund_until: int | None
    taken: int
    status: ProductStatus
    created_at: int

    @property
    def remaining(self) -> int | None:
        """How many can still be sold; None where there is no limit."""
        return None if self.capacity is None else max(0, self.capacity - self.taken)


async def create_product(
    store: Store, clock: Clock, seller: Principal, draft: ProductDraft
) -> Product:
    """Offer a ticket to a stream, or a track that was recorded from one. ProductError."""
    now_ms = clock.now_ms()
    check_draft(draft, now_ms)
    if draft.kind == "ticket":
        await _require_own_stream(store, seller, draft.stream or "")
    else:
        await _require_own_recording(store, seller, draft.recording or "")
    await _require_room(store, seller)
    doc: Document = {
        "seller": seller.user_id,
        "seller_name": seller.name,
        "kind": draft.kind,
        "title": normal_title(draft.title),
        "amount": draft.amount,
        "currency": draft.currency,
        "taken": 0,
        "status": "on_sale",
        "created_at": now_ms,
    }
    for name in ("stream", "recording", "starts_at", "capacity", "refund_until"):
        value = getattr(draft, name)
        if value is not None:
            doc[name] = value
    product_id = new_id(PRODUCT_PREFIX)
    await store.commit(Put(COLLECTION, product_id, doc, 0))
    return read_product(Row(product_id, 1, doc))


async def update_product(
    store: Store, clock: Clock, principal: Principal, product_id: str, change: ProductChange
) -> Product:
    """Change a product of one's own. ProductError."""
    now_ms = clock.now_ms()

    def apply(doc: Document) -> Document:
        if doc["seller"] != principal.user_id:
            raise _forbidden("This product is another user's.")
        return changed(doc, change, now_ms)

    return read_product(await rewrite_product(store, product_id, apply))


async def rewrite_product(
    store: Store, product_id: str, change: Callable[[Document], Document]
) -> Row:
    """Write what ``change`` makes of the newest document, as often as others come between.

    ProductError product_not_found and what ``change`` raises; Conflict after MAX_WRITE_ATTEMPTS.
    """
    for left in reversed(range(MAX_WRITE_ATTEMPTS)):
        row = await store.get(COLLECTION, product_id)
        if row is None:
            raise product_not_found()
        doc = change(row.doc)
        try:
            await store.commit(Put(COLLECTION, product_id, doc, row.version))
        except Conflict:
            if not left:
                raise
        else:
            return Row(product_id, row.version + 1, doc)
    raise AssertionError("the last attempt returns or raises")


async def get_product(store: Store, product_id: str) -> Product:
    """Return the product of this id. ProductError product_not_found."""
    row = await store.get(COLLECTION, product_id)
    if row is None:
        raise product_not_found()
    return read_product(row)


async def list_products(store: Store, after: Cursor | None, limit: int) -> Page[Product]:
    """Return all products, the newest first."""
    return await newest(store, COLLECTION, {}, read_product, after=after, limit=limit)


async def list_by_stream(
    store: Store, stream_id: str, after: Cursor | None, limit: int
) -> Page[Product]:
    """Return the tickets of a stream, the newest first."""
    equals = {"stream": stream_id}
    return await newest(store, COLLECTION, equals, read_product, after=after, limit=limit)


async def list_by_seller(
    store: Store, seller: str, after: Cursor | None, limit: int
) -> Page[Product]:
    """Return a seller's products, the newest first."""
    equals = {"seller": seller}
    return await newest(store, COLLECTION, equals, read_product, after=after, limit=limit)


def read_product(row: Row) -> Product:
    """Read a document of the collection."""
    doc = row.doc
    return Product(
        id=row.id,
        kind=doc["kind"],
        title=doc["title"],
        amount=doc["amount"],
        currency=doc["currency"],
        seller=doc["seller"],
        seller_name=doc["seller_name"],
        stream=doc.get("stream"),
        recording=doc.get("recording"),
        starts_at=doc.get("starts_at"),
        capacity=doc.get("capacity"),
        refund_until=doc.get("refund_until"),
        taken=doc["taken"],
        status=doc["status"],
        created_at=doc["created_at"],
    )


def product_not_found() -> ProductError:
    """Say that there is no such product."""
    return ProductError("product_not_found", "There is no such product.")


async def _require_own_stream(store: Store, seller: Principal, stream_id: str) -> None:
    row = await store.get(STREAMS, stream_id)
    if row is None:
        raise ProductError("stream_not_found", "There is no such stream.")
    if row.doc["owner"] != seller.user_id:
        raise _forbidden("This stream is another user's.")


async def _require_own_recording(store: Store, seller: Principal, recording_id: str) -> None:
    rows = await store.find(
        STREAMS, {"owner": seller.user_id}, sort="created_at", limit=MAX_STREAMS_PER_OWNER
    )
    if all(row.doc.get("show") != recording_id for row in rows):
        raise ProductError("recording_not_found", "There is no such recording of yours.")


async def _require_room(store: Store, seller: Principal) -> None:
    rows = await store.find(
        COLLECTION, {"seller": seller.user_id}, sort="created_at", limit=MAX_PRODUCTS_PER_SELLER
    )
    if len(rows) >= MAX_PRODUCTS_PER_SELLER:
        raise ProductError("too_many_products", f"You have {MAX_PRODUCTS_PER_SELLER} products.")


def _forbidden(message: str) -> ProductError:
    return ProductError("forbidden", message)
