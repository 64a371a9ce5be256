"""How a seller gets their share."""

import pytest
from support.orders import DAY_S, HOUR_S, MINUTE_S, STRANGER, TRANSFER_DELAY_S, OrderStage
from support.shares import paid_out, until_due

from actors.ports import TransferState
from actors.refund import AccountNamed, Instruct
from actors.refund.ledger import Balance


async def test_the_share_is_sent_after_the_delay(shop: OrderStage) -> None:
    await shop.payout_account()
    order = await shop.bought()
    await shop.pass_time(TRANSFER_DELAY_S - HOUR_S, step_s=DAY_S)
    assert (await shop.only_transfer(order)).status == "scheduled"
    assert shop.payouts.sent() == 0
    await shop.pass_time(2 * HOUR_S)
    transfer = await shop.only_transfer(order)
    assert (transfer.status, transfer.amount) == ("paid", 975)
    assert transfer.psp_id == f"tr_{transfer.id}"
    assert transfer.paid_at is not None
    assert await shop.balance() == Balance()
    assert await shop.accounts(order) == {"psp_clearing": 25, "platform_fee": -25}
    assert (await shop.case(order)).order.jobs == ()


async def test_no_share_is_sent_without_a_payout_account(shop: OrderStage) -> None:
    order = await shop.bought()
    await until_due(shop)
    assert (await shop.only_transfer(order)).status == "scheduled"
    assert await shop.balance() == Balance(payable=975)
    assert any("no payout account" in line for line in await shop.says(order))
    await shop.payout_account()
    await shop.pass_time(2 * DAY_S)
    assert (await shop.only_transfer(order)).status == "paid"


async def test_a_refused_account_gives_the_share_back_and_it_is_sent_later(
    shop: OrderStage,
) -> None:
    await shop.payout_account("acct_closed")
    shop.payouts.faults.append("refuse")
    order = await shop.bought()
    await until_due(shop)
    first, second = (await shop.case(order)).transfers
    assert (first.status, second.status) == ("cancelled", "scheduled")
    assert await shop.balance() == Balance(payable=975)
    assert await shop.alerts(order) == [f"transfer {first.id}: refused (account_closed)"]
    await shop.payout_account("acct_open")
    await shop.pass_time(DAY_S + HOUR_S)
    _, second = (await shop.case(order)).transfers
    assert (second.status, second.amount) == ("paid", 975)
    assert await shop.balance() == Balance()


@pytest.mark.parametrize("fault", ["drop", "lose"])
async def test_a_transfer_of_which_nobody_knows_is_sent_under_the_same_id(
    shop: OrderStage, fault: str
) -> None:
    await shop.payout_account()
    shop.payouts.faults.append(fault)
    order = await shop.bought()
    await until_due(shop)
    transfer = await shop.only_transfer(order)
    assert transfer.status == "unknown"
    assert await shop.balance() == Balance(in_transit=975)
    await shop.pass_time(MINUTE_S, step_s=5)
    assert (await shop.only_transfer(order)).status == "paid"
    assert list(shop.payouts.transfers) == [transfer.id]
    assert shop.payouts.sent() == 975
    assert await shop.balance() == Balance()


async def test_a_transfer_waits_for_an_open_refund(shop: OrderStage) -> None:
    await shop.payout_account()
    order = await shop.bought()
    opened = await shop.request(order, amount=400)
    await until_due(shop)
    assert (await shop.only_transfer(order)).status == "scheduled"
    assert any("waits for the refund" in line for line in await shop.says(order))
    await shop.deliver(shop.psp.settle(opened.refund_id))
    await shop.pass_time(2 * HOUR_S)
    transfer = await shop.only_transfer(order)
    assert (transfer.status, transfer.amount, transfer.reversals) == ("paid", 585, ())
    assert await shop.balance() == Balance()


async def test_a_transfer_waits_for_a_dispute(shop: OrderStage) -> None:
    await shop.payout_account()
    order = await shop.bought()
    await shop.dispute(order, "opened")
    await until_due(shop)
    assert (await shop.only_transfer(order)).status == "scheduled"
    await shop.dispute(order, "won")
    await shop.pass_time(2 * HOUR_S)
    assert (await shop.only_transfer(order)).status == "paid"


