"""The cases of the original system, each under its name there, on the real actor."""

import json

import pytest
from support.orders import ADMIN, BUYER, DAY_S, SELLER, STRANGER, OrderStage

from actors.refund import OrderError
from actors.services.access_tokens import Principal
from server.psp import BadNotice, read_notice
from storage.api import Put


async def refused(shop: OrderStage, order: str, **asking: object) -> OrderError:
    with pytest.raises(OrderError) as error:
        await shop.request(order, **asking)  # type: ignore[arg-type]  # as request has them
    return error.value


async def test_opens_pending_refund(shop: OrderStage) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    case = await shop.case(order)
    assert (opened.amount, opened.currency) == (1000, "EUR")
    assert case.order.status == "refund_pending"
    (refund,) = case.refunds
    assert (refund.id, refund.status, refund.amount) == (opened.refund_id, "pending", 1000)
    assert (refund.reason, refund.requested_by) == ("no time", BUYER.user_id)
    assert refund.psp_id == f"re_{refund.id}"
    assert refund.succeeded_at is None
    assert case.licences[0].status == "active"
    assert shop.psp.refunds[refund.id].amount == 1000


async def test_a_reply_that_says_succeeded_stays_pending(shop: OrderStage) -> None:
    def succeed_at_once(refund_id: str) -> None:
        shop.psp.settle(refund_id)

    order = await shop.bought()
    shop.psp.before_reply = succeed_at_once
    opened = await shop.request(order)
    assert shop.psp.refunds[opened.refund_id].status == "succeeded"
    assert (await shop.only_refund(order)).status == "pending"
    assert (await shop.case(order)).order.status == "refund_pending"
    assert "refund_heard reply succeeded" in await shop.heard(order)


async def test_psp_error_rolls_back(shop: OrderStage) -> None:
    order = await shop.bought()
    before = await shop.balance()
    shop.psp.faults.append("refuse")
    error = await refused(shop, order)
    assert error.code == "psp_refused"
    assert error.details["psp_code"] == "IR_14"
    case = await shop.case(order)
    assert (case.order.status, case.refunds[0].status) == ("completed", "failed")
    assert case.licences[0].status == "active"
    assert await shop.balance() == before

    opened = await shop.request(order)  # the buyer can try again
    assert opened.refund_id != case.refunds[0].id
    assert (await shop.case(order)).order.status == "refund_pending"


