"""The sweep: drives on what a lost webhook, a crash or a silent provider has left behind."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog
import trio

from actors.kernel import Directory, KernelError
from actors.ports import Clock
from actors.refund.errors import OrderError
from actors.refund.events import AccountNamed
from actors.refund.messages import Drive, Instruct, Notified, RefundMessage
from actors.services import inbox
from actors.services.inbox import Received
from actors.services.orders import list_waiting_for_account
from actors.services.show_cancelling import cancel_shows
from storage import Cursor, Store, StoreError

SWEEP_INTERVAL_S = 15.0
PAGE_ROWS = 100
MAX_ORDERS_PER_SWEEP = 5_000
MAX_CONCURRENT_ORDERS = 16
MAX_ORDERS_OF_SELLER = 500
"""Looked at when a payout account is named; older ones are looked at once a day."""
INBOX_GRACE_MS = 10_000
"""How long a webhook is left to the actor that was told of it."""

T = TypeVar("T")
Work = Callable[[], Awaitable[int]]

log = structlog.get_logger()


class Sweeper:
    """Looks again and again for what is due, until it is cancelled."""

    def __init__(self, store: Store, orders: Directory[RefundMessage], clock: Clock) -> None:
        self._store = store
        self._orders = orders
        self._clock = clock
        self._sweeping = trio.Lock()
        self._kicked = trio.Event()

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Sweep at once, then every SWEEP_INTERVAL_S; whatever the store does, go on."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._repeat_sweep)
            nursery.start_soon(self._repeat_cancelling)
            task_status.started()

    def kick(self) -> None:
        """Have the cancelled shows looked at now."""
        self._kicked.set()

    async def sweep(self, *, force: bool = False) -> int:
        """Do what is due, or (``force``) what need not wait for it; returns the jobs begun.

        StoreError.
        """
        return await self._sweep(0 if force else INBOX_GRACE_MS, force=force)

    async def account_named(self, seller: str) -> None:
        """Have sent now what waited for a seller's account, of their newest orders. StoreError."""

        async def tell(order_id: str) -> int:
            await self._orders.ask(order_id, Instruct(AccountNamed()))
            return 0

        waiting = await list_waiting_for_account(self._store, seller, MAX_ORDERS_OF_SELLER)
        await self._each(waiting, tell)

    async def _repeat_sweep(self) -> None:
        # What the last process received and did not do waits for nobody.
        await self._attempt("sweep", lambda: self._sweep(0, force=False))
        while True:
            await trio.sleep(SWEEP_INTERVAL_S)
            await self._attempt("sweep", self.sweep)

    async def _repeat_cancelling(self) -> None:
        while True:
            self._kicked = trio.Event()
            await self._attempt(
                "cancel_shows", lambda: cancel_shows(self._store, self._orders, self._clock)
            )
            with trio.move_on_after(SWEEP_INTERVAL_S):
                await self._kicked.wait()

    async def _attempt(self, what: str, work: Work) -> None:
        try:
            await work()
        except StoreError as error:
            log.warning("sweep_failed", what=what, reason=repr(error))

    async def _sweep(self, grace_ms: int, *, force: bool) -> int:
        async with self._sweeping:
            await inbox.rematch(self._store, self._clock)
            await self._tell_pending(grace_ms)
            return await self._drive(await self._waiting_orders(force=force), force=force)

    async def _tell_pending(self, grace_ms: int) -> None:
        until_ms = self._clock.now_ms() - grace_ms
        after: Cursor | None = None
        while True:
            page = await inbox.pending(self._store, until_ms, after)
            await self._each(page.items, self._tell)
            if (after := page.after) is None:
                return

    async def _tell(self, received: Received) -> int:
        assert received.order_id is not None, "what is pending has an order"
        ref = await self._orders.get_or_start(received.order_id)
        await ref.tell(Notified(received.notice, received.version))
        return 0

    async def _waiting_orders(self, *, force: bool) -> list[str]:
        """Return the orders that have something to do, the longest due first."""
        until_ms = self._clock.now_ms()
        order_ids: list[str] = []
        after: Cursor | None = None
        while len(order_ids) < MAX_ORDERS_PER_SWEEP:
            rows = await self._store.find("orders", {}, sort="due_at", after=after, limit=PAGE_ROWS)
            waiting = [row for row in rows if force or row.doc["due_at"] <= until_ms]
            order_ids += [row.id for row in waiting]
            if len(waiting) < PAGE_ROWS:
                break
            after = (rows[-1].doc["due_at"], rows[-1].id)
        return order_ids

    async def _drive(self, order_ids: list[str], *, force: bool) -> int:
        async def drive(order_id: str) -> int:
            return await self._orders.ask(order_id, Drive(force=force))

        return await self._each(order_ids, drive)

    async def _each(self, items: Sequence[T], do: Callable[[T], Awaitable[int]]) -> int:
        """Do it for all, a few at once; sums up. What fails is left to the next sweep."""
        limit = trio.CapacityLimiter(MAX_CONCURRENT_ORDERS)
        done: list[int] = []
        failures: list[str] = []

        async def run(item: T) -> None:
            async with limit:
                try:
                    done.append(await do(item))
                except (KernelError, StoreError, OrderError) as error:
                    failures.append(repr(error))

        async with trio.open_nursery() as nursery:
            for item in items:
                nursery.start_soon(run, item)
        if failures:
            log.warning("sweep_incomplete", failures=len(failures), first=failures[0])
        return sum(done)
