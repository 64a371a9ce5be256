"""Orders, and what hangs on them, as those read them who show them. Their actors write them."""

from dataclasses import dataclass
from typing import Literal

from actors.services.pages import Page, newest
from actors.services.product_terms import Kind
from storage.api import Cursor, Document, Row, Store

SENDING = "send_transfer"
"""The kind of job that sends a seller's share."""
COLLECTION = "orders"
MAX_PARTS = 200
"""Of one kind, of one order: more than the bounds of refunds, lines and transfers add up to."""

MAX_EVENTS = 2000
"""Of one order, as they are read: one has some dozens."""

OrderStatus = Literal[
    "created", "completed", "payment_failed", "refund_pending", "refunded", "partially_refunded"
]
LicenceStatus = Literal["active", "suspended", "revoked"]
RefundWord = Literal["pending", "succeeded", "failed", "reversed"]
CLOSED_REFUNDS: dict[str, RefundWord] = {
    "succeeded": "succeeded",
    "failed": "failed",
    "reversed": "reversed",
}


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One product as it was bought; ``amount`` in minor units."""

    product: str
    kind: Kind
    title: str
    amount: int
    stream: str | None
    recording: str | None


@dataclass(frozen=True, slots=True)
class Payment:
    """How an order is paid; ``pay_url`` is "" until the provider has named it."""

    id: str
    status: str
    pay_url: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order's document, read. Times are Unix ms, amounts minor units of ``currency``."""

    id: str
    status: OrderStatus
    buyer: str
    buyer_name: str
    seller: str
    seller_name: str
    currency: str
    amount: int
    fee: int
    lines: tuple[OrderLine, ...]
    payment: Payment
    request_hash: str
    created_at: int
    paid_at: int | None
    refund_until: int | None
    """Until when a refund can be asked for; None before it is paid, if no product says so."""
    disputed: bool


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund's document, read. ``shares`` says how much of each product is given back."""

    id: str
    order: str
    status: str
    amount: int
    currency: str
    shares: dict[str, int]
    reason: str
    cause: str
    requested_by: str
    psp_id: str | None
    error_code: str
    error_message: str
    note: str
    created_at: int
    succeeded_at: int | None

    @property
    def is_open(self) -> bool:
        """Whether its end is not known yet."""
        return self.status not in CLOSED_REFUNDS

    @property
    def word(self) -> RefundWord:
        """What a buyer is told: pending for all that is open."""
        return CLOSED_REFUNDS.get(self.status, "pending")


@dataclass(frozen=True, slots=True)
class Licence:
    """What an order has opened for its buyer."""

    id: str
    product: str
    status: LicenceStatus


@dataclass(frozen=True, slots=True)
class Transfer:
    """The seller's share on its way; ``reversed`` of it was taken back.

    ``reversing`` is what has been asked back and not been answered.
    """

    id: str
    order: str
    amount: int
    currency: str
    status: str
    reversed: int
    reversing: int
    created_at: int
    paid_at: int | None


@dataclass(frozen=True, slots=True)
class Parts:
    """What hangs on one order, the oldest first."""

    refunds: tuple[Refund, ...]
    licences: tuple[Licence, ...]
    transfers: tuple[Transfer, ...]

    @property
    def open_refund(self) -> Refund | None:
        """The refund whose end is not known yet: one at most."""
        return next((refund for refund in self.refunds if refund.is_open), None)

    def refunded(self, product: str) -> int:
        """How much of this product's price was given back."""
        succeeded = (refund for refund in self.refunds if refund.status == "succeeded")
        return sum(refund.shares.get(product, 0) for refund in succeeded)


async def get_order(store: Store, order_id: str) -> Order | None:
    """Return the order of this id."""
    row = await store.get(COLLECTION, order_id)
    return None if row is None else read_order(row)


async def find_by_key(store: Store, buyer: str, idempotency_key: str) -> Order | None:
    """Return the order that this buyer made with this key."""
    equals = {"buyer": buyer, "idempotency_key": idempotency_key}
    rows = await store.find(COLLECTION, equals, sort="id", limit=1)
    return read_order(rows[0]) if rows else None


async def order_of_payment(store: Store, payment_id: str) -> str | None:
    """Return the id of the order that is paid by this payment."""
    rows = await store.find(COLLECTION, {"payment_id": payment_id}, sort="id", limit=1)
    return rows[0].id if rows else None


