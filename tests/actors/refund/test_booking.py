"""Where the ledger has a refund's money, also when more went out than an order had."""

from dataclasses import replace

from support.orders import OrderStage

from actors.refund.ledger import Balance


async def refunded_twice(shop: OrderStage) -> tuple[str, str, str]:
    """A refund that failed and then did not, beside another one that succeeded."""
    order = await shop.bought()
    first = await shop.request(order)
    await shop.deliver(shop.psp.settle(first.refund_id, "failed"))
    second = await shop.refund(order)
    await shop.deliver(shop.psp.settle(first.refund_id))
    return order, first.refund_id, second


async def kinds(shop: OrderStage, order: str) -> list[str]:
    return [entry["kind"] for entry in await shop.journal(order)]


async def test_an_open_refund_is_reserved_from_both_sides(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.request(order, amount=400)
    assert await shop.accounts(order) == {
        "psp_clearing": 1000,
        "seller_payable": -585,
        "platform_fee": -15,
        "refund_reserve": -400,
    }
    assert await shop.balance() == Balance(payable=585, reserved=400)


async def test_a_failed_refund_goes_back_to_where_it_came_from(shop: OrderStage) -> None:
    order = await shop.bought()
    before = await shop.accounts(order)
    opened = await shop.request(order, amount=333)
    await shop.deliver(shop.psp.settle(opened.refund_id, "failed"))
    assert await shop.accounts(order) == before


async def test_a_double_success_beyond_what_was_captured_is_the_platforms_loss(
    shop: OrderStage,
) -> None:
    order, first, second = await refunded_twice(shop)
    case = await shop.case(order)
    refunds = {each.id: each for each in case.refunds}
    assert (refunds[first].status, refunds[second].status) == ("succeeded", "succeeded")
    assert (refunds[first].lost, refunds[second].lost) == (1000, 0)
    assert await shop.accounts(order) == {"psp_clearing": -1000, "dispute_loss": 1000}
    assert await shop.balance() == Balance(), "it is not the seller's debt"
    assert f"refund {first}: 1000 went out beyond what the order had left" in await shop.alerts(
        order
    )
    assert case.returned == 1000


async def test_a_loss_is_borne_by_the_order_when_the_other_refund_comes_back(
    shop: OrderStage,
) -> None:
    order, first, second = await refunded_twice(shop)
    await shop.deliver(shop.psp.settle(second, "failed"))
    case = await shop.case(order)
    refunds = {each.id: each for each in case.refunds}
    assert refunds[second].status == "reversed"
    assert (refunds[first].lost, refunds[first].seller_part) == (0, 975)
    assert (case.order.status, case.licences[0].status) == ("refunded", "revoked")
    assert await shop.accounts(order) == {}
    assert await shop.balance() == Balance()
    assert (await kinds(shop, order))[-2:] == ["refund_reversed", "loss_absorbed"]


async def test_a_double_success_in_part_is_a_loss_in_part(shop: OrderStage) -> None:
    order = await shop.bought()
    first = await shop.request(order, amount=700)
    await shop.deliver(shop.psp.settle(first.refund_id, "failed"))
    second = await shop.request(order, amount=600)
    shop.psp.refunds[first.refund_id] = replace(
        shop.psp.refunds[first.refund_id], status="succeeded"
    )
    await shop.deliver(shop.psp.settle(first.refund_id))
    case = await shop.case(order)
    assert [(each.amount, each.lost) for each in case.refunds] == [(700, 300), (600, 0)]
    await shop.deliver(shop.psp.settle(second.refund_id, "failed"))
    case = await shop.case(order)
    assert [(each.amount, each.lost) for each in case.refunds] == [(700, 0), (600, 0)]
    assert case.order.status == "partially_refunded"
    assert await shop.accounts(order) == {
        "psp_clearing": 300,
        "platform_fee": -8,
        "seller_payable": -292,
    }


async def test_a_late_success_is_booked_once(shop: OrderStage) -> None:
    order = await shop.bought()
    opened = await shop.request(order)
    await shop.deliver(shop.psp.settle(opened.refund_id, "failed"))
    await shop.deliver(shop.psp.settle(opened.refund_id))
    await shop.deliver(shop.psp.settle(opened.refund_id, event="evt_again"))
    assert (await kinds(shop, order))[1:] == ["refund_opened", "refund_failed", "refund_succeeded"]
    assert await shop.accounts(order) == {}
