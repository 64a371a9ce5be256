"""What an order does when it is made and paid: in time, too late, otherwise than asked for."""

from dataclasses import replace

import pytest
from support.orders import DAY_S, HOUR_S, MINUTE_S, STRANGER, OrderStage

from actors.kernel import Ask
from actors.ports import PspNotice
from actors.refund import Drive, Instruct, OrderError, PaymentResolved, StartPayment
from actors.refund.ledger import Balance
from storage.api import Put


async def paid_otherwise(shop: OrderStage, order: str, **change: object) -> PspNotice:
    """The buyer pays, and the provider's truth is another one than ours."""
    payment = (await shop.case(order)).order.payment.id
    notice = shop.psp.pay(payment)
    shop.psp.payments[payment] = replace(shop.psp.payments[payment], **change)  # type: ignore[arg-type]  # its own fields
    return replace(notice, **change)  # type: ignore[arg-type]  # as above


async def call_off(shop: OrderStage, product: str) -> None:
    row = await shop.store.get("products", product)
    assert row is not None
    await shop.store.commit(
        Put("products", product, {**row.doc, "status": "cancelled"}, row.version)
    )


async def test_a_sale_is_booked_with_the_platforms_share(shop: OrderStage) -> None:
    order = await shop.bought()
    assert await shop.accounts(order) == {
        "psp_clearing": 1000,
        "platform_fee": -25,
        "seller_payable": -975,
    }
    case = await shop.case(order)
    assert (case.order.status, case.order.payment.status) == ("completed", "succeeded")
    assert case.order.paid_at == shop.clock.now_ms()


async def test_paying_again_changes_nothing(shop: OrderStage) -> None:
    order = await shop.bought()
    before = await shop.case(order)
    notice = shop.psp.pay(before.order.payment.id)
    await shop.deliver(notice)
    await shop.deliver(replace(notice, event_id="evt_again"))
    after = await shop.case(order)
    assert after.order.paid_at == before.order.paid_at
    assert len(after.licences) == 1
    assert len(await shop.journal(order)) == 1


async def test_a_declined_payment_may_be_tried_again(shop: OrderStage) -> None:
    order = await shop.order(await shop.cart())
    payment = (await shop.case(order)).order.payment.id
    await shop.deliver(shop.psp.pay(payment, "failed"))
    assert (await shop.case(order)).order.status == "payment_failed"
    await shop.deliver(shop.psp.pay(payment))
    assert (await shop.case(order)).order.status == "completed"
    failed = replace(shop.psp.pay(payment), status="failed", event_id="evt_late")
    await shop.deliver(failed)
    assert (await shop.case(order)).order.status == "completed", "it was overtaken"


async def test_who_wants_to_pay_waits_for_where(shop: OrderStage) -> None:
    order = await shop.order(await shop.cart())
    payment = (await shop.case(order)).order.payment.id
    assert await shop.orders.ask(order, StartPayment()) == f"https://psp.example/{payment}"
    assert shop.psp.posts[payment] == 1


async def test_a_silent_provider_cannot_be_paid_now_and_can_be_later(shop: OrderStage) -> None:
    shop.psp.silent = True
    cart = await shop.cart()
    with pytest.raises(OrderError) as error:
        await shop.order(cart)
    assert error.value.code == "psp_unavailable"
    order = str(error.value.details["order_id"])
    shop.psp.silent = False
    assert await shop.orders.ask(order, StartPayment())
    await shop.pay(order)
    assert (await shop.case(order)).order.status == "completed"
    assert len(shop.psp.payments) == 1


async def test_a_payment_that_the_provider_refuses_frees_its_seat(shop: OrderStage) -> None:
    product = await shop.product(capacity=1)
    shop.psp.refuses_payments = True
    with pytest.raises(OrderError) as error:
        await shop.order(await shop.cart(product))
    assert error.value.code == "psp_refused"
    assert await shop.taken(product) == 0


