"""Cancelling a show: its ticket goes off sale, and everybody who holds one gets a refund.

It goes in passes over the active licences. Each holder's refund is asked of their order's actor,
one by one; who gets none now (another refund of that order is open, the store is away) is asked
again in the next pass. Passes go on for a while after everybody was asked, for those who pay in
that moment and for refunds that the provider takes on and then fails. How far a pass has come is
kept with the product, so that a new process goes on where the last one stopped.
"""

from collections import Counter
from dataclasses import replace
from enum import StrEnum

import structlog
import trio

from actors.kernel import Directory, KernelError
from actors.ports import Clock
from actors.refund.errors import OrderError
from actors.refund.messages import RefundMessage, RequestRefund
from actors.services.cancellations import Cancellation, document_of, known
from actors.services.orders import Refund, get_order, parts_of
from actors.services.products import COLLECTION, rewrite_product
from storage.api import Cursor, Document, Row, Store, StoreError

PAGE_ROWS = 50
MAX_CONCURRENT_REFUNDS = 8
REFUND_TIMEOUT_S = 15.0
"""Longer than an order's actor waits for the provider."""
FIRST_PAUSE_MS = 60_000
LONGEST_PAUSE_MS = 3_600_000
WATCH_MS = 24 * 3600 * 1000
"""From the beginning, how long passes go on after everybody was asked."""
REASON = "The show was cancelled."
CAUSE = "show_cancelled"

log = structlog.get_logger()


class Outcome(StrEnum):
    """What became of one holder's refund."""

    OPENED = "opened"
    UNDER_WAY = "under_way"  # opened by this cancellation before
    ALREADY = "already"  # by somebody else, before it
    LATER = "later"
    FAILED = "failed"


async def cancel_shows(store: Store, orders: Directory[RefundMessage], clock: Clock) -> int:
    """Go on with every cancellation that is due; returns how many refunds were opened."""
    after: Cursor | None = None
    opened = 0
    while True:
        rows = await store.find(
            COLLECTION, {"cancelling": True}, sort="created_at", after=after, limit=PAGE_ROWS
        )
        for row in rows:
            if known(row.doc).next_at <= clock.now_ms():
                opened += await _Pass(store, orders, clock, row).run()
        if len(rows) < PAGE_ROWS:
            return opened
        after = (rows[-1].doc["created_at"], rows[-1].id)


class _Overtaken(Exception):
    """The cancellation was ordered anew while a pass of the run before was on its way."""


