"""What an order does when a refund is asked for, and when the provider speaks of one."""

from dataclasses import replace

import pytest
from support.orders import (
    ADMIN,
    BUYER,
    DAY_S,
    HOUR_S,
    MINUTE_S,
    SELLER,
    OrderStage,
)

from actors.ports import PspNotice, RefundState
from actors.refund import OrderError
from actors.refund.ledger import Balance


async def code_of(shop: OrderStage, order: str, **asking: object) -> str:
    with pytest.raises(OrderError) as error:
        await shop.request(order, **asking)  # type: ignore[arg-type]  # as request has them
    return error.value.code


async def give_back_without_us(shop: OrderStage, order: str) -> PspNotice:
    """Somebody refunds the payment at the provider's own desk; gives the webhook that says so."""
    payment = (await shop.case(order)).order.payment.id
    shop.psp.refunds["ref_desk"] = RefundState("ref_desk", "re_desk", "pending", 1000, "EUR")
    return replace(shop.psp.settle("ref_desk"), payment_id=payment)


# Parts.


async def test_an_amount_is_shared_out_over_the_lines_and_with_the_platform(
    shop: OrderStage,
) -> None:
    one, two = await shop.product(600), await shop.product(400)
    order = await shop.bought(one, two)
    await shop.refund(order, amount=333)
    refund = await shop.only_refund(order)
    assert dict(refund.shares) == {one: 200, two: 133}
    assert (refund.seller_part, refund.fee_part) == (325, 8)
    assert await shop.balance() == Balance(payable=975 - 325)
    assert await shop.accounts(order) == {
        "psp_clearing": 667,
        "platform_fee": -17,
        "seller_payable": -650,
    }


async def test_items_are_given_back_whole(shop: OrderStage) -> None:
    one, two = await shop.product(600), await shop.product(400)
    order = await shop.bought(one, two)
    opened = await shop.request(order, products=[two])
    assert opened.amount == 400
    await shop.deliver(shop.psp.settle(opened.refund_id))
    assert (await shop.case(order)).order.status == "partially_refunded"
    assert await code_of(shop, order, products=[two]) == "order_not_refundable"
    rest = await shop.request(order)
    assert rest.amount == 600, "all that is left"


async def test_what_an_amount_has_taken_of_an_item_is_not_given_twice(shop: OrderStage) -> None:
    one, two = await shop.product(600), await shop.product(400)
    order = await shop.bought(one, two)
    await shop.refund(order, amount=100)
    opened = await shop.request(order, products=[one])
    assert opened.amount == 540


async def test_an_item_that_was_not_bought_is_not_given_back(shop: OrderStage) -> None:
    order = await shop.bought()
    assert await code_of(shop, order, products=["prd_other"]) == "order_not_refundable"


async def test_the_parts_of_an_order_leave_no_cent_behind(shop: OrderStage) -> None:
    order = await shop.bought(await shop.product(333), await shop.product(333))
    for amount in (1, 100, 7, 558):
        await shop.refund(order, amount=amount)
    assert (await shop.case(order)).order.status == "refunded"
    assert await shop.accounts(order) == {}
    assert await shop.balance() == Balance()


async def test_all_that_a_lost_dispute_has_left_of_two_items(shop: OrderStage) -> None:
    order = await shop.bought(await shop.product(600), await shop.product(400))
    await shop.dispute(order, "lost", 300)
    assert (await shop.request(order)).amount == 700


# Who, and until when.


