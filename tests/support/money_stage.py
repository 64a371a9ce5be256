"""A stage on which a schedule is played: each step by its name, and at the end the way to rest."""

import sys
from collections.abc import AsyncIterator, Iterable, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import structlog
import trio

from actors.ports import PspNotice
from actors.refund import Terms
from actors.refund.refund_machine import RefundStatus
from storage.api import StoreUnavailable
from support.late_world import FINAL
from support.money_kept import read_all
from support.money_rules import check_books
from support.money_steps import MoneySteps
from support.money_truth import check_against_truth, what_waits_for_an_operator_has_an_alert
from support.orders import DAY_S, HOUR_S, open_order_stage

MAX_DECISIONS = 8
MAX_ASKED_PER_STEP = 500
DAYS_TO_REST = 4
PRODUCTS = ((1000, 2), (777, None), (1, 1))
"""Price and capacity of each."""


class MoneyStage(MoneySteps):
    """Plays schedules, and checks the rules of the money."""

    async def play(self, steps: Iterable[tuple[Any, ...]]) -> None:
        """Play a whole schedule, and check what holds after each step, and what holds at rest."""
        for name, *arguments in steps:
            await self.do(name, *arguments)
            await check_books(self.store)
        await self.come_to_rest()
        kept = await check_books(self.store)
        check_against_truth(kept, self.psp, self.payouts, self.gates)
        self._check_crashes()

    async def do(self, name: str, *arguments: Any) -> None:
        """Play one step, and wait for what follows of it at once."""
        self._refresh()
        await getattr(self, name.replace(" ", "_"))(*arguments)
        await self.shop.settled()

    def _refresh(self) -> None:
        """Have patience again with how often they ask and write."""
        self.store.commits = 0
        self.psp.patience = MAX_ASKED_PER_STEP

    # The way to rest.

    async def come_to_rest(self) -> None:
        """Everybody works again and settles what is open; webhooks of that are lost, all but
        those that tell of what nobody would ask for.
        """
        self._mend()
        self._refresh()
        for dispute_id, dispute in self.psp.disputes.items():
            if dispute.status == "opened":
                self.psp.end_dispute(dispute_id, "won")
        await self.name_account()
        while self.psp.outgoing:
            await self.do("deliver", 0)
        await self._pass_days()
        for notice in [each for each in self.lost if await self._is_missed(each)]:
            await self.do("_deliver", notice)
        await self._pass_days()
        what_waits_for_an_operator_has_an_alert(await read_all(self.store))
        for _ in range(MAX_DECISIONS):
            await self.do("decide", 0)
            await self.do("decide payment", 0)
        await self._pass_days()

    def _mend(self) -> None:
        self.psp.faults.clear()
        self.payouts.faults.clear()
        self.psp.silent = self.psp.instant = self.gates.deaf = False
        self.wire.there_s = self.wire.back_s = 0.0
        self.store.fault = ""

    async def _pass_days(self) -> None:
        for _ in range(2 * DAYS_TO_REST):
            for refund_id, refund in self.psp.refunds.items():
                if refund.status not in FINAL:
                    self.psp.settle(refund_id, "succeeded")
            self._refresh()
            await trio.sleep(DAY_S / 2)
            await self.shop.sweep(force=True)

    async def _is_missed(self, notice: PspNotice) -> bool:
        """Whether it tells of what we would not ask for: a dispute, or a word after the last."""
        if notice.kind == "dispute":
            return True
        for case in (await read_all(self.store)).cases:
            if notice.kind == "payment" and notice.payment_id == case.order.payment.id:
                return case.order.paid_at is None
            for refund in case.refunds:
                if refund.id == notice.refund_id:
                    succeeded = refund.status is RefundStatus.SUCCEEDED
                    return succeeded != (self._truth_of(refund) == "succeeded")
        return False

    def _check_crashes(self) -> None:
        """No actor may break, but where the store could not be read or written at its start."""
        for crash in self.crashes:
            assert isinstance(crash, ExceptionGroup)
            _, others = crash.split(StoreUnavailable)
            assert others is None, others


@asynccontextmanager
async def open_money_stage(folder: Path, fee_bps: int, suspends: bool) -> AsyncIterator[MoneyStage]:
    """Open a stage with PRODUCTS on sale. Its time is trio's: have it virtual."""
    terms = Terms(fee_bps, transfer_delay_ms=HOUR_S * 1000, suspends=suspends)
    with noted_crashes() as crashes:
        async with open_order_stage(folder, terms) as shop:
            await shop.kill()
            stage = MoneyStage(shop, crashes)
            for amount, capacity in PRODUCTS:
                stage.products.append(await shop.product(amount, capacity=capacity))
            await shop.start()
            yield stage


@contextmanager
def noted_crashes() -> Iterator[list[BaseException]]:
    """Collect what actors crash with; nothing else is logged meanwhile."""
    crashes: list[BaseException] = []

    def note(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        crash = sys.exc_info()[1]
        if event["event"] == "actor_crashed" and crash is not None:
            crashes.append(crash)
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[note])
    try:
        yield crashes
    finally:
        structlog.configure(**before)
