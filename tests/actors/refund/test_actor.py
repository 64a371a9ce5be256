"""The actor of an order: what it waits for, and what it does by itself."""

from support.orders import OrderStage

from actors.refund import replay_matches


async def test_an_order_is_bought_and_given_back(shop: OrderStage) -> None:
    order = await shop.bought()
    assert (await shop.only_licence(order)).status == "active"
    refund = await shop.refund(order)
    case = await shop.case(order)
    assert (case.order.status, case.refunds[0].id) == ("refunded", refund)
    assert (await shop.only_licence(order)).status == "revoked"
    assert await shop.accounts(order) == {}
    assert await replay_matches(shop.store, order)
