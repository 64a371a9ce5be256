import pytest
from support.orders import BUYER, SELLER, STRANGER, open_order_stage

from actors.services.orders import (
    Refund,
    events_of,
    find_by_key,
    get_order,
    get_refund,
    list_by_buyer,
    list_by_seller,
    parts_of,
)
from actors.services.pages import Page


@pytest.fixture
async def shop(tmp_path):
    async with open_order_stage(tmp_path) as shop:
        yield shop


async def test_an_order_as_its_actor_wrote_it(autojump_clock, shop):
    product = await shop.product(capacity=5)
    order_id = await shop.order(await shop.cart(product), key="a key")
    case = await shop.case(order_id)
    order = await get_order(shop.store, order_id)
    assert order is not None
    assert (order.status, order.amount, order.currency) == ("created", 1000, "EUR")
    assert (order.buyer, order.seller_name, order.fee) == (
        BUYER.user_id,
        SELLER.name,
        case.order.fee,
    )
    assert order.payment.id == case.order.payment.id
    assert order.payment.pay_url == case.order.payment.pay_url
    assert (order.paid_at, order.refund_until, order.disputed) == (None, None, False)
    assert order.lines[0].product == product
    await shop.pay(order_id)
    paid = await get_order(shop.store, order_id)
    assert paid is not None
    assert paid.refund_until == (await shop.case(order_id)).order.refund_deadline
    assert await get_order(shop.store, "ord_unknown") is None


async def test_an_order_is_found_by_its_buyers_key(autojump_clock, shop):
    order_id = await shop.order(await shop.cart(), key="a key")
    found = await find_by_key(shop.store, BUYER.user_id, "a key")
    assert found == await get_order(shop.store, order_id)
    assert await find_by_key(shop.store, BUYER.user_id, "another") is None
    assert await find_by_key(shop.store, STRANGER.user_id, "a key") is None


async def test_lists_have_the_newest_first(autojump_clock, shop):
    orders = []
    for _ in range(3):
        orders.append(await shop.bought())
        await shop.pass_time(1)
    for first in (
        await list_by_buyer(shop.store, BUYER.user_id, None, 2),
        await list_by_seller(shop.store, SELLER.user_id, None, 2),
    ):
        assert [order.id for order in first.items] == [orders[2], orders[1]]
    rest = await list_by_seller(shop.store, SELLER.user_id, first.after, 2)
    assert ([order.id for order in rest.items], rest.after) == ([orders[0]], None)
    assert await list_by_buyer(shop.store, SELLER.user_id, None, 2) == Page([], None)


async def test_what_hangs_on_an_order(autojump_clock, shop):
    one, two = await shop.product(1000), await shop.product(500)
    order = await shop.bought(one, two)
    await shop.refund(order, products=[two])
    opened = await shop.request(order, amount=400)
    parts = await parts_of(shop.store, order)
    assert [(each.word, each.amount) for each in parts.refunds] == [
        ("succeeded", 500),
        ("pending", 400),
    ]
    assert parts.open_refund is not None
    assert parts.open_refund.id == opened.refund_id
    assert (parts.refunded(one), parts.refunded(two)) == (0, 500)
    assert {each.product: each.status for each in parts.licences} == {one: "active", two: "revoked"}
    (transfer,) = parts.transfers
    assert (transfer.status, transfer.reversed, transfer.paid_at) == ("scheduled", 0, None)


async def test_a_refund_and_what_happened_to_its_order(autojump_clock, shop):
    order = await shop.bought()
    refund_id = await shop.refund(order)
    refund = await get_refund(shop.store, refund_id)
    assert refund is not None
    assert (refund.order, refund.status, refund.requested_by) == (
        order,
        "succeeded",
        BUYER.user_id,
    )
    events = await events_of(shop.store, order)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert await get_refund(shop.store, "ref_unknown") is None


@pytest.mark.parametrize(
    ("status", "word", "is_open"),
    [
        ("requested", "pending", True),
        ("submitting", "pending", True),
        ("pending", "pending", True),
        ("unknown", "pending", True),
        ("review", "pending", True),
        ("quarantined", "pending", True),
        ("succeeded", "succeeded", False),
        ("failed", "failed", False),
        ("reversed", "reversed", False),
    ],
)
def test_buyers_know_four_words(status, word, is_open):
    refund = Refund(
        "ref_1", "ord_1", status, 5, "EUR", {}, "", "requested", "usr_1", None, "", "", "", 0, None
    )
    assert (refund.word, refund.is_open) == (word, is_open)