class _Pass:
    """One pass over the holders of one ticket, from where it was left."""

    def __init__(
        self, store: Store, orders: Directory[RefundMessage], clock: Clock, product: Row
    ) -> None:
        self._store = store
        self._orders = orders
        self._clock = clock
        self._product = product.id
        self._seller: str = product.doc["seller"]
        self._now = known(product.doc)

    async def run(self) -> int:
        """Ask for each holder's refund; returns how many were opened."""
        opened = 0
        try:
            if self._now.passes == 0 and self._now.after is None:
                await self._count_refunded()
            while True:
                holders = await self._holders()
                outcomes = await self._refund(holders)
                opened += outcomes[Outcome.OPENED]
                await self._save(self._counted(outcomes, holders))
                if len(holders) < PAGE_ROWS:
                    await self._save(self._ended())
                    return opened
        except _Overtaken:
            return opened

    async def _holders(self) -> list[Row]:
        equals = {"product": self._product, "status": "active"}
        return await self._store.find(
            "licences", equals, sort="created_at", after=self._now.after, limit=PAGE_ROWS
        )

    async def _refund(self, holders: list[Row]) -> Counter[Outcome]:
        outcomes: Counter[Outcome] = Counter()
        limit = trio.CapacityLimiter(MAX_CONCURRENT_REFUNDS)

        async def refund(licence: Row) -> None:
            async with limit:
                outcomes[await self._outcome(licence)] += 1

        async with trio.open_nursery() as nursery:
            for licence in holders:
                nursery.start_soon(refund, licence)
        return outcomes

    async def _outcome(self, licence: Row) -> Outcome:
        question = RequestRefund(
            self._seller, False, REASON, products=(self._product,), cause=CAUSE
        )
        order_id: str = licence.doc["order"]
        try:
            await self._orders.ask(order_id, question, timeout_s=REFUND_TIMEOUT_S)
        except OrderError as error:
            return await self._why_not(licence, error)
        except (KernelError, StoreError) as error:
            log.warning("cancel_refund_put_off", order=order_id, reason=repr(error))
            return Outcome.LATER
        return Outcome.OPENED

    async def _why_not(self, licence: Row, error: OrderError) -> Outcome:
        order_id: str = licence.doc["order"]
        if error.code == "refund_already_requested":
            refund = await self._refund_under_way(order_id)
            if refund is None:
                return Outcome.LATER
            return Outcome.UNDER_WAY if refund.cause == CAUSE else Outcome.ALREADY
        now = await self._store.get("licences", licence.id)
        if now is None or now.doc["status"] != "active":
            return Outcome.ALREADY
        log.warning("cancel_refund_failed", order=order_id, code=error.code)
        return Outcome.FAILED

    async def _refund_under_way(self, order_id: str) -> Refund | None:
        """Return the open refund of an order, if it gives back all that is left of the ticket."""
        order, parts = await get_order(self._store, order_id), await parts_of(self._store, order_id)
        refund = parts.open_refund
        if order is None or refund is None:
            return None
        price = sum(line.amount for line in order.lines if line.product == self._product)
        left = price - parts.refunded(self._product)
        return refund if refund.shares.get(self._product, 0) >= left else None

    async def _count_refunded(self) -> None:
        """Count those who hold no active licence any more when a run begins."""
        for status in ("revoked", "suspended"):
            after: Cursor | None = None
            while True:
                equals = {"product": self._product, "status": status}
                rows = await self._store.find(
                    "licences", equals, sort="created_at", after=after, limit=PAGE_ROWS
                )
                self._now = replace(
                    self._now, already_refunded=self._now.already_refunded + len(rows)
                )
                if len(rows) < PAGE_ROWS:
                    break
                after = (rows[-1].doc["created_at"], rows[-1].id)

    def _counted(self, outcomes: Counter[Outcome], holders: list[Row]) -> Cancellation:
        now = self._now
        first = now.passes == 0  # a later one meets again what this one has counted
        found = outcomes[Outcome.UNDER_WAY] if first else 0
        last = (holders[-1].doc["created_at"], holders[-1].id) if holders else now.after
        fresh = now.after is None
        return replace(
            now,
            after=last,
            refunds_opened=now.refunds_opened + outcomes[Outcome.OPENED] + found,
            already_refunded=now.already_refunded + (outcomes[Outcome.ALREADY] if first else 0),
            failed=outcomes[Outcome.FAILED] + (0 if fresh else now.failed),
            later=outcomes[Outcome.LATER] + (0 if fresh else now.later),
        )

    def _ended(self) -> Cancellation:
        now = self._now
        pause_ms = min(FIRST_PAUSE_MS << now.passes, LONGEST_PAUSE_MS)
        return replace(
            now,
            state="running" if now.later else "done",
            passes=now.passes + 1,
            after=None,
            next_at=self._clock.now_ms() + pause_ms,
        )

    async def _save(self, progress: Cancellation) -> None:
        def write(doc: Document) -> Document:
            if known(doc).run != progress.run:
                raise _Overtaken
            doc = doc | {"cancel": document_of(progress)}
            if progress.state == "done" and progress.next_at > progress.requested_at + WATCH_MS:
                del doc["cancelling"]
            return doc

        await rewrite_product(self._store, self._product, write)
        self._now = progress
