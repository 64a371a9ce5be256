"""Where the original system loses money: a test for each way, which fails without its cure."""

from dataclasses import replace

import pytest
import trio
from support.orders import DAY_S, HOUR_S, MINUTE_S, STRANGER, OrderStage

from actors.kernel import KernelError
from actors.ports import RefundState
from actors.refund import OrderError
from actors.refund.case import Refund
from actors.refund.ledger import Balance
from storage.api import Delete, Put

RESERVE = "refund_reserve"


async def refused(shop: OrderStage, order: str, amount: int | None = None) -> str:
    with pytest.raises(OrderError) as error:
        await shop.request(order, amount=amount)
    return error.value.code


async def pay_out(shop: OrderStage) -> None:
    """Wait until the seller's share has been sent."""
    await shop.payout_account()
    await shop.pass_time(7 * DAY_S + HOUR_S, step_s=DAY_S)


# A PSP timeout counts as failure and re-opens the order: a second refund may follow.


@pytest.mark.parametrize("fault", ["timeout", "drop", "lose"])
async def test_a_timeout_is_no_failure(shop: OrderStage, fault: str) -> None:
    order = await shop.bought()
    shop.psp.faults.append(fault)
    opened = await shop.request(order)
    assert (await shop.only_refund(order)).status == "unknown"
    assert (await shop.case(order)).order.status == "refund_pending"
    assert await refused(shop, order) == "refund_already_requested"
    assert (await shop.accounts(order))[RESERVE] == -1000, "the reserve is held"

    await shop.pass_time(MINUTE_S, step_s=5)
    assert (await shop.only_refund(order)).status == "pending"
    assert list(shop.psp.refunds) == [opened.refund_id], "under our own id, never a new one"
    assert shop.psp.posts[opened.refund_id] == (2 if fault == "lose" else 1)
    await shop.deliver(shop.psp.settle(opened.refund_id))
    assert (await shop.case(order)).order.status == "refunded"
    assert await shop.accounts(order) == {}


async def test_a_timeout_and_then_success_is_one_refund(shop: OrderStage) -> None:
    order = await shop.bought()
    shop.psp.faults.append("timeout")
    opened = await shop.request(order)
    shop.psp.settle(opened.refund_id)  # and its webhook gets lost
    await shop.pass_time(MINUTE_S, step_s=5)
    assert (await shop.only_refund(order)).status == "succeeded"
    assert shop.psp.posts[opened.refund_id] == 1


async def test_a_webhook_that_says_timeout_is_no_failure(shop: OrderStage) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    failed = shop.psp.settle(opened.refund_id, "failed")
    await shop.deliver(replace(failed, error_code="TIMEOUT"))
    assert (await shop.only_refund(order)).status == "pending"


# The webhook may come before the reply that carries the id.


async def test_a_webhook_before_the_reply_is_not_lost(shop: OrderStage) -> None:
    order = await shop.bought()
    gate = shop.psp.shut()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(shop.request, order)
        await shop.settled()
        refund = await shop.only_refund(order)
        assert refund.status == "submitting"
        assert (refund.psp_id, refund.id) == (None, next(iter(shop.psp.refunds)))
        await shop.deliver(shop.psp.settle(refund.id))
        assert (await shop.only_refund(order)).status == "succeeded"
        gate.set()
    await shop.settled()
    refund = await shop.only_refund(order)
    assert refund.status == "succeeded", "and the reply, which comes late, changes nothing"
    assert refund.psp_id == f"re_{refund.id}"
    assert (await shop.case(order)).order.status == "refunded"


async def test_a_webhook_that_nobody_can_place_waits_in_the_inbox(shop: OrderStage) -> None:
    """As when it overtakes what we know."""
    order = await shop.bought()
    opened = await shop.request(order)
    await shop.kill()
    row = await shop.store.get("refunds", opened.refund_id)
    assert row is not None
    await shop.store.commit(Delete("refunds", row.id, row.version))
    early = await shop.keep(shop.psp.settle(opened.refund_id))
    assert early.order_id is None

    await shop.store.commit(Put("refunds", row.id, row.doc, 0))
    await shop.start()
    await shop.pass_time(MINUTE_S / 2, step_s=15)
    assert (await shop.case(order)).order.status == "refunded"
    assert "refund_heard webhook succeeded" in await shop.heard(order)


