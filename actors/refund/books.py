"""The books: an order's case in the store, and the one commit in which all that follows is kept."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field, fields
from weakref import WeakValueDictionary

import trio

from actors.refund.case import Case, Order
from actors.refund.documents import (
    LICENCES,
    ORDERS,
    REFUNDS,
    TRANSFERS,
    Key,
    Occurrence,
    Receipt,
    documents,
    entry_document,
    event_document,
    log_id,
    read_licence,
    read_order,
    read_refund,
    read_transfer,
)
from actors.refund.errors import OrderError
from actors.refund.events import Created, Event
from actors.refund.ledger import Balance
from actors.refund.step import Decision
from actors.services.orders import hanging_on
from storage.api import Conflict, Put, Row, Store

JOURNAL = "journal"
BALANCES = "balances"
PRODUCTS = "products"
INBOX = "inbox"
EVENT_LOG = "order_events"


@dataclass(frozen=True, slots=True)
class Record:
    """A case as it is stored, with the version of each of its documents: the fence."""

    case: Case
    versions: Mapping[Key, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredBalance:
    """A seller's balance with its version, 0 where there is none yet."""

    balance: Balance
    version: int


class Books:
    """Loads and commits cases. Every method raises StoreUnavailable."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._locks: WeakValueDictionary[str, trio.Lock] = WeakValueDictionary()

    def lock_balance(self, seller: str, currency: str) -> AbstractAsyncContextManager[None]:
        """Let one order at a time post to a balance: without, they would collide and try again."""
        return self._locks.setdefault(_balance_id(seller, currency), trio.Lock())

    async def load(self, order_id: str) -> Record | None:
        """Return an order's case; None where there is no such order."""
        row = await self._store.get(ORDERS, order_id)
        if row is None:
            return None
        rows = {
            kind: await hanging_on(self._store, kind, order_id)
            for kind in (REFUNDS, LICENCES, TRANSFERS)
        }
        case = Case(
            order=read_order(row),
            refunds=tuple(read_refund(each) for each in rows[REFUNDS]),
            licences=tuple(read_licence(each) for each in rows[LICENCES]),
            transfers=tuple(read_transfer(each) for each in rows[TRANSFERS]),
        )
        versions = {(ORDERS, row.id): row.version}
        versions |= {(kind, each.id): each.version for kind in rows for each in rows[kind]}
        return Record(case, versions)

    async def balance(self, seller: str, currency: str) -> StoredBalance:
        """Return where a seller stands in a currency."""
        row = await self._store.get(BALANCES, _balance_id(seller, currency))
        if row is None:
            return StoredBalance(Balance(), 0)
        sums = {each.name: row.doc[each.name] for each in fields(Balance)}
        return StoredBalance(Balance(**sums), row.version)

    async def called_off(self, order: Order) -> tuple[str, ...]:
        """Return those products of an order whose show has been cancelled."""
        rows = [await self._store.get(PRODUCTS, line.product) for line in order.lines]
        return tuple(row.id for row in rows if row and row.doc["status"] == "cancelled")

    async def commit(
        self,
        before: Record | None,
        decision: Decision,
        occurrence: Occurrence,
        stored: StoredBalance,
    ) -> Record:
        """Commit a decision; gives the record as it is then.

        Conflict where somebody else wrote meanwhile, OutcomeUnknown, and OrderError sold_out or
        not_on_sale for a new order.
        """
        case = decision.case
        versions = dict(before.versions) if before else {}
        stored_docs = documents(before.case) if before else {}
        ops = [
            Put(*key, doc, versions.get(key, 0))
            for key, doc in documents(case).items()
            if stored_docs.get(key) != doc
        ]
        versions |= {(op.collection, op.id): op.version + 1 for op in ops}
        ops += self._postings(case.order, decision, occurrence, stored)
        ops += await self._seats(case.order, decision, occurrence.event)
        log = event_document(case, decision.says, occurrence, stored.balance)
        ops.append(Put(EVENT_LOG, log_id(case.order.id, case.order.seq), log, 0))
        if occurrence.receipt is not None:
            ops.append(await self._receipt(case.order.id, occurrence.receipt))
        await self._store.commit(*ops)
        return Record(case, versions)

    async def mark_received(self, order_id: str, receipt: Receipt) -> None:
        """Mark a webhook that changes nothing as done."""
        await self._store.commit(await self._receipt(order_id, receipt))

    async def has_seen(self, order: Order, occurrence: Occurrence) -> bool:
        """Whether a commit of which the outcome was not known has landed."""
        row = await self._store.get(EVENT_LOG, log_id(order.id, order.seq))
        return row is not None and row.doc["fresh"] == occurrence.fresh

    async def _receipt(self, order_id: str, receipt: Receipt) -> Put:
        row = await self._store.get(INBOX, receipt.event_id)
        assert row is not None, "a webhook is in the inbox before anybody hears of it"
        doc = {**row.doc, "state": "done", "order": order_id}
        return Put(INBOX, receipt.event_id, doc, receipt.version)

    def _postings(
        self, order: Order, decision: Decision, occurrence: Occurrence, stored: StoredBalance
    ) -> Iterator[Put]:
        for place, entry in enumerate(decision.entries):
            entry_id = f"jnl_{occurrence.fresh[:-1]}{place}"
            yield Put(JOURNAL, entry_id, entry_document(order, entry, occurrence.at_ms), 0)
        if decision.balance != stored.balance:
            doc = {
                "seller": order.seller,
                "currency": order.currency,
                **asdict(decision.balance),
                "updated_at": occurrence.at_ms,
            }
            yield Put(BALANCES, _balance_id(order.seller, order.currency), doc, stored.version)

    async def _seats(self, order: Order, decision: Decision, event: Event) -> list[Put]:
        wanted = dict(decision.seats)
        if isinstance(event, Created):
            wanted = {line.product: wanted.get(line.product, 0) for line in order.lines}
        ops = []
        for product, count in wanted.items():
            row = await self._store.get(PRODUCTS, product)
            if row is None:
                raise OrderError("not_on_sale", "A product of the order is gone.")
            if isinstance(event, Created):
                _check_on_sale(row, count)
            if count:
                doc = {**row.doc, "taken": max(0, row.doc["taken"] + count)}
                ops.append(Put(PRODUCTS, product, doc, row.version))
        return ops


def is_shared(conflict: Conflict) -> bool:
    """Whether the document that somebody else wrote is no order's own, so that a retry helps."""
    return conflict.op.collection in (BALANCES, PRODUCTS)


def _check_on_sale(row: Row, count: int) -> None:
    doc = row.doc
    if doc["status"] != "on_sale":
        raise OrderError("not_on_sale", f"{doc['title']} is not on sale.")
    capacity = doc.get("capacity")
    if count and capacity is not None and doc["taken"] + count > capacity:
        raise OrderError("sold_out", f"{doc['title']} is sold out.")


def _balance_id(seller: str, currency: str) -> str:
    return f"{seller}:{currency}"