async def test_a_transfer_of_what_has_been_given_back_is_cancelled(shop: OrderStage) -> None:
    await shop.payout_account()
    order = await shop.bought()
    await shop.refund(order)
    assert (await shop.only_transfer(order)).status == "cancelled"
    await until_due(shop)
    assert shop.payouts.transfers == {}


async def in_debt(shop: OrderStage) -> str:
    """An order whose money was sent to the seller, while its buyer waits for the refund."""
    order = await paid_out(shop)
    await shop.request(order)
    assert await shop.balance() == Balance(receivable=975, reserved=1000)
    return order


async def test_a_share_that_has_paid_a_debt_is_sent_once_the_debt_is_gone(
    shop: OrderStage,
) -> None:
    order = await in_debt(shop)
    later = await shop.bought(await shop.product(), buyer=STRANGER)
    await until_due(shop)
    assert (await shop.only_transfer(later)).status == "scheduled"
    assert any("held back" in line for line in await shop.says(later))
    await shop.deliver(shop.psp.settle((await shop.only_refund(order)).id))
    assert await shop.balance() == Balance(payable=975), "its transfer was taken back"
    await shop.pass_time(2 * DAY_S)
    assert (await shop.only_transfer(later)).status == "paid"
    assert await shop.balance() == Balance()
    assert (await shop.case(later)).order.jobs == ()


async def test_of_a_share_the_part_that_paid_a_debt_is_sent_later(shop: OrderStage) -> None:
    order = await paid_out(shop)
    await shop.request(order, amount=400)
    later = await shop.bought(await shop.product(), buyer=STRANGER)
    await until_due(shop)
    assert [each.amount for each in (await shop.case(later)).transfers] == [585, 390]
    await shop.deliver(shop.psp.settle((await shop.only_refund(order)).id))
    await shop.pass_time(2 * DAY_S)
    assert [each.status for each in (await shop.case(later)).transfers] == ["paid", "paid"]
    assert shop.payouts.sent() == 975 - 390 + 975
    assert await shop.balance() == Balance()


async def test_a_share_that_has_paid_a_debt_for_good_is_given_up(
    shop: OrderStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.refund.transfers.MAX_WAITS_FOR_DEBTS", 3)
    order = await paid_out(shop)
    shop.payouts.broke = True
    await shop.refund(order)
    later = await shop.bought(await shop.product(), buyer=STRANGER)
    assert await shop.balance() == Balance()
    await shop.pass_time(TRANSFER_DELAY_S + 10 * DAY_S, step_s=DAY_S)
    assert (await shop.only_transfer(later)).status == "cancelled"
    assert (await shop.case(later)).order.jobs == ()
    assert shop.payouts.sent() == 975


async def test_naming_an_account_sends_what_waited_for_it(shop: OrderStage) -> None:
    order = await shop.bought()
    await until_due(shop)
    await shop.payout_account()
    await shop.orders.ask(order, Instruct(AccountNamed()))
    await shop.settled()
    assert (await shop.only_transfer(order)).status == "paid"


async def test_naming_an_account_sends_nothing_before_its_time(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.payout_account()
    await shop.orders.ask(order, Instruct(AccountNamed()))
    await shop.settled()
    assert (await shop.only_transfer(order)).status == "scheduled"


async def test_what_the_provider_has_sent_already_is_not_sent_again(shop: OrderStage) -> None:
    """As after a restore from a backup: whoever asks first is not misled by a forgotten key."""
    await shop.payout_account()
    order = await shop.bought()
    transfer = await shop.only_transfer(order)
    sent = TransferState(transfer.id, "tr_of_before", 975, "EUR")
    shop.payouts.transfers[transfer.id] = sent
    shop.payouts.faults.append("refuse")  # what a second call would meet
    await until_due(shop)
    assert (await shop.only_transfer(order)).psp_id == "tr_of_before"


async def test_a_crash_while_the_share_is_sent_sends_it_once(shop: OrderStage) -> None:
    await shop.payout_account()
    order = await shop.bought()
    gate = shop.payouts.shut()
    await until_due(shop)
    assert (await shop.only_transfer(order)).status == "sending"
    await shop.kill()
    gate.set()
    await shop.start()
    await shop.pass_time(MINUTE_S, step_s=15)
    assert (await shop.only_transfer(order)).status == "paid"
    assert shop.payouts.sent() == 975
    assert shop.payouts.calls == 1, "it was looked for first"
