"""What a seller may say of a product, at first and later."""

from dataclasses import dataclass
from typing import Literal

from actors.services.rules import normal_title
from storage.api import Document

MAX_AMOUNT = 99_999_999
"""Of a price, in minor units."""
MAX_CAPACITY_SEATS = 1_000_000

Kind = Literal["ticket", "track"]
ProductStatus = Literal["on_sale", "withdrawn", "cancelled"]
Clearable = Literal["starts_at", "capacity", "refund_until"]

TICKETS_ALONE = ("starts_at", "capacity")
"""What a track cannot have."""


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
    """What to change: None stays as it is, and what ``clear`` names the product has no more."""

    title: str | None = None
    amount: int | None = None
    currency: str | None = None
    starts_at: int | None = None
    capacity: int | None = None
    refund_until: int | None = None
    status: Literal["on_sale", "withdrawn"] | None = None
    clear: frozenset[Clearable] = frozenset()


def check_draft(draft: ProductDraft, now_ms: int) -> None:
    """Refuse what is no product. ProductError invalid_request."""
    belongs, other = ("stream", "recording") if draft.kind == "ticket" else ("recording", "stream")
    if getattr(draft, belongs) is None:
        raise _invalid(f"{belongs}_id", f"a {draft.kind} needs it")
    if getattr(draft, other) is not None:
        raise _invalid(f"{other}_id", f"is nothing that a {draft.kind} has")
    _check_terms(draft.kind, draft, now_ms)


def changed(doc: Document, change: ProductChange, now_ms: int) -> Document:
    """Return a product's document as it is after a change. ProductError."""
    if doc["status"] == "cancelled":
        raise ProductError("not_on_sale", "This show was cancelled.")
    _check_terms(doc["kind"], change, now_ms)
    if change.capacity is not None and change.capacity < doc["taken"]:
        raise _invalid("capacity", f"cannot be less than the {doc['taken']} that are taken")
    changes = {
        "title": None if change.title is None else normal_title(change.title),
        "amount": change.amount,
        "currency": change.currency,
        "starts_at": change.starts_at,
        "capacity": change.capacity,
        "refund_until": change.refund_until,
        "status": change.status,
    }
    kept = {name: value for name, value in doc.items() if name not in change.clear}
    return kept | {name: value for name, value in changes.items() if value is not None}


def _check_terms(kind: Kind, said: ProductDraft | ProductChange, now_ms: int) -> None:
    if kind == "track":
        for name in TICKETS_ALONE:
            if getattr(said, name) is not None:
                raise _invalid(name, "is for tickets alone")
    if said.refund_until is not None and said.refund_until <= now_ms:
        raise _invalid("refund_until", "must be in the future")


def _invalid(field: str, fault: str) -> ProductError:
    return ProductError("invalid_request", f"{field}: {fault}", field)
