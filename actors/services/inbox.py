"""The inbox: every webhook of the payment provider, kept before it is acted upon.

A row is "new" until its order's actor has dealt with it and marks it "done" in the same commit;
"unmatched" is one about an order that nobody knows, or not yet.
"""

from dataclasses import asdict, dataclass

from actors.ports import Clock, PspNotice
from actors.services.orders import order_of_payment
from actors.services.pages import Page
from storage.api import Conflict, ConflictReason, Cursor, Put, Row, Store

COLLECTION = "inbox"
PAGE_ROWS = 100
MATCH_WINDOW_MS = 48 * 3600 * 1000
"""How long an unmatched row is looked at again: the provider repeats itself for a day."""


@dataclass(frozen=True, slots=True)
class Received:
    """A notice in the inbox. ``order_id`` is who is still to be told; None where nobody is."""

    notice: PspNotice
    order_id: str | None
    version: int
    is_new: bool


async def receive(store: Store, clock: Clock, notice: PspNotice) -> Received:
    """Keep a notice, once for ever: a repeated one is found by its event id.

    RuleBroken where the notice holds what cannot be stored.
    """
    known = await store.get(COLLECTION, notice.event_id)
    if known is not None:  # without a write: a provider repeats itself often
        return await _received_before(store, notice, known)
    order_id = await _order_of(store, notice)
    doc = {
        "state": _first_state(notice, order_id),
        "received_at": clock.now_ms(),
        "notice": asdict(notice),
    }
    if order_id is not None:
        doc["order"] = order_id
    try:
        await store.commit(Put(COLLECTION, notice.event_id, doc, 0))
    except Conflict as conflict:
        if conflict.reason is not ConflictReason.EXISTS:
            raise
        row = await store.get(COLLECTION, notice.event_id)
        assert row is not None, "rows of the inbox are never deleted"
        return await _received_before(store, notice, row)
    return Received(notice, order_id if doc["state"] == "new" else None, 1, is_new=True)


async def pending(store: Store, until_ms: int, after: Cursor | None) -> Page[Received]:
    """Return a page of what was received until then and is not dealt with, the oldest first."""
    rows = await store.find(
        COLLECTION, {"state": "new"}, sort="received_at", after=after, limit=PAGE_ROWS
    )
    due = [row for row in rows if row.doc["received_at"] <= until_ms]
    last = _place(due[-1]) if len(due) == PAGE_ROWS else None
    return Page([_read(row) for row in due], last)


async def rematch(store: Store, clock: Clock) -> int:
    """Look again for the orders of unmatched notices; returns how many were found."""
    since_ms = clock.now_ms() - MATCH_WINDOW_MS
    after: Cursor = (since_ms, "")
    found = 0
    while True:
        rows = await store.find(
            COLLECTION, {"state": "unmatched"}, sort="received_at", after=after, limit=PAGE_ROWS
        )
        for row in rows:
            found += await _match(store, row)
        if len(rows) < PAGE_ROWS:
            return found
        after = _place(rows[-1])


async def _received_before(store: Store, notice: PspNotice, row: Row) -> Received:
    if row.doc["state"] == "unmatched" and await _match(store, row):
        row = Row(row.id, row.version + 1, row.doc)
    return _read(row)


async def _match(store: Store, row: Row) -> bool:
    """Make an unmatched row new, where its order is known by now; changes ``row.doc`` too."""
    order_id = await _order_of(store, _notice(row))
    if order_id is None:
        return False
    row.doc.update(state="new", order=order_id)
    try:
        await store.commit(Put(COLLECTION, row.id, row.doc, row.version))
    except Conflict:
        return False  # somebody else has matched it in this moment, and tells the actor
    return True


async def _order_of(store: Store, notice: PspNotice) -> str | None:
    if notice.refund_id:
        refund = await store.get("refunds", notice.refund_id)
        if refund is not None:
            return str(refund.doc["order"])
    if notice.payment_id:
        return await order_of_payment(store, notice.payment_id)
    return None


def _first_state(notice: PspNotice, order_id: str | None) -> str:
    if notice.kind == "other":
        return "done"
    return "unmatched" if order_id is None else "new"


def _read(row: Row) -> Received:
    open_order = row.doc["order"] if row.doc["state"] == "new" else None
    return Received(_notice(row), open_order, row.version, is_new=False)


def _notice(row: Row) -> PspNotice:
    return PspNotice(**row.doc["notice"])


def _place(row: Row) -> Cursor:
    return row.doc["received_at"], row.id
