"""The actor of an order: what it waits for, what it goes on with, and how it comes back."""

from dataclasses import replace

import pytest
import trio
from support.faulty_store import on_faulty_store
from support.orders import BUYER, HOUR_S, MINUTE_S, SELLER, OrderStage

from actors.ids import new_id
from actors.refund import CreateOrder, Drive, Notified, OrderError, StartPayment, replay_matches
from actors.refund.ledger import Balance
from actors.services.access_tokens import Principal
from storage.api import StoreUnavailable


async def test_an_order_is_bought_and_given_back(shop: OrderStage) -> None:
    order = await shop.bought()
    assert (await shop.only_licence(order)).status == "active"
    refund = await shop.refund(order)
    case = await shop.case(order)
    assert (case.order.status, case.refunds[0].id) == ("refunded", refund)
    assert (await shop.only_licence(order)).status == "revoked"
    assert await shop.accounts(order) == {}
    assert await replay_matches(shop.store, order)


async def test_the_buyer_is_sent_to_where_the_payment_is(shop: OrderStage) -> None:
    cart = await shop.cart()
    order = new_id("ord")
    await shop.orders.ask(order, CreateOrder(cart, None, "hash"))
    urls: list[str] = []

    async def start() -> None:
        urls.append(await shop.orders.ask(order, StartPayment()))

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(start)
    payment = (await shop.case(order)).order.payment.id
    assert urls == [f"https://psp.example/{payment}"] * 3
    assert shop.psp.posts[payment] == 1


async def test_ten_people_ask_at_once_and_one_refund_is_opened(shop: OrderStage) -> None:
    order = await shop.bought()
    refused: list[str] = []

    async def ask(number: int) -> None:
        try:
            await shop.request(order, (BUYER, SELLER)[number % 2])
        except OrderError as error:
            refused.append(error.code)

    async with trio.open_nursery() as nursery:
        for number in range(10):
            nursery.start_soon(ask, number)
    assert refused == ["refund_already_requested"] * 9
    assert len((await shop.case(order)).refunds) == len(shop.psp.refunds) == 1


async def test_many_orders_of_one_seller_end_up_in_one_balance(shop: OrderStage) -> None:
    product = await shop.product()
    buyers = [Principal(f"usr_{number}", "Bo", admin=False) for number in range(20)]
    orders = [await shop.order(await shop.cart(product, buyer=buyer)) for buyer in buyers]
    async with trio.open_nursery() as nursery:
        for order in orders:
            nursery.start_soon(shop.pay, order)
    assert await shop.balance() == Balance(payable=20 * 975)


# What is told twice.


async def twice(shop: OrderStage, order: str, message: Notified) -> None:
    """Told once by the door and once by the sweep, before the first was dealt with."""
    ref = await shop.orders.get_or_start(order)
    await ref.tell(message)
    await ref.tell(message)
    await shop.settled()
    assert not ref.stopped


async def test_a_webhook_that_is_told_twice_is_taken_in_once(shop: OrderStage) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    received = await shop.keep(shop.psp.settle(opened.refund_id))
    await twice(shop, order, Notified(received.notice, received.version))
    assert (await shop.heard(order)).count("refund_heard webhook succeeded") == 1
    assert (await shop.case(order)).order.status == "refunded"


async def test_a_webhook_that_cannot_be_is_disregarded_once(
    shop: OrderStage, capsys: pytest.CaptureFixture[str]
) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    payment = (await shop.case(order)).order.payment.id
    notice = shop.psp.settle(opened.refund_id)
    unknown = replace(notice, refund_id="ref_desk", payment_id=payment, event_id="evt_desk")
    received = await shop.keep(unknown)
    await twice(shop, order, Notified(received.notice, received.version))
    assert await shop.alerts(order) == ["disregarded: The order has no such refund."]
    assert "actor_crashed" not in capsys.readouterr().out


async def test_a_webhook_that_says_nothing_is_acknowledged_once(shop: OrderStage) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    before = await shop.case(order)
    notice = replace(shop.psp.settle(opened.refund_id), status="processing")
    received = await shop.keep(notice)
    await twice(shop, order, Notified(received.notice, received.version))
    assert await shop.case(order) == before


# A store that fails.


async def test_who_asks_is_told_that_the_store_is_away(shop: OrderStage) -> None:
    order = await shop.bought()
    store = await on_faulty_store(shop)
    store.fault = "unavailable"
    with pytest.raises(StoreUnavailable):
        await shop.request(order)
    assert shop.psp.refunds == {}
    await shop.refund(order)


async def test_an_order_that_cannot_be_kept_takes_no_seat(shop: OrderStage) -> None:
    product = await shop.product(capacity=1)
    cart = await shop.cart(product)
    store = await on_faulty_store(shop)
    store.fault = "unavailable"
    with pytest.raises(StoreUnavailable):
        await shop.order(cart)
    assert await shop.taken(product) == 0
    await shop.order(cart)


async def test_a_webhook_that_cannot_be_kept_is_found_by_the_sweep(shop: OrderStage) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    store = await on_faulty_store(shop)
    received = await shop.keep(shop.psp.settle(opened.refund_id))
    store.fault = "unavailable"
    ref = await shop.orders.get_or_start(order)
    await ref.tell(Notified(received.notice, received.version))
    await shop.settled()
    assert (await shop.only_refund(order)).status == "pending"
    await shop.pass_time(MINUTE_S, step_s=15)
    assert (await shop.case(order)).order.status == "refunded"


# Coming back.


async def test_an_idle_actor_ends_and_comes_back(shop: OrderStage) -> None:
    order = await shop.bought()
    first = await shop.orders.get_or_start(order)
    await trio.sleep(2 * HOUR_S)
    assert first.stopped
    await shop.refund(order)
    assert (await shop.case(order)).order.status == "refunded"
    assert await shop.balance() == Balance()


async def test_a_restart_with_nothing_under_way_changes_nothing(shop: OrderStage) -> None:
    order = await shop.bought()
    before = await shop.case(order)
    await shop.kill()
    await shop.start()
    await shop.orders.ask(order, Drive())
    assert replace(await shop.case(order), order=before.order) == before
    assert (await shop.case(order)).order.seq == before.order.seq