async def list_waiting_for_account(store: Store, seller: str, limit: int) -> list[str]:
    """Return those of a seller's newest ``limit`` orders that have a share to be sent."""
    rows = await store.find(
        COLLECTION, {"seller": seller}, sort="created_at", descending=True, limit=limit
    )
    return [row.id for row in rows if any(job["kind"] == SENDING for job in row.doc["jobs"])]


async def list_by_buyer(store: Store, buyer: str, after: Cursor | None, limit: int) -> Page[Order]:
    """Return what somebody bought, the newest first."""
    equals = {"buyer": buyer}
    return await newest(store, COLLECTION, equals, read_order, after=after, limit=limit)


async def list_by_seller(
    store: Store, seller: str, after: Cursor | None, limit: int
) -> Page[Order]:
    """Return what somebody sold, the newest first."""
    equals = {"seller": seller}
    return await newest(store, COLLECTION, equals, read_order, after=after, limit=limit)


async def parts_of(store: Store, order_id: str) -> Parts:
    """Return the refunds, licences and transfers of an order."""
    return Parts(
        refunds=tuple(read_refund(row) for row in await hanging_on(store, "refunds", order_id)),
        licences=tuple(_licence(row) for row in await hanging_on(store, "licences", order_id)),
        transfers=tuple(
            read_transfer(row) for row in await hanging_on(store, "transfers", order_id)
        ),
    )


async def get_refund(store: Store, refund_id: str) -> Refund | None:
    """Return the refund of this id."""
    row = await store.get("refunds", refund_id)
    return None if row is None else read_refund(row)


async def events_of(store: Store, order_id: str) -> list[Document]:
    """Return what happened to an order, in its order; MAX_EVENTS at most."""
    rows = await store.find("order_events", {"order": order_id}, sort="seq", limit=MAX_EVENTS)
    return [row.doc for row in rows]


def read_order(row: Row) -> Order:
    """Read a document of the collection."""
    doc = row.doc
    return Order(
        id=row.id,
        status=doc["status"],
        buyer=doc["buyer"],
        buyer_name=doc["buyer_name"],
        seller=doc["seller"],
        seller_name=doc["seller_name"],
        currency=doc["currency"],
        amount=doc["amount"],
        fee=doc["fee"],
        lines=tuple(_line(line) for line in doc["lines"]),
        payment=_payment(doc["payment"]),
        request_hash=doc["request_hash"],
        created_at=doc["created_at"],
        paid_at=doc.get("paid_at"),
        refund_until=doc.get("refund_until"),
        disputed=doc["disputed"],
    )


def read_refund(row: Row) -> Refund:
    """Read a document of the refunds."""
    doc = row.doc
    return Refund(
        id=row.id,
        order=doc["order"],
        status=doc["status"],
        amount=doc["amount"],
        currency=doc["currency"],
        shares=doc["shares"],
        reason=doc["reason"],
        cause=doc["cause"],
        requested_by=doc["requested_by"],
        psp_id=doc.get("psp_id"),
        error_code=doc["error_code"],
        error_message=doc["error_message"],
        note=doc["note"],
        created_at=doc["created_at"],
        succeeded_at=doc.get("succeeded_at"),
    )


def read_transfer(row: Row) -> Transfer:
    """Read a document of the transfers."""
    doc = row.doc
    return Transfer(
        id=row.id,
        order=doc["order"],
        amount=doc["amount"],
        currency=doc["currency"],
        status=doc["status"],
        reversed=_taken_back(doc, "confirmed"),
        reversing=_taken_back(doc, "asked"),
        created_at=doc["created_at"],
        paid_at=doc.get("paid_at"),
    )


def _taken_back(transfer: Document, status: str) -> int:
    return sum(each["amount"] for each in transfer["reversals"] if each["status"] == status)


async def hanging_on(store: Store, collection: str, order_id: str) -> list[Row]:
    """Return an order's documents of one collection, the oldest first. StoreUnavailable."""
    return await store.find(collection, {"order": order_id}, sort="created_at", limit=MAX_PARTS)


def _line(line: Document) -> OrderLine:
    return OrderLine(
        product=line["product"],
        kind=line["kind"],
        title=line["title"],
        amount=line["amount"],
        stream=line.get("stream"),
        recording=line.get("recording"),
    )


def _payment(payment: Document) -> Payment:
    return Payment(payment["id"], payment["status"], payment.get("pay_url", ""))


def _licence(row: Row) -> Licence:
    return Licence(row.id, row.doc["product"], row.doc["status"])
