"""Answers that are neither yes nor silence.

A refusal is final where no earlier call can be why: else the provider is asked first.
"""

import trio
from support.orders import MINUTE_S, OrderStage

from actors.kernel import KernelError
from actors.ports import NewRefund, NotKnown, RefundState, Refused, Unclear

BY_HAND = Refused("HE_03", "raise the refund through the dashboard")


class Refusing:
    """Loses the reply to the first call, and refuses each later one; questions are counted.

    ``hides`` is how many questions it takes until the first call is to be seen there.
    """

    def __init__(self, shop: OrderStage, *, hides: int, lost_calls: int = 1) -> None:
        self.asked = 0
        self._hides = hides
        self._lost_calls = lost_calls
        self._psp = shop.psp
        self._make, self._get = shop.psp.create_refund, shop.psp.get_refund
        shop.psp.create_refund = self.create_refund  # type: ignore[method-assign]  # for a test
        shop.psp.get_refund = self.get_refund  # type: ignore[method-assign]  # the same

    async def create_refund(self, refund: NewRefund) -> RefundState | Refused | Unclear:
        self._lost_calls -= 1
        if self._lost_calls < 0:
            return BY_HAND
        await self._make(refund)
        return Unclear("http_503")

    async def get_refund(self, refund_id: str) -> RefundState | NotKnown | Unclear:
        self.asked += 1
        return NotKnown() if self.asked <= self._hides else await self._get(refund_id)


async def test_a_retry_that_is_refused_has_failed_where_nothing_is_known(shop: OrderStage) -> None:
    order = await shop.bought()
    provider = Refusing(shop, hides=9)
    opened = await shop.request(order)
    shop.psp.refunds.pop(opened.refund_id)
    await shop.pass_time(MINUTE_S, step_s=5)
    refund = await shop.only_refund(order)
    assert (refund.status, refund.error_code) == ("failed", "HE_03")
    assert provider.asked == 2, "before the retry, and after it"
    assert (await shop.case(order)).order.status == "completed", "so the buyer can ask again"


async def test_a_retry_that_is_refused_says_nothing_of_the_first_call(shop: OrderStage) -> None:
    order = await shop.bought()
    Refusing(shop, hides=1)
    opened = await shop.request(order)
    await shop.pass_time(MINUTE_S, step_s=5)
    assert (await shop.only_refund(order)).status == "pending"
    await shop.deliver(shop.psp.settle(opened.refund_id))
    assert (await shop.case(order)).order.status == "refunded"


async def test_a_call_before_a_crash_counts_as_made(shop: OrderStage) -> None:
    order = await shop.bought()
    gate = shop.psp.shut()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask_in_vain, shop, order)
        await shop.settled()
        await shop.kill()
    gate.set()
    provider = Refusing(shop, hides=1, lost_calls=0)
    await shop.start()
    await shop.pass_time(MINUTE_S, step_s=5)
    assert (await shop.only_refund(order)).status == "pending"
    assert provider.asked >= 2


async def test_an_operator_is_told_once_of_a_refund_in_review(shop: OrderStage) -> None:
    order = await shop.bought()
    shop.psp.faults.append("review")
    opened = await shop.request(order)
    await shop.pass_time(MINUTE_S, step_s=5)
    (alert,) = await shop.alerts(order)
    assert alert.startswith(f"refund {opened.refund_id}: in review")


async def ask_in_vain(shop: OrderStage, order: str) -> None:
    try:
        await shop.request(order)
    except KernelError:
        return
    raise AssertionError("the process has ended")
