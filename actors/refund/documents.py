"""How a case, an entry and an event are written in the store, and read from it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import TypeAdapter

from actors.refund.case import Case, Licence, Order, Refund, Transfer
from actors.refund.events import EVENTS, Event
from actors.refund.ledger import Balance, Entry
from storage.api import Document, Row

ORDERS = "orders"
REFUNDS = "refunds"
LICENCES = "licences"
TRANSFERS = "transfers"

_ORDER: TypeAdapter[Order] = TypeAdapter(Order)
_REFUND: TypeAdapter[Refund] = TypeAdapter(Refund)
_LICENCE: TypeAdapter[Licence] = TypeAdapter(Licence)
_TRANSFER: TypeAdapter[Transfer] = TypeAdapter(Transfer)

Key = tuple[str, str]
"""A collection and an id."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The inbox's row of the webhook that is being taken in."""

    event_id: str
    version: int


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event with its time, a ULID of its own, and the webhook that it came by."""

    event: Event
    at_ms: int
    fresh: str
    receipt: Receipt | None = None


def documents(case: Case) -> dict[Key, Document]:
    """Write a case as its documents."""
    order = case.order
    common = {"order": order.id, "seller": order.seller}
    money = {**common, "currency": order.currency}
    docs: dict[Key, Document] = {(ORDERS, order.id): _order_doc(order)}
    for refund in case.refunds:
        more = {"payment": order.payment.id, "buyer": order.buyer, "shares": dict(refund.shares)}
        docs[REFUNDS, refund.id] = _doc(_REFUND, refund, money, more)
    for licence in case.licences:
        docs[LICENCES, licence.id] = _doc(_LICENCE, licence, common, {"user": order.buyer})
    for transfer in case.transfers:
        docs[TRANSFERS, transfer.id] = _doc(_TRANSFER, transfer, money, {})
    return docs


def read_order(row: Row) -> Order:
    """Read an order's document."""
    return _ORDER.validate_python(_with_id(row))


def read_refund(row: Row) -> Refund:
    """Read a refund's document."""
    doc = _with_id(row)
    return _REFUND.validate_python({**doc, "shares": tuple(doc["shares"].items())})


def read_licence(row: Row) -> Licence:
    """Read a licence's document."""
    return _LICENCE.validate_python(_with_id(row))


def read_transfer(row: Row) -> Transfer:
    """Read a transfer's document."""
    return _TRANSFER.validate_python(_with_id(row))


def entry_document(order: Order, entry: Entry, at_ms: int) -> Document:
    """Write an entry of the journal."""
    return {
        "cause": entry.cause,
        "kind": entry.kind,
        "order": order.id,
        "seller": order.seller,
        "currency": order.currency,
        "at": at_ms,
        "legs": [{"account": str(leg.account), "amount": leg.amount} for leg in entry.legs],
        "seller_delta": entry.seller_delta,
    }


def event_document(
    case: Case, says: tuple[str, ...], occurrence: Occurrence, balance: Balance
) -> Document:
    """Write an event of an order's log; ``balance`` is what it was decided on."""
    return {
        "order": case.order.id,
        "seq": case.order.seq,
        "at": occurrence.at_ms,
        "fresh": occurrence.fresh,
        "event": EVENTS.dump_python(occurrence.event, mode="json"),
        "balance": asdict(balance),
        "says": list(says),
    }


def log_id(order_id: str, seq: int) -> str:
    """Name the log's document of an order's event; they sort by their number."""
    return f"{order_id}:{seq:06}"


def _order_doc(order: Order) -> Document:
    due = [job.due_at for job in order.jobs]
    more = {
        "payment_id": order.payment.id,
        "disputed": order.disputed,
        "refund_until": order.refund_deadline,
        "due_at": min(due) if due else None,
    }
    return _doc(_ORDER, order, {}, more)


def _doc(adapter: TypeAdapter[Any], value: Any, *more: Mapping[str, Any]) -> Document:
    """Write a value as a document: without its id, and without what it does not have."""
    doc: Document = adapter.dump_python(value, mode="json")
    for each in more:
        doc.update(each)
    del doc["id"]
    return {name: item for name, item in doc.items() if item is not None}


def _with_id(row: Row) -> Document:
    return {**row.doc, "id": row.id}
