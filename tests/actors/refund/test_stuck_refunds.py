"""Refunds that contradict themselves or wait for a look, and the operator who decides them."""

from dataclasses import replace

import pytest
from support.orders import MINUTE_S, OrderStage

from actors.refund import OrderError
from actors.refund.case import Refund
from actors.refund.ledger import Balance


async def in_review(shop: OrderStage) -> tuple[str, str]:
    """An order whose refund the provider looks at first."""
    order = await shop.bought()
    shop.psp.faults.append("review")
    opened = await shop.request(order)
    assert (await shop.only_refund(order)).status == "review"
    return order, opened.refund_id


async def quarantined(shop: OrderStage) -> tuple[str, str]:
    """An order of whose refund the provider has another amount."""
    order = await shop.bought()
    opened = await shop.request(order)
    settled = shop.psp.settle(opened.refund_id)
    theirs = shop.psp.refunds[opened.refund_id]
    shop.psp.refunds[opened.refund_id] = replace(theirs, amount=999)
    await shop.deliver(replace(settled, amount=999))
    assert (await shop.only_refund(order)).status == "quarantined"
    return order, opened.refund_id


# Contradictions.


async def test_a_reversed_refund_that_succeeds_after_all_is_for_an_operator(
    shop: OrderStage,
) -> None:
    order = await shop.bought()
    refund = await shop.refund(order)
    await shop.deliver(shop.psp.settle(refund, "failed"))
    assert (await shop.only_refund(order)).status == "reversed"
    await shop.deliver(shop.psp.settle(refund, event="evt_third"))
    assert (await shop.only_refund(order)).status == "quarantined"
    await shop.resolve(order, refund, "succeeded")
    assert (await shop.only_refund(order)).status == "succeeded"
    assert (await shop.case(order)).order.status == "refunded"
    assert await shop.accounts(order) == {}


async def test_a_reversal_lets_the_seller_be_paid(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.payout_account()
    refund = await shop.refund(order)
    assert (await shop.only_transfer(order)).status == "cancelled"
    await shop.deliver(shop.psp.settle(refund, "failed"))
    await shop.pass_time(MINUTE_S, step_s=5)
    case = await shop.case(order)
    assert [each.status for each in case.transfers] == ["cancelled", "paid"]
    assert shop.payouts.sent() == 975
    assert await shop.balance() == Balance()


# The operator.


@pytest.mark.parametrize(
    ("outcome", "refund", "order"),
    [("succeeded", "succeeded", "refunded"), ("failed", "failed", "completed")],
)
@pytest.mark.parametrize("stuck", [in_review, quarantined])
async def test_an_operator_decides(
    shop: OrderStage, stuck: object, outcome: str, refund: str, order: str
) -> None:
    order_id, refund_id = await (in_review if stuck is in_review else quarantined)(shop)
    await shop.resolve(order_id, refund_id, outcome)
    case = await shop.case(order_id)
    assert (case.refunds[0].status, case.order.status) == (refund, order)
    assert case.refunds[0].note == "looked at it"
    assert not any("refund" in job.kind for job in case.order.jobs)
    said = f"usr_admin says {outcome}: looked at it"
    assert any(said in line for line in await shop.says(order_id))


async def test_an_operator_has_the_provider_asked_of_a_review(shop: OrderStage) -> None:
    order, refund = await in_review(shop)
    shop.psp.settle(refund)
    await shop.resolve(order, refund, "ask")
    await shop.settled()
    assert (await shop.only_refund(order)).status == "succeeded"


async def test_an_operator_has_the_provider_asked_of_a_quarantine(shop: OrderStage) -> None:
    order, refund = await quarantined(shop)
    await shop.resolve(order, refund, "ask")
    await shop.settled()
    assert (await shop.only_refund(order)).status == "quarantined", "it still says the same"
    shop.psp.refunds[refund] = replace(shop.psp.refunds[refund], amount=1000)
    await shop.resolve(order, refund, "ask")
    await shop.settled()
    assert (await shop.only_refund(order)).status == "succeeded"


async def test_an_operator_asks_and_nobody_answers(shop: OrderStage) -> None:
    order, refund = await in_review(shop)
    shop.psp.silent = True
    await shop.resolve(order, refund, "ask")
    await shop.settled()
    assert (await shop.only_refund(order)).status == "review"


async def test_an_operator_decides_only_what_is_stuck(shop: OrderStage) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    for refund, code in ((opened.refund_id, "order_not_refundable"), ("ref_x", "refund_not_found")):
        with pytest.raises(OrderError) as error:
            await shop.resolve(order, refund, "succeeded")
        assert error.value.code == code
    assert (await shop.only_refund(order)).status == "pending"


async def test_a_review_ends_by_a_webhook_too(shop: OrderStage) -> None:
    order, refund = await in_review(shop)
    await shop.deliver(shop.psp.settle(refund))
    assert (await shop.case(order)).order.status == "refunded"


async def test_a_webhook_about_what_is_frozen_changes_nothing(shop: OrderStage) -> None:
    order, refund = await quarantined(shop)
    before: Refund = await shop.only_refund(order)
    theirs = shop.psp.refunds[refund]
    shop.psp.refunds[refund] = replace(theirs, amount=1000)
    await shop.deliver(shop.psp.settle(refund, event="evt_now_right"))
    assert (await shop.only_refund(order)).status == before.status
    assert (await shop.case(order)).order.status == "refund_pending"