@pytest.mark.parametrize("capacity", [1, None])
async def test_what_nobody_pays_expires_and_frees_its_seat(
    shop: OrderStage, capacity: int | None
) -> None:
    product = await shop.product(capacity=capacity)
    order = await shop.order(await shop.cart(product))
    assert await shop.taken(product) == 1
    await shop.pass_time(31 * MINUTE_S, step_s=MINUTE_S)
    case = await shop.case(order)
    assert (case.order.status, case.order.expired) == ("payment_failed", True)
    assert shop.psp.payments[case.order.payment.id].status == "cancelled"
    assert await shop.taken(product) == 0
    assert case.order.jobs == ()


async def test_what_was_paid_in_the_last_moment_does_not_expire(shop: OrderStage) -> None:
    product = await shop.product(capacity=1)
    order = await shop.order(await shop.cart(product))
    await shop.pass_time(29 * MINUTE_S, step_s=MINUTE_S)
    shop.psp.pay((await shop.case(order)).order.payment.id)  # the webhook of which gets lost
    await shop.pass_time(10 * MINUTE_S, step_s=MINUTE_S)
    case = await shop.case(order)
    assert (case.order.status, case.order.expired) == ("completed", False)
    assert await shop.taken(product) == 1


async def test_what_is_paid_after_it_expired_is_given_back(shop: OrderStage) -> None:
    product = await shop.product(capacity=1)
    order = await shop.order(await shop.cart(product))
    await shop.pass_time(31 * MINUTE_S, step_s=MINUTE_S)
    other = await shop.bought(product, buyer=STRANGER)
    await shop.pay(order)
    case = await shop.case(order)
    (refund,) = case.refunds
    assert (case.order.status, case.licences) == ("refund_pending", ())
    assert (refund.amount, refund.reason, refund.cause) == (1000, "paid too late", "undeliverable")
    await shop.deliver(shop.psp.settle(refund.id))
    assert (await shop.case(order)).order.status == "refunded"
    assert await shop.accounts(order) == {}
    assert await shop.taken(product) == 1
    assert (await shop.only_licence(other)).status == "active"


async def test_what_is_paid_after_its_show_was_cancelled_is_given_back(shop: OrderStage) -> None:
    on, off = await shop.product(600), await shop.product(400)
    order = await shop.order(await shop.cart(on, off))
    await call_off(shop, off)
    await shop.pay(order)
    case = await shop.case(order)
    (refund,) = case.refunds
    assert (refund.amount, refund.shares) == (400, ((off, 400),))
    assert refund.reason == "the show was cancelled"
    assert [each.product for each in case.licences] == [on]
    await shop.deliver(shop.psp.settle(refund.id))
    assert (await shop.case(order)).order.status == "partially_refunded"
    assert (await shop.only_licence(order)).status == "active"
    assert await shop.balance() == Balance(payable=585)


async def test_an_undeliverable_order_whose_refund_fails_can_be_refunded_again(
    shop: OrderStage,
) -> None:
    product = await shop.product()
    order = await shop.order(await shop.cart(product))
    await call_off(shop, product)
    shop.psp.faults.append("refuse")
    await shop.pay(order)
    assert (await shop.case(order)).order.status == "completed"
    await shop.refund(order)
    assert (await shop.case(order)).order.status == "refunded"


@pytest.mark.parametrize("change", [{"amount": 999}, {"currency": "USD"}], ids=str)
async def test_another_amount_is_asked_about_and_frozen(
    shop: OrderStage, change: dict[str, object]
) -> None:
    order = await shop.order(await shop.cart())
    await shop.deliver(await paid_otherwise(shop, order, **change))
    case = await shop.case(order)
    assert case.order.payment.status == "quarantined"
    assert (case.order.status, case.licences, await shop.journal(order)) == ("created", (), [])
    assert any("not as ordered" in alert for alert in await shop.alerts(order))
    assert "payment_heard asked succeeded" in await shop.heard(order)


async def test_a_quarantined_payment_is_let_go_when_the_figures_agree(shop: OrderStage) -> None:
    order = await shop.order(await shop.cart())
    notice = await paid_otherwise(shop, order, amount=999)
    await shop.deliver(notice)
    payment = (await shop.case(order)).order.payment.id
    shop.psp.payments[payment] = replace(shop.psp.payments[payment], amount=1000)
    await shop.deliver(replace(notice, amount=1000, event_id="evt_right"))
    assert (await shop.case(order)).order.status == "completed"


