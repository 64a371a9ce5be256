"""What an order does when the buyer's bank takes the money back."""

import pytest
from support.orders import OrderStage

from actors.refund.ledger import Balance


async def statuses(shop: OrderStage, order: str) -> list[str]:
    return [each.status for each in (await shop.case(order)).order.disputes]


async def test_an_open_dispute_moves_no_money(shop: OrderStage) -> None:
    order = await shop.bought()
    before = await shop.accounts(order)
    await shop.dispute(order, "opened")
    assert (await shop.case(order)).order.disputed
    assert await shop.accounts(order) == before
    assert (await shop.case(order)).order.status == "completed", "it is a flag"
    assert len(await shop.alerts(order)) == 1


@pytest.mark.parametrize("word", ["won", "cancelled", "expired"])
async def test_a_dispute_that_is_over_leaves_no_trace_in_the_ledger(
    shop: OrderStage, word: str
) -> None:
    order = await shop.bought()
    before = await shop.accounts(order)
    await shop.dispute(order, "opened")
    await shop.dispute(order, "challenged")
    await shop.dispute(order, word)
    assert await statuses(shop, order) == ["won"]
    assert not (await shop.case(order)).order.disputed
    assert await shop.accounts(order) == before


@pytest.mark.parametrize("word", ["lost", "accepted"])
async def test_a_dispute_that_is_lost_is_booked_once(shop: OrderStage, word: str) -> None:
    order = await shop.bought()
    await shop.dispute(order, "opened")
    await shop.dispute(order, word)
    await shop.dispute(order, "won")  # an end is final
    assert await statuses(shop, order) == ["lost"]
    case = await shop.case(order)
    assert (case.order.status, case.licences[0].status) == ("refunded", "revoked")
    assert await shop.accounts(order) == {}
    assert await shop.balance() == Balance()


async def test_a_dispute_may_be_lost_that_was_never_opened(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.dispute(order, "lost")
    assert await statuses(shop, order) == ["lost"]
    assert await shop.balance() == Balance()


async def test_a_part_of_an_order_can_be_disputed(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.dispute(order, "lost", 400)
    case = await shop.case(order)
    assert (case.order.status, case.licences[0].status) == ("partially_refunded", "active")
    assert await shop.balance() == Balance(payable=585)
    await shop.refund(order)
    assert (await shop.case(order)).order.status == "refunded"
    assert await shop.accounts(order) == {}


async def test_more_than_the_order_has_left_is_the_platforms_loss(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.refund(order, amount=400)
    await shop.dispute(order, "lost", 1000)
    assert await shop.accounts(order) == {"psp_clearing": -400, "dispute_loss": 400}
    assert await shop.balance() == Balance()


async def test_a_word_of_which_we_know_nothing_changes_nothing(shop: OrderStage) -> None:
    order = await shop.bought()
    before = (await shop.case(order)).order.disputes
    await shop.dispute(order, "pre_arbitration")
    assert (await shop.case(order)).order.disputes == before
    assert any("pre_arbitration changes nothing" in line for line in await shop.says(order))
