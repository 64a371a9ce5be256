"""The clerk takes events into an order's record: each is decided and committed, or nothing is."""

import structlog

from actors.ids import new_id
from actors.ports import Clock
from actors.refund.books import INBOX, Books, Record, StoredBalance, is_shared
from actors.refund.case import Case
from actors.refund.decide import decide
from actors.refund.documents import Occurrence, Receipt
from actors.refund.events import Created, Event
from actors.refund.step import Decision
from storage.api import Conflict, OutcomeUnknown, StoreUnavailable

MAX_COMMIT_ATTEMPTS = 20
"""Another process's orders of the same seller may be quicker; ours wait for each other."""

log = structlog.get_logger()


class TakenBefore(Exception):
    """The webhook has been taken in already."""


class Clerk:
    """Holds the record of one order."""

    def __init__(self, order_id: str, books: Books, clock: Clock) -> None:
        self._order_id = order_id
        self._books = books
        self._clock = clock
        self._record: Record | None = None

    @property
    def case(self) -> Case | None:
        """The case as it is committed; None where there is no such order."""
        return None if self._record is None else self._record.case

    async def open(self) -> None:
        """Read the record. StoreUnavailable."""
        self._record = await self._books.load(self._order_id)

    async def take(self, event: Event, receipt: Receipt | None = None) -> None:
        """Decide an event on the newest record, and commit what follows.

        OrderError, IllegalTransition, TakenBefore, StoreUnavailable, and Conflict where a new
        order has the idempotency key of another one.
        """
        occurrence = Occurrence(event, self._clock.now_ms(), new_id("evt")[4:], receipt)
        for _ in range(MAX_COMMIT_ATTEMPTS):
            try:
                await self._take_once(occurrence)
            except Conflict as conflict:
                await self._after_conflict(conflict)
            except OutcomeUnknown:
                await self.open()
                if self.case and await self._books.has_seen(self.case.order, occurrence):
                    return
            else:
                return
        raise StoreUnavailable("the record changes faster than it can be written")

    async def acknowledge(self, receipt: Receipt) -> None:
        """Mark a webhook that changes nothing as taken in."""
        try:
            await self._books.mark_received(self._order_id, receipt)
        except (Conflict, OutcomeUnknown):
            return  # it was marked before, or else the sweep brings it again

    async def _take_once(self, occurrence: Occurrence) -> None:
        seller, currency = self._whose(occurrence.event)
        stored = await self._books.balance(seller, currency)
        decision = self._decide(occurrence, stored)
        if not (decision.entries or decision.seats):
            await self._commit(decision, occurrence, stored)
            return
        async with self._books.lock_balance(seller, currency):
            stored = await self._books.balance(seller, currency)
            await self._commit(self._decide(occurrence, stored), occurrence, stored)

    def _whose(self, event: Event) -> tuple[str, str]:
        """The balance that an event may change: a seller and a currency."""
        if self.case is not None:
            return self.case.order.seller, self.case.order.currency
        assert isinstance(event, Created), "an order begins by being made"
        return event.cart.seller, event.cart.currency

    def _decide(self, occurrence: Occurrence, stored: StoredBalance) -> Decision:
        return decide(
            self.case, occurrence.event, stored.balance, occurrence.at_ms, occurrence.fresh
        )

    async def _commit(
        self, decision: Decision, occurrence: Occurrence, stored: StoredBalance
    ) -> None:
        self._record = await self._books.commit(self._record, decision, occurrence, stored)
        log.info("order_event", order=self._order_id, says=decision.says)
        for alert in decision.alerts:
            log.error("money_alert", order=self._order_id, alert=alert)

    async def _after_conflict(self, conflict: Conflict) -> None:
        if conflict.op.collection == INBOX:
            raise TakenBefore from conflict
        if self._record is None and not is_shared(conflict):
            raise conflict
        if not is_shared(conflict):
            await self.open()  # another process has written the order: decide on that
