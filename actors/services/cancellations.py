"""The cancellation of a show, as its product's document keeps it."""

from dataclasses import dataclass
from typing import Literal

from actors.ports import Clock
from actors.services.access_tokens import Principal
from actors.services.product_terms import ProductError
from actors.services.products import (
    COLLECTION,
    product_not_found,
    rewrite_product,
)
from storage.api import Cursor, Document, Store


@dataclass(frozen=True, slots=True)
class Cancellation:
    """How far a cancellation has come, in holders of a ticket.

    ``run`` counts how often it was ordered, ``passes`` those of this run that are over.
    """

    run: int
    state: Literal["running", "done"]
    requested_at: int
    next_at: int
    passes: int = 0
    after: Cursor | None = None
    refunds_opened: int = 0
    already_refunded: int = 0
    failed: int = 0
    later: int = 0


async def begin_cancelling(
    store: Store, clock: Clock, principal: Principal, product_id: str
) -> Cancellation:
    """Take a ticket off sale for good and begin to refund it; again, where that is done.

    ProductError product_not_found, forbidden, invalid_request.
    """
    now_ms = clock.now_ms()

    def begin(doc: Document) -> Document:
        _require_seller(doc, principal)
        if doc["kind"] != "ticket":
            raise ProductError("invalid_request", "Only a show can be cancelled.")
        before = read_cancellation(doc)
        if before is not None and before.state == "running":
            return doc
        run = 1 if before is None else before.run + 1
        begun = Cancellation(run, "running", requested_at=now_ms, next_at=now_ms)
        return doc | {"status": "cancelled", "cancelling": True, "cancel": document_of(begun)}

    row = await rewrite_product(store, product_id, begin)
    return known(row.doc)


async def get_cancellation(store: Store, principal: Principal, product_id: str) -> Cancellation:
    """Tell how far it is. ProductError product_not_found, forbidden, cancel_not_found."""
    row = await store.get(COLLECTION, product_id)
    if row is None:
        raise product_not_found()
    _require_seller(row.doc, principal)
    cancellation = read_cancellation(row.doc)
    if cancellation is None:
        raise ProductError("cancel_not_found", "This show was not cancelled.")
    return cancellation


def known(doc: Document) -> Cancellation:
    """Read how far a product's cancellation is, where there is one."""
    cancellation = read_cancellation(doc)
    assert cancellation is not None, "a product that is being cancelled says how far it is"
    return cancellation


def read_cancellation(doc: Document) -> Cancellation | None:
    """Read it from a product's document, if it was cancelled."""
    members = doc.get("cancel")
    if members is None:
        return None
    after = members.get("after")
    place = None if after is None else (after["at"], after["id"])
    return Cancellation(**(members | {"after": place}))


def document_of(cancellation: Cancellation) -> Document:
    """Write it, as a part of a product's document."""
    members = {
        name: getattr(cancellation, name)
        for name in Cancellation.__dataclass_fields__
        if name != "after"
    }
    if cancellation.after is not None:
        members["after"] = {"at": cancellation.after[0], "id": cancellation.after[1]}
    return members


def _require_seller(doc: Document, principal: Principal) -> None:
    if doc["seller"] != principal.user_id and not principal.admin:
        raise ProductError("forbidden", "This product is another user's.")
