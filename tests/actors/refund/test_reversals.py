"""How a seller's share is taken back, also while it is on its way."""

from support.orders import DAY_S, MINUTE_S, OrderStage
from support.shares import paid_out, until_due

from actors.refund.ledger import Balance
from actors.refund.transfers import MAX_WAITS_FOR_DEBTS


async def reversals(shop: OrderStage, order: str) -> list[tuple[int, str]]:
    return [(each.amount, each.status) for each in (await shop.only_transfer(order)).reversals]


async def test_a_partial_refund_takes_back_its_part(shop: OrderStage) -> None:
    order = await paid_out(shop)
    await shop.refund(order, amount=400)
    transfer = await shop.only_transfer(order)
    assert transfer.status == "partially_reversed"
    assert await reversals(shop, order) == [(390, "confirmed")]
    await shop.refund(order)
    assert (await shop.only_transfer(order)).status == "reversed"
    assert await reversals(shop, order) == [(390, "confirmed"), (585, "confirmed")]
    assert shop.payouts.sent() == 0
    assert await shop.balance() == Balance()
    assert await shop.accounts(order) == {}


async def test_what_does_not_come_back_is_the_sellers_debt(shop: OrderStage) -> None:
    order = await paid_out(shop)
    shop.payouts.broke = True
    await shop.refund(order)
    transfer = await shop.only_transfer(order)
    assert transfer.status == "paid"
    assert await reversals(shop, order) == [(0, "refused")]
    assert await shop.balance() == Balance(receivable=975)
    assert await shop.alerts(order) == [
        f"transfer {transfer.id}: 0 of 975 came back insufficient_funds"
    ]


async def test_a_reversal_of_which_nobody_knows_is_asked_for_once(shop: OrderStage) -> None:
    order = await paid_out(shop)
    shop.payouts.faults.extend(["drop"])
    await shop.refund(order)
    assert (await shop.only_transfer(order)).status == "reversing"
    assert await shop.balance() == Balance(receivable=975)
    await shop.pass_time(MINUTE_S, step_s=5)
    assert (await shop.only_transfer(order)).status == "reversed"
    assert len(shop.payouts.reversals) == 1
    assert await shop.balance() == Balance()


async def test_a_lost_dispute_takes_the_share_back_too(shop: OrderStage) -> None:
    order = await paid_out(shop)
    await shop.dispute(order, "opened")
    await shop.dispute(order, "lost")
    assert (await shop.only_transfer(order)).status == "reversed"
    assert await shop.balance() == Balance()
    assert (await shop.case(order)).order.status == "refunded"


async def test_a_failed_refund_takes_nothing_back(shop: OrderStage) -> None:
    order = await paid_out(shop)
    opened = await shop.request(order)
    assert await shop.balance() == Balance(receivable=975, reserved=1000)
    await shop.deliver(shop.psp.settle(opened.refund_id, "failed"))
    assert (await shop.only_transfer(order)).reversals == ()
    assert await shop.balance() == Balance()


async def test_a_reversed_refund_sends_the_share_again(shop: OrderStage) -> None:
    order = await paid_out(shop)
    refund = await shop.refund(order)
    assert shop.payouts.sent() == 0
    await shop.deliver(shop.psp.settle(refund, "failed"))
    await shop.pass_time(MINUTE_S, step_s=5)
    assert [each.status for each in (await shop.case(order)).transfers] == ["reversed", "paid"]
    assert shop.payouts.sent() == 975
    assert await shop.balance() == Balance()


async def test_a_refund_that_is_reversed_before_its_transfer_is(shop: OrderStage) -> None:
    """The share is on its way back when it turns out that it is the seller's after all."""
    order = await paid_out(shop)
    shop.payouts.faults.extend(["lose"] * 3)
    refund = await shop.refund(order)
    await shop.deliver(shop.psp.settle(refund, "failed"))
    await shop.pass_time(2 * DAY_S)
    assert shop.payouts.sent() == 975
    assert await shop.balance() == Balance()


async def test_a_share_that_comes_back_after_nobody_waits_for_it_is_sent_again(
    shop: OrderStage,
) -> None:
    order = await paid_out(shop)
    shop.payouts.faults.extend(["lose"] * 1000)
    refund = await shop.refund(order)
    await shop.deliver(shop.psp.settle(refund, "failed"))
    await shop.pass_time(2 * MAX_WAITS_FOR_DEBTS * DAY_S, step_s=DAY_S)
    assert [each.status for each in (await shop.case(order)).transfers] == [
        "reversing",
        "cancelled",
    ]
    shop.payouts.faults.clear()
    await shop.pass_time(2 * DAY_S)
    assert shop.payouts.sent() == 975
    assert await shop.balance() == Balance()


# At once.


async def sending(shop: OrderStage) -> str:
    """An order whose transfer is under way: the call has been made, and its answer is held back."""
    await shop.payout_account()
    order = await shop.bought()
    shop.payouts.faults.append("drop")
    await until_due(shop)
    assert (await shop.only_transfer(order)).status == "unknown"
    return order


async def test_a_refund_while_the_share_is_on_its_way_takes_it_back_once_it_is_there(
    shop: OrderStage,
) -> None:
    order = await sending(shop)
    await shop.refund(order)
    assert (await shop.only_transfer(order)).status == "unknown"
    assert await shop.balance() == Balance(receivable=975, in_transit=975)
    await shop.pass_time(MINUTE_S, step_s=5)
    assert (await shop.only_transfer(order)).status == "reversed"
    assert shop.payouts.sent() == 0
    assert await shop.balance() == Balance()


async def test_a_refund_while_the_share_is_on_its_way_and_is_refused(shop: OrderStage) -> None:
    await shop.payout_account()
    order = await shop.bought()
    shop.payouts.faults.extend(["lose", "refuse"])
    await until_due(shop)
    await shop.refund(order)
    await shop.pass_time(MINUTE_S, step_s=5)
    assert (await shop.only_transfer(order)).status == "cancelled"
    assert await shop.balance() == Balance()
    assert await shop.accounts(order) == {}