# A crash between the steps strands refund_pending.


async def ask_in_vain(shop: OrderStage, order: str) -> None:
    with pytest.raises(KernelError):
        await shop.request(order)


async def killed_in_the_call(shop: OrderStage) -> tuple[str, Refund]:
    order = await shop.bought()
    shop.psp.shut()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask_in_vain, shop, order)
        await shop.settled()
        await shop.kill()
    refund = await shop.only_refund(order)
    assert refund.status == "submitting"
    shop.psp.gate.set()
    await shop.start()
    return order, refund


async def test_a_crash_in_the_call_strands_nothing(shop: OrderStage) -> None:
    order, refund = await killed_in_the_call(shop)
    await shop.pass_time(MINUTE_S, step_s=15)
    assert (await shop.only_refund(order)).status == "pending"
    assert shop.psp.posts[refund.id] == 1, "it is asked for, not made again"
    await shop.deliver(shop.psp.settle(refund.id))
    assert (await shop.case(order)).order.status == "refunded"


async def test_a_crash_before_the_call_arrives_strands_nothing(shop: OrderStage) -> None:
    order, refund = await killed_in_the_call(shop)
    del shop.psp.refunds[refund.id]  # it never got there
    await shop.pass_time(MINUTE_S, step_s=15)
    assert (await shop.only_refund(order)).status == "pending"
    assert list(shop.psp.refunds) == [refund.id]
    await shop.deliver(shop.psp.settle(refund.id))
    assert (await shop.case(order)).order.status == "refunded"


async def test_a_crash_before_the_call_is_made_strands_nothing(shop: OrderStage) -> None:
    """The intent and the job that carries it out are in one commit."""
    order = await shop.bought()
    shop.psp.silent = True
    await shop.request(order)
    await shop.kill()
    refund = await shop.only_refund(order)
    assert len((await shop.case(order)).order.jobs) > 0
    shop.psp.silent = False
    await shop.start()
    await shop.pass_time(MINUTE_S, step_s=15)
    assert (await shop.only_refund(order)).status == "pending"
    assert list(shop.psp.refunds) == [refund.id]


async def test_a_crash_after_the_webhook_came_strands_nothing(shop: OrderStage) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    await shop.kill()
    notice = shop.psp.settle(opened.refund_id)
    await shop.keep(notice)
    await shop.start()
    await shop.pass_time(MINUTE_S, step_s=15)
    assert (await shop.case(order)).order.status == "refunded"
    row = await shop.store.get("inbox", notice.event_id)
    assert row is not None
    assert row.doc["state"] == "done"


# A lost webhook strands it for ever.


async def test_a_lost_webhook_is_asked_for(shop: OrderStage) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    shop.psp.settle(opened.refund_id)  # the webhook of which gets lost
    await shop.pass_time(5 * MINUTE_S, step_s=15)
    refund = await shop.only_refund(order)
    assert refund.status == "succeeded"
    assert refund.succeeded_at is not None
    assert (await shop.case(order)).order.status == "refunded"
    assert (await shop.only_licence(order)).status == "revoked"


async def test_a_silent_provider_is_asked_for_days(shop: OrderStage) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    shop.psp.silent = True
    shop.psp.refunds[opened.refund_id] = replace(
        shop.psp.refunds[opened.refund_id], status="succeeded"
    )
    await shop.pass_time(DAY_S)
    assert (await shop.only_refund(order)).status == "pending"
    shop.psp.silent = False
    await shop.pass_time(8 * HOUR_S)
    assert (await shop.only_refund(order)).status == "succeeded"


async def test_a_lost_webhook_of_a_payment_is_asked_for(shop: OrderStage) -> None:
    order = await shop.order(await shop.cart())
    shop.psp.pay((await shop.case(order)).order.payment.id)
    await shop.pass_time(2 * MINUTE_S, step_s=15)
    assert (await shop.case(order)).order.status == "completed"
    assert (await shop.only_licence(order)).status == "active"