async def test_the_window_closes_for_everybody_who_asks(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.pass_time(15 * DAY_S, step_s=DAY_S)
    for who in (BUYER, SELLER, ADMIN):
        assert await code_of(shop, order, who=who) == "refund_window_expired"


async def test_no_window_closes_for_a_cancelled_show(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.pass_time(15 * DAY_S, step_s=DAY_S)
    assert await code_of(shop, order, who=BUYER, cause="show_cancelled") == "forbidden"
    opened = await shop.request(order, SELLER, cause="show_cancelled")
    assert (await shop.only_refund(order)).cause == "show_cancelled"
    await shop.deliver(shop.psp.settle(opened.refund_id))
    assert (await shop.case(order)).order.status == "refunded"


async def test_who_asks_waits_for_the_provider_for_a_time_only(shop: OrderStage) -> None:
    order = await shop.bought()
    gate = shop.psp.shut()
    began_ms = shop.clock.now_ms()
    opened = await shop.request(order)
    assert shop.clock.now_ms() - began_ms == 10_000
    assert (await shop.only_refund(order)).status == "submitting"
    gate.set()
    await shop.settled()
    refund = await shop.only_refund(order)
    assert (refund.id, refund.status) == (opened.refund_id, "pending")


async def test_a_failure_in_the_reply_is_a_refusal(shop: OrderStage) -> None:
    order = await shop.bought()
    shop.psp.faults.append("fail")
    assert await code_of(shop, order) == "psp_refused"
    assert (await shop.case(order)).order.status == "completed"


# What the provider says to a second call.


async def test_no_more_to_refund_and_no_refund_of_ours_is_a_refusal(shop: OrderStage) -> None:
    """Somebody has refunded the payment without us, and IR_13 says that nothing is left."""
    order = await shop.bought()
    await give_back_without_us(shop, order)
    opened = await shop.request(order)
    assert (await shop.only_refund(order)).status == "unknown", "it may be this very refund"
    await shop.pass_time(MINUTE_S, step_s=5)
    assert (await shop.only_refund(order)).status == "failed"
    assert (await shop.case(order)).order.status == "completed"
    assert shop.psp.posts[opened.refund_id] == 1


async def test_a_second_call_that_the_provider_knows_already_is_asked_about(
    shop: OrderStage,
) -> None:
    """HE_01: the first call did arrive, although asked it did not know of it yet."""
    order = await shop.bought()
    shop.psp.faults.append("drop")
    opened = await shop.request(order)
    known = shop.psp.refunds.pop(opened.refund_id)

    def arrive(refund_id: str) -> None:
        shop.psp.refunds[refund_id] = known

    shop.psp.before_post = arrive
    await shop.pass_time(MINUTE_S, step_s=1)
    refund = await shop.only_refund(order)
    assert refund.status == "pending"
    assert refund.error_code == "HE_01"
    assert shop.psp.posts[refund.id] == 2
    assert list(shop.psp.refunds) == [refund.id]


async def test_a_refund_that_is_gone_is_for_an_operator(shop: OrderStage) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    del shop.psp.refunds[opened.refund_id]
    await shop.pass_time(5 * MINUTE_S, step_s=15)
    assert (await shop.only_refund(order)).status == "review"
    assert shop.psp.posts[opened.refund_id] == 1, "it is not made again"


async def test_a_provider_that_is_silent_for_a_day_is_asked_until_it_speaks(
    shop: OrderStage,
) -> None:
    order = await shop.bought()
    shop.psp.silent = True
    opened = await shop.request(order)
    await shop.pass_time(DAY_S)
    refund = await shop.only_refund(order)
    assert (refund.id, refund.status) == (opened.refund_id, "unknown")
    assert await code_of(shop, order) == "refund_already_requested"
    shop.psp.silent = False
    await shop.pass_time(8 * HOUR_S)
    assert (await shop.only_refund(order)).status == "pending"
    await shop.deliver(shop.psp.settle(opened.refund_id))
    assert await shop.accounts(order) == {}


async def test_how_often_the_provider_is_asked_is_bounded(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.request(order)
    shop.psp.patience = 30
    await shop.pass_time(3 * DAY_S, step_s=10 * MINUTE_S)
    assert (await shop.only_refund(order)).status == "pending"


async def test_an_operators_sweep_asks_at_once(shop: OrderStage) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    shop.psp.settle(opened.refund_id)
    await shop.sweep()
    assert (await shop.only_refund(order)).status == "pending"
    assert await shop.sweep(force=True) == 1
    assert (await shop.only_refund(order)).status == "succeeded"


async def test_a_webhook_without_figures_is_asked_about(shop: OrderStage) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    await shop.deliver(replace(shop.psp.settle(opened.refund_id), amount=None, currency=""))
    assert "refund_heard asked succeeded" in await shop.heard(order)
    assert (await shop.only_refund(order)).status == "succeeded"


async def test_a_refund_of_the_payment_that_is_not_ours_is_kept_for_an_operator(
    shop: OrderStage,
) -> None:
    order = await shop.bought()
    notice = await give_back_without_us(shop, order)
    await shop.deliver(notice)
    assert await shop.alerts(order) == ["disregarded: The order has no such refund."]
    row = await shop.store.get("inbox", notice.event_id)
    assert row is not None
    assert row.doc["state"] == "done"
