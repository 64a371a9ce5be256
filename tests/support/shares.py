"""Sellers' shares in tests: until they are due, and once they are paid."""

from support.orders import DAY_S, TRANSFER_DELAY_S, OrderStage


async def until_due(shop: OrderStage) -> None:
    """Until the moment in which the share of what was just bought is sent."""
    await shop.pass_time(TRANSFER_DELAY_S, step_s=DAY_S)


async def paid_out(shop: OrderStage) -> str:
    """An order whose seller has their share."""
    await shop.payout_account()
    order = await shop.bought()
    await until_due(shop)
    assert (await shop.only_transfer(order)).status == "paid"
    return order