# Clamping the seller's balance at 0 hides debt.


async def test_a_shortfall_is_a_debt_and_later_sales_pay_it(shop: OrderStage) -> None:
    order = await shop.bought()
    await pay_out(shop)
    shop.payouts.broke = True
    await shop.refund(order)
    assert await shop.balance() == Balance(payable=0, receivable=975)

    await shop.bought(await shop.product(400))
    assert await shop.balance() == Balance(payable=0, receivable=975 - 390)
    await shop.bought(await shop.product(1000), buyer=STRANGER)
    assert await shop.balance() == Balance(payable=390, receivable=0)
    sent_before = shop.payouts.sent()
    await pay_out(shop)
    assert shop.payouts.sent() - sent_before == 390, "the debt has been taken from it"
    assert await shop.balance() == Balance()


# Transfers are marked reversed, and no money moves.


async def test_a_transfer_is_reversed_when_the_provider_says_so(shop: OrderStage) -> None:
    order = await shop.bought()
    await pay_out(shop)
    assert shop.payouts.sent() == 975
    shop.payouts.faults.append("drop")
    opened = await shop.request(order)
    await shop.deliver(shop.psp.settle(opened.refund_id))
    transfer = await shop.only_transfer(order)
    assert transfer.status == "reversing", "it was asked for, and nobody has said yes"

    await shop.pass_time(MINUTE_S, step_s=5)
    transfer = await shop.only_transfer(order)
    assert transfer.status == "reversed"
    assert shop.payouts.reversals == {f"rev:{opened.refund_id}:{transfer.id}": 975}
    assert shop.payouts.sent() == 0, "the money has moved, once"
    assert await shop.balance() == Balance()


# Full refunds only.


async def test_parts_never_sum_up_to_more_than_was_captured(shop: OrderStage) -> None:
    order = await shop.bought()
    assert await refused(shop, order, 1001) == "refund_exceeds_captured"
    await shop.refund(order, amount=300)
    assert (await shop.case(order)).order.status == "partially_refunded"
    assert await refused(shop, order, 701) == "refund_exceeds_captured"
    failed = await shop.request(order, amount=700)
    await shop.deliver(shop.psp.settle(failed.refund_id, "failed"))
    assert (await shop.case(order)).order.status == "partially_refunded"
    await shop.refund(order, amount=699)
    assert (await shop.only_licence(order)).status == "active"
    assert await refused(shop, order, 2) == "refund_exceeds_captured"
    await shop.refund(order, amount=1)
    assert (await shop.case(order)).order.status == "refunded"
    assert (await shop.only_licence(order)).status == "revoked"
    assert await refused(shop, order, 1) == "order_not_refundable"
    succeeded = [each for each in shop.psp.refunds.values() if each.status == "succeeded"]
    assert sum(each.amount for each in succeeded) == 1000


# Late failed after succeeded, succeeded after failed.


async def test_failed_after_succeeded_is_asked_for_and_reversed(shop: OrderStage) -> None:
    order = await shop.bought()
    before = await shop.balance()
    refund = await shop.refund(order)
    await shop.deliver(shop.psp.settle(refund, "failed"))
    case = await shop.case(order)
    assert case.refunds[0].status == "reversed"
    assert case.order.status == "completed"
    assert case.licences[0].status == "active"
    assert await shop.balance() == before
    kinds = [entry["kind"] for entry in await shop.journal(order)]
    assert kinds == ["sale", "refund_opened", "refund_succeeded", "refund_reversed"]
    assert "refund_heard asked failed" in await shop.heard(order)
    assert any("succeeded, and now a webhook says failed" in a for a in await shop.alerts(order))


async def test_failed_after_succeeded_that_is_not_so_changes_nothing(shop: OrderStage) -> None:
    order = await shop.bought()
    refund = await shop.refund(order)
    lie = replace(shop.psp.settle(refund), status="failed", event_id="evt_lie")
    await shop.deliver(lie)
    assert (await shop.only_refund(order)).status == "succeeded"
    assert "refund_heard asked succeeded" in await shop.heard(order)