async def test_an_operator_has_a_quarantined_payment_asked_about_once_more(
    shop: OrderStage,
) -> None:
    order = await shop.order(await shop.cart())
    await shop.deliver(await paid_otherwise(shop, order, amount=999))
    payment = (await shop.case(order)).order.payment.id
    shop.psp.payments[payment] = replace(shop.psp.payments[payment], amount=1000)
    await shop.orders.ask(order, Instruct(PaymentResolved("ask", "usr_root", "they corrected it")))
    await shop.settled()
    assert (await shop.case(order)).order.status == "completed"


async def test_an_operator_ends_a_quarantined_payment_and_frees_its_seat(
    shop: OrderStage,
) -> None:
    product = await shop.product(capacity=1)
    order = await shop.order(await shop.cart(product))
    await shop.deliver(await paid_otherwise(shop, order, amount=999))
    assert await shop.taken(product) == 1
    await shop.orders.ask(order, Instruct(PaymentResolved("failed", "usr_root", "given back")))
    case = await shop.case(order)
    assert (case.order.status, case.order.payment.status) == ("payment_failed", "cancelled")
    assert case.order.expired
    assert await shop.taken(product) == 0
    with pytest.raises(OrderError, match="nothing to decide"):
        await shop.orders.ask(order, Instruct(PaymentResolved("failed", "usr_root", "again")))


async def test_another_amount_in_a_webhook_alone_is_asked_about(shop: OrderStage) -> None:
    order = await shop.order(await shop.cart())
    notice = shop.psp.pay((await shop.case(order)).order.payment.id)
    await shop.deliver(replace(notice, amount=999))
    assert (await shop.case(order)).order.payment.status == "succeeded"
    assert await shop.alerts(order) == []


@pytest.mark.parametrize("amount", [1000, 999], ids=["right", "wrong"])
async def test_another_amount_after_it_was_paid_is_asked_about_once(
    shop: OrderStage, amount: int
) -> None:
    order = await shop.bought()
    payment = (await shop.case(order)).order.payment.id
    notice = shop.psp.pay(payment)
    shop.psp.payments[payment] = replace(shop.psp.payments[payment], amount=amount)
    shop.psp.patience = 10
    await shop.deliver(replace(notice, amount=999, event_id="evt_other"))
    case = await shop.case(order)
    assert (case.order.status, case.order.payment.status) == ("completed", "succeeded")
    assert not any(job.kind == "ask_payment" for job in case.order.jobs)
    assert len(await shop.alerts(order)) == (amount == 999)
    assert len(await shop.journal(order)) == 1


async def test_a_word_on_a_quarantined_payment_that_says_nothing_new(shop: OrderStage) -> None:
    order = await shop.order(await shop.cart())
    notice = await paid_otherwise(shop, order, amount=999)
    await shop.deliver(notice)
    payment = (await shop.case(order)).order.payment.id
    shop.psp.payments[payment] = replace(shop.psp.payments[payment], status="open")
    shop.psp.patience = 10
    await shop.deliver(replace(notice, event_id="evt_again"))
    assert (await shop.case(order)).order.payment.status == "quarantined"
    await shop.pass_time(DAY_S, step_s=HOUR_S)


async def test_a_webhook_without_figures_is_asked_about(shop: OrderStage) -> None:
    order = await shop.order(await shop.cart())
    notice = shop.psp.pay((await shop.case(order)).order.payment.id)
    await shop.deliver(replace(notice, amount=None, currency=""))
    assert (await shop.case(order)).order.status == "completed"


@pytest.mark.parametrize("question", [StartPayment, Drive])
async def test_an_order_that_is_not_there(shop: OrderStage, question: type[Ask[object]]) -> None:
    with pytest.raises(OrderError) as error:
        await shop.orders.ask("ord_none", question())
    assert error.value.code == "order_not_found"