async def test_double_request_rejected(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.request(order)
    for who in (BUYER, SELLER, ADMIN):
        error = await refused(shop, order, who=who)
        assert error.code == "refund_already_requested"
        assert "in progress" in error.message
    assert len((await shop.case(order)).refunds) == 1
    assert len(shop.psp.refunds) == 1


async def test_a_double_request_is_seen_before_everything_but_the_permission(
    shop: OrderStage,
) -> None:
    order = await shop.bought()
    await shop.request(order)
    assert (await refused(shop, order, who=STRANGER)).code == "forbidden"
    assert (await refused(shop, order, amount=9999)).code == "refund_already_requested"
    await shop.pass_time(15 * DAY_S, step_s=DAY_S)
    assert (await refused(shop, order)).code == "refund_already_requested"


async def test_not_completed(shop: OrderStage) -> None:
    order = await shop.order(await shop.cart())
    assert (await refused(shop, order)).code == "order_not_refundable"
    payment = (await shop.case(order)).order.payment.id
    await shop.deliver(shop.psp.pay(payment, "failed"))
    assert (await shop.case(order)).order.status == "payment_failed"
    assert (await refused(shop, order)).code == "order_not_refundable"
    assert (await shop.case(order)).refunds == ()


async def test_no_payment_id(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.kill()
    row = await shop.store.get("orders", order)
    assert row is not None
    doc = {**row.doc, "payment": {**row.doc["payment"], "id": ""}, "payment_id": ""}
    await shop.store.commit(Put("orders", order, doc, row.version))
    await shop.start()
    assert (await refused(shop, order)).code == "no_payment"
    doc = {**doc, "payment": row.doc["payment"], "payment_id": row.doc["payment_id"]}
    await shop.store.commit(Put("orders", order, doc, row.version + 1))


async def test_forbidden(shop: OrderStage) -> None:
    order = await shop.bought()
    assert (await refused(shop, order, who=STRANGER)).code == "forbidden"
    assert (await shop.case(order)).refunds == ()
    assert len(shop.psp.refunds) == 0


@pytest.mark.parametrize("who", [SELLER, ADMIN], ids=["seller", "admin"])
async def test_seller_can_refund(shop: OrderStage, who: Principal) -> None:
    order = await shop.bought()
    await shop.request(order, who)
    case = await shop.case(order)
    assert (case.order.status, case.refunds[0].requested_by) == ("refund_pending", who.user_id)


async def test_expired_window(shop: OrderStage) -> None:
    """The order has a deadline of its own."""
    deadline = shop.clock.now_ms() + DAY_S * 1000
    order = await shop.order(await shop.cart(refund_until=deadline))
    await shop.pay(order)
    await shop.pass_time(DAY_S + 1)
    assert (await refused(shop, order)).code == "refund_window_expired"
    assert (await shop.case(order)).order.status == "completed"


async def test_expired_by_fallback(shop: OrderStage) -> None:
    """It has none: 14 days from the payment."""
    order = await shop.bought()
    paid_at = (await shop.case(order)).order.paid_at
    assert paid_at is not None
    await shop.pass_time(14 * DAY_S - 60, step_s=DAY_S)
    assert shop.clock.now_ms() < paid_at + 14 * DAY_S * 1000
    await shop.refund(order, amount=1)  # still in time
    await shop.pass_time(120)
    assert (await refused(shop, order)).code == "refund_window_expired"


async def test_succeeded_finalises_all(shop: OrderStage) -> None:
    await shop.payout_account()
    order = await shop.bought()
    await shop.pass_time(7 * DAY_S + 60, step_s=DAY_S)
    assert (await shop.only_transfer(order)).status == "paid"
    opened = await shop.request(order)
    shop.payouts.faults.append("lose")  # the reversal is asked for, and not confirmed yet
    await shop.deliver(shop.psp.settle(opened.refund_id))

    case = await shop.case(order)
    (refund,), (licence,), (transfer,) = case.refunds, case.licences, case.transfers
    assert (refund.status, refund.succeeded_at) == ("succeeded", shop.clock.now_ms())
    assert case.order.status == "refunded"
    assert licence.status == "revoked"
    assert transfer.status == "reversing"
    assert (await shop.balance()).receivable == 975
    await shop.pass_time(60, step_s=10)
    assert (await shop.only_transfer(order)).status == "reversed"
    assert (await shop.balance()).receivable == 0
    assert await shop.accounts(order) == {}


async def test_failed_rolls_the_order_back(shop: OrderStage) -> None:
    order = await shop.bought()
    before = await shop.balance()
    opened = await shop.request(order)
    await shop.deliver(shop.psp.settle(opened.refund_id, "failed"))
    case = await shop.case(order)
    assert (case.order.status, case.refunds[0].status) == ("completed", "failed")
    assert case.refunds[0].succeeded_at is None
    assert case.licences[0].status == "active"
    assert await shop.balance() == before
    assert (await shop.request(order)).refund_id != opened.refund_id


async def test_replay_is_idempotent(shop: OrderStage) -> None:
    order = await shop.bought()
    refund = await shop.refund(order)
    before = await shop.case(order)
    journal = await shop.journal(order)
    await shop.pass_time(60)
    await shop.deliver(shop.psp.settle(refund))  # the very same event again
    await shop.deliver(shop.psp.settle(refund, event="evt_another"))
    after = await shop.case(order)
    assert after.refunds == before.refunds, "succeeded_at is unchanged"
    assert (after.licences, after.transfers) == (before.licences, before.transfers)
    assert after.order.status == before.order.status
    assert await shop.journal(order) == journal
    assert len(shop.gates.told) == 1


async def test_unknown_refund_id_is_ok(shop: OrderStage) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    known = shop.psp.settle(opened.refund_id)
    notice = read_notice(
        json.dumps(
            {
                "event_id": "evt_unknown",
                "event_type": "refund_succeeded",
                "content": {
                    "type": "refund_details",
                    "object": {
                        "refund_id": "ref_of_somebody_else",
                        "payment_id": "pay_of_somebody_else",
                        "amount": 1000,
                        "currency": "EUR",
                        "status": "succeeded",
                    },
                },
            }
        ).encode()
    )
    received = await shop.deliver(notice)
    assert received.order_id is None
    row = await shop.store.get("inbox", "evt_unknown")
    assert row is not None
    assert row.doc["state"] == "unmatched"
    assert (await shop.only_refund(order)).status == "pending"
    await shop.deliver(known)
    assert (await shop.only_refund(order)).status == "succeeded"


def test_missing_refund_id() -> None:
    body = {"event_type": "refund_succeeded", "content": {"object": {"status": "succeeded"}}}
    with pytest.raises(BadNotice) as error:
        read_notice(json.dumps(body).encode())
    assert error.value.code == "missing_refund_id"


@pytest.mark.parametrize("word", ["pending", "processing", "review_requested"])
async def test_non_terminal_ignored(shop: OrderStage, word: str) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    before = await shop.case(order)
    notice = read_notice(
        json.dumps(
            {
                "event_type": f"refund_{word}",
                "refund_id": opened.refund_id,
                "status": word,
                "amount": 1000,
                "currency": "EUR",
            }
        ).encode()
    )
    await shop.deliver(notice)
    assert await shop.case(order) == before
    row = await shop.store.get("inbox", notice.event_id)
    assert row is not None
    assert row.doc["state"] == "done"
