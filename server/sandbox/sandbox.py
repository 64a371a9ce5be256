"""The sandbox: its app, and the loops that settle refunds and deliver webhooks."""

from collections.abc import Awaitable, Callable

import structlog
import trio

from actors.ports import Clock
from server.clock import SystemClock
from server.sandbox.app import create_app
from server.sandbox.bank import Bank
from server.sandbox.config import SandboxConfig
from server.sandbox.control import Control
from server.sandbox.deliveries import Deliveries, HttpPost, Post
from server.sandbox.desk import Desk
from server.sandbox.disputes import Disputes
from server.sandbox.faults import Faults
from server.sandbox.payments import Payments
from server.sandbox.performing import Performer
from server.sandbox.refunds import Refunds
from server.sandbox.transfers import Transfers
from storage import Store, StoreError

STORE_RETRY_S = 1.0
"""After the store failed: the disk may be full for a while."""

log = structlog.get_logger()


class Sandbox:
    """A provider on a store of its own, opened with ``server.sandbox.SCHEMA``.

    ``app`` is ASGI, and serves paths under ``/sandbox/``; while it does, ``run`` must be running.
    """

    def __init__(
        self,
        store: Store,
        config: SandboxConfig,
        *,
        clock: Clock | None = None,
        post: Post | None = None,
    ) -> None:
        self._bank = Bank(store, clock or SystemClock(), config, Faults(config.faults))
        self._post = post or HttpPost()
        self._deliveries = Deliveries(self._bank, self._post)
        self._refunds = Refunds(self._bank)
        self._performer = Performer(self._bank.faults, self._deliveries.deliver_now)
        self.desk = Desk(
            bank=self._bank,
            performer=self._performer,
            payments=Payments(self._bank),
            refunds=self._refunds,
            disputes=Disputes(self._bank),
            transfers=Transfers(self._bank),
            control=Control(self._bank),
        )
        self.app = create_app(self.desk)

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Settle refunds and deliver webhooks, those of before a crash too, until cancelled."""
        try:
            async with trio.open_nursery() as loops:
                await loops.start(self._performer.run)
                loops.start_soon(_go_on, self._settle)
                loops.start_soon(_go_on, self._deliver)
                task_status.started()
        finally:
            with trio.CancelScope(shield=True):
                await self._post.aclose()

    async def _settle(self) -> None:
        while True:
            await self._bank.refund_due.wait(await self._refunds.settle_due())

    async def _deliver(self) -> None:
        async with trio.open_nursery() as sending:
            while True:
                await self._bank.webhook_due.wait(await self._deliveries.start_due(sending))


async def _go_on(loop: Callable[[], Awaitable[None]]) -> None:
    """Begin the loop again where the store fails: what it was at is still written there."""
    while True:
        try:
            await loop()
        except* StoreError:
            log.exception("sandbox_store_failed")
        await trio.sleep(STORE_RETRY_S)