async def test_succeeded_after_failed_is_asked_for_and_accepted(shop: OrderStage) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    await shop.deliver(shop.psp.settle(opened.refund_id, "failed"))
    assert (await shop.case(order)).order.status == "completed"
    await shop.deliver(shop.psp.settle(opened.refund_id))
    case = await shop.case(order)
    assert (case.refunds[0].status, case.order.status) == ("succeeded", "refunded")
    assert case.licences[0].status == "revoked"
    assert await shop.balance() == Balance()
    assert "refund_heard asked succeeded" in await shop.heard(order)


async def test_succeeded_after_failed_that_is_not_so_changes_nothing(shop: OrderStage) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    failed = shop.psp.settle(opened.refund_id, "failed")
    await shop.deliver(failed)
    await shop.deliver(replace(failed, status="succeeded", event_id="evt_lie"))
    case = await shop.case(order)
    assert (case.refunds[0].status, case.order.status) == ("failed", "completed")


# Amount or currency differs.


@pytest.mark.parametrize(
    "change", [{"amount": 999}, {"currency": "USD"}], ids=["amount", "currency"]
)
async def test_other_figures_are_frozen_and_an_operator_is_called(
    shop: OrderStage, change: dict[str, object]
) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    theirs: RefundState = replace(shop.psp.refunds[opened.refund_id], **change)  # type: ignore[arg-type]  # its own fields
    shop.psp.refunds[opened.refund_id] = theirs
    await shop.deliver(shop.psp.settle(opened.refund_id))
    refund = await shop.only_refund(order)
    assert (refund.status, refund.succeeded_at) == ("quarantined", None)
    assert (await shop.case(order)).order.status == "refund_pending"
    assert (await shop.only_licence(order)).status == "active"
    assert (await shop.accounts(order))[RESERVE] == -1000
    assert any("not as asked for" in alert for alert in await shop.alerts(order))
    await shop.pass_time(DAY_S)
    assert (await shop.only_refund(order)).status == "quarantined"


async def test_other_figures_in_a_webhook_alone_are_asked_about(shop: OrderStage) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    await shop.deliver(replace(shop.psp.settle(opened.refund_id), amount=999))
    assert (await shop.only_refund(order)).status == "succeeded", "asked, it says what we say"


# Chargeback while pending.


async def test_a_dispute_blocks_refunds(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.dispute(order, "opened")
    assert (await shop.case(order)).order.disputed
    assert await refused(shop, order) == "order_not_refundable"
    await shop.dispute(order, "won")
    assert not (await shop.case(order)).order.disputed
    await shop.refund(order)


async def test_a_dispute_that_is_lost_leaves_nothing_to_refund(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.dispute(order, "opened")
    await shop.dispute(order, "lost")
    assert await refused(shop, order) == "order_not_refundable"
    assert await shop.balance() == Balance()
    assert await shop.accounts(order) == {}
    assert (await shop.only_licence(order)).status == "revoked"


async def test_a_dispute_lost_while_a_refund_is_pending_is_ours_to_bear(shop: OrderStage) -> None:
    """Both go out: what is beyond the order is the platform's loss, not the seller's debt."""
    order = await shop.bought()
    opened = await shop.request(order)
    await shop.dispute(order, "opened")
    await shop.dispute(order, "lost")
    await shop.deliver(shop.psp.settle(opened.refund_id))
    assert await shop.balance() == Balance()
    assert await shop.accounts(order) == {"psp_clearing": -1000, "dispute_loss": 1000}


async def test_exposure_is_capped_when_the_refund_beside_a_lost_dispute_fails(
    shop: OrderStage,
) -> None:
    """The bank has taken the money back: there is none left for another refund."""
    order = await shop.bought()
    opened = await shop.request(order)
    await shop.dispute(order, "opened")
    await shop.dispute(order, "lost")
    await shop.deliver(shop.psp.settle(opened.refund_id, "failed"))
    assert await refused(shop, order) == "order_not_refundable"
    assert await shop.balance() == Balance()
    assert await shop.accounts(order) == {}
