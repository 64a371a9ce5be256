"""Products as documents: tickets to a stream, licences of a recorded track."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from actors.ids import new_id
from actors.ports import Clock
from actors.services.access_tokens import Principal
from actors.services.pages import Page, newest
from actors.services.rules import normal_title
from actors.services.streams import COLLECTION as STREAMS
from actors.services.streams import MAX_STREAMS_PER_OWNER
from storage.api import Conflict, Cursor, Document, Put, Row, Store

COLLECTION = "products"
PRODUCT_PREFIX = "prd"
MAX_PRODUCTS_PER_SELLER = 500
MAX_AMOUNT = 99_999_999
"""Of a price, in minor units."""
MAX_CAPACITY_SEATS = 1_000_000
MAX_WRITE_ATTEMPTS = 20
"""Of one change: each sale of a limited product changes it too."""

Kind = Literal["ticket", "track"]
ProductStatus = Literal["on_sale", "withdrawn", "cancelled"]


class ProductError(Exception):
    """It cannot be done with this product; nothing was changed.

    Codes: forbidden, stream_not_found, recording_not_found, product_not_found,
    too_many_products, not_on_sale, invalid_request (``field`` then says where).
    """

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """What a seller says of a new product. Times are Unix ms, ``amount`` is in minor units.

    ``refund_until`` is the end of the time for refunds, where it is not the usual one.
    """

    kind: Kind
    title: str
    amount: int
    currency: str
    stream: str | None = None
    recording: str | None = None
    starts_at: int | None = None
    capacity: int | None = None
    refund_until: int | None = None


@dataclass(frozen=True, slots=True)
class ProductChange:
    """What to change; None stays as it is."""

    title: str | None = None
    amount: int | None = None
    currency: str | None = None
    starts_at: int | None = None
    capacity: int | None = None
    refund_until: int | None = None
    status: Literal["on_sale", "withdrawn"] | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """A product's document, read. ``taken`` counts the seats of orders, where they are limited."""

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
    _check_shape(draft)
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
        "created_at": clock.now_ms(),
    }
    for name in ("stream", "recording", "starts_at", "capacity", "refund_until"):
        value = getattr(draft, name)
        if value is not None:
            doc[name] = value
    product_id = new_id(PRODUCT_PREFIX)
    await store.commit(Put(COLLECTION, product_id, doc, 0))
    return read_product(Row(product_id, 1, doc))


async def update_product(
    store: Store, principal: Principal, product_id: str, change: ProductChange
) -> Product:
    """Change a product of one's own. ProductError."""

    def apply(doc: Document) -> Document:
        return _changed(doc, principal, change)

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


def _check_shape(draft: ProductDraft) -> None:
    belongs, other = ("stream", "recording") if draft.kind == "ticket" else ("recording", "stream")
    if getattr(draft, belongs) is None:
        raise _invalid(f"{belongs}_id", f"a {draft.kind} needs it")
    if getattr(draft, other) is not None:
        raise _invalid(f"{other}_id", f"is nothing that a {draft.kind} has")
    if draft.kind == "track":
        for name in ("starts_at", "capacity"):
            if getattr(draft, name) is not None:
                raise _invalid(name, "is for tickets alone")


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


def _changed(doc: Document, principal: Principal, change: ProductChange) -> Document:
    if doc["seller"] != principal.user_id:
        raise _forbidden("This product is another user's.")
    if doc["status"] == "cancelled":
        raise ProductError("not_on_sale", "This show was cancelled.")
    if doc["kind"] == "track" and change.starts_at is not None:
        raise _invalid("starts_at", "is for tickets alone")
    if change.capacity is not None:
        # Seats are counted only where there is a limit, so none can be set after the first sale.
        if "capacity" not in doc:
            raise _invalid("capacity", "cannot be set where there was none from the beginning")
        if change.capacity < doc["taken"]:
            raise _invalid("capacity", f"cannot be less than the {doc['taken']} that are taken")
    title = None if change.title is None else normal_title(change.title)
    changes = {
        "title": title,
        "amount": change.amount,
        "currency": change.currency,
        "starts_at": change.starts_at,
        "capacity": change.capacity,
        "refund_until": change.refund_until,
        "status": change.status,
    }
    return doc | {name: value for name, value in changes.items() if value is not None}


def _forbidden(message: str) -> ProductError:
    return ProductError("forbidden", message)


def _invalid(field: str, fault: str) -> ProductError:
    return ProductError("invalid_request", f"{field}: {fault}", field)
