"""What follows from where the money is: licences, seats, who is told."""

import pytest
from support.orders import STREAM, OrderStage


async def statuses(shop: OrderStage, order: str) -> dict[str, str]:
    return {each.product: each.status.value for each in (await shop.case(order)).licences}


async def told(shop: OrderStage) -> list[bool]:
    """What the stream and the room were told of licences: active, or not."""
    await shop.settled()
    return [each.active for each in shop.gates.told]


async def test_a_licence_stays_active_while_its_refund_is_open(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.request(order)
    assert (await shop.only_licence(order)).status == "active"
    assert await told(shop) == []


async def test_a_licence_is_suspended_where_the_terms_say_so(suspending_shop: OrderStage) -> None:
    shop = suspending_shop
    order = await shop.bought()
    opened = await shop.request(order)
    licence = await shop.only_licence(order)
    assert (licence.status, licence.revoked_at) == ("suspended", shop.clock.now_ms())
    assert (await shop.case(order)).refunds[0].status == "pending"
    assert await told(shop) == [False]

    await shop.deliver(shop.psp.settle(opened.refund_id))
    assert (await shop.only_licence(order)).status == "revoked"
    assert await shop.alerts(order) == []


async def test_a_suspended_licence_is_active_again_when_the_refund_fails(
    suspending_shop: OrderStage,
) -> None:
    shop = suspending_shop
    order = await shop.bought()
    opened = await shop.request(order)
    await shop.deliver(shop.psp.settle(opened.refund_id, "failed"))
    licence = await shop.only_licence(order)
    assert (licence.status, licence.revoked_at) == ("active", None)
    assert await told(shop) == [False, True]


async def test_only_the_licence_that_a_refund_would_end_is_suspended(
    suspending_shop: OrderStage,
) -> None:
    shop = suspending_shop
    one, two = await shop.product(), await shop.product()
    order = await shop.bought(one, two)
    await shop.request(order, products=[one])
    assert await statuses(shop, order) == {one: "suspended", two: "active"}


async def test_a_part_of_a_line_suspends_nothing(suspending_shop: OrderStage) -> None:
    shop = suspending_shop
    order = await shop.bought()
    await shop.request(order, amount=999)
    assert (await shop.only_licence(order)).status == "active"


async def test_a_licence_goes_when_its_line_is_wholly_refunded(shop: OrderStage) -> None:
    one, two = await shop.product(600), await shop.product(400)
    order = await shop.bought(one, two)
    await shop.refund(order, products=[one])
    assert await statuses(shop, order) == {one: "revoked", two: "active"}
    assert [(each.stream_id, each.active) for each in shop.gates.told] == [(STREAM, False)]


async def test_parts_of_a_line_end_its_licence_once_they_add_up(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.refund(order, amount=400)
    assert (await shop.only_licence(order)).status == "active"
    await shop.refund(order, amount=600)
    assert (await shop.only_licence(order)).status == "revoked"
    assert (await shop.case(order)).order.status == "refunded"


async def test_a_reversal_gives_the_licence_back(shop: OrderStage) -> None:
    order = await shop.bought()
    refund = await shop.refund(order)
    await shop.deliver(shop.psp.settle(refund, "failed"))
    await shop.settled()
    licence = await shop.only_licence(order)
    assert (licence.status, licence.revoked_at) == ("active", None)
    assert await told(shop) == [False, True]


@pytest.mark.parametrize("capacity", [5, None])
async def test_a_revoked_licence_frees_its_seat_and_a_reversal_takes_it_again(
    shop: OrderStage, capacity: int | None
) -> None:
    product = await shop.product(capacity=capacity)
    order = await shop.bought(product)
    assert await shop.taken(product) == 1
    refund = await shop.refund(order)
    assert await shop.taken(product) == 0
    await shop.deliver(shop.psp.settle(refund, "failed"))
    await shop.settled()
    assert await shop.taken(product) == 1


async def test_a_suspended_licence_keeps_its_seat(suspending_shop: OrderStage) -> None:
    shop = suspending_shop
    product = await shop.product(capacity=5)
    order = await shop.bought(product)
    opened = await shop.request(order)
    assert await shop.taken(product) == 1
    await shop.deliver(shop.psp.settle(opened.refund_id))
    assert await shop.taken(product) == 0


async def test_the_stream_is_told_until_it_has_answered(shop: OrderStage) -> None:
    order = await shop.bought()
    shop.gates.deaf = True
    await shop.refund(order)
    assert await told(shop) == []
    shop.gates.deaf = False
    await shop.pass_time(60, step_s=15)
    assert await told(shop) == [False]
    assert (await shop.case(order)).order.jobs == ()


async def test_a_change_while_the_stream_is_being_told_of_another_is_told_too(
    shop: OrderStage,
) -> None:
    order = await shop.bought()
    refund = await shop.refund(order)
    gate = shop.gates.shut()
    await shop.deliver(shop.psp.settle(refund, "failed"))  # active again: being told
    await shop.settled()
    await shop.refund(order)  # and no more
    gate.set()
    assert await told(shop) == [False, True, False]
