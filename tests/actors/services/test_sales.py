import pytest
from support.orders import BUYER, SELLER, TRANSFER_DELAY_S, open_order_stage

from actors.services import sales
from actors.services.sales import (
    Balance,
    balances_of,
    folded_balances,
    ledger_of,
    payout_account,
    set_payout_account,
    transfers_to,
)
from storage import Put


@pytest.fixture
async def shop(tmp_path):
    async with open_order_stage(tmp_path) as shop:
        yield shop


async def balance(shop):
    (only,) = await balances_of(shop.store, SELLER.user_id)
    assert (only.payable, only.receivable) == (
        (await shop.balance()).payable,
        (await shop.balance()).receivable,
    )
    return only


async def test_payable_reserved_and_in_transit(autojump_clock, shop):
    assert await balances_of(shop.store, SELLER.user_id) == []
    order = await shop.bought()  # 1000, of which 25 are the platform's
    assert await balance(shop) == Balance("EUR", 975, 0, 0, 0)
    opened = await shop.request(order, amount=400)
    assert await balance(shop) == Balance("EUR", 585, 0, 400, 0)
    await shop.deliver(shop.psp.settle(opened.refund_id))
    assert await balance(shop) == Balance("EUR", 585, 0, 0, 0)
    await shop.payout_account()
    shop.payouts.faults.append("lose")
    await shop.pass_time(TRANSFER_DELAY_S)
    assert await balance(shop) == Balance("EUR", 0, 0, 0, 585)


async def test_a_debt_is_receivable(autojump_clock, shop):
    order = await shop.bought()
    await shop.payout_account()
    await shop.pass_time(TRANSFER_DELAY_S)
    shop.payouts.broke = True
    await shop.refund(order)
    assert await balance(shop) == Balance("EUR", 0, 975, 0, 0)


async def test_the_ledger_has_the_newest_first(autojump_clock, shop):
    order = await shop.bought()
    await shop.pass_time(1)
    await shop.refund(order)
    first = await ledger_of(shop.store, SELLER.user_id, None, 2)
    rest = await ledger_of(shop.store, SELLER.user_id, first.after, 2)
    entries = first.items + rest.items
    assert len(entries) == 3
    assert entries[-1].seller_delta == 975
    assert sum(entry.seller_delta for entry in entries) == 0
    for entry in entries:
        assert sum(leg.amount for leg in entry.legs) == 0
        assert (entry.order, entry.currency) == (order, "EUR")


async def test_transfers(autojump_clock, shop):
    order = await shop.bought()
    await shop.payout_account()
    await shop.pass_time(TRANSFER_DELAY_S)
    await shop.refund(order, amount=400)
    (transfer,) = (await transfers_to(shop.store, SELLER.user_id, None, 5)).items
    assert (transfer.order, transfer.amount, transfer.status) == (order, 975, "partially_reversed")
    assert (transfer.reversed, transfer.reversing) == (390, 0)
    assert (await transfers_to(shop.store, BUYER.user_id, None, 5)).items == []


async def test_where_payouts_go(autojump_clock, shop):
    assert await payout_account(shop.store, "usr_1") is None
    for account in ("acct_1", "acct_2"):
        await set_payout_account(shop.store, shop.clock, "usr_1", account)
        assert await payout_account(shop.store, "usr_1") == account


async def test_balances_are_the_fold_of_the_journal(autojump_clock, shop, monkeypatch):
    monkeypatch.setattr(sales, "SUMMED_ROWS", 2)
    assert await folded_balances(shop.store, SELLER.user_id) == ({}, {})
    order = await shop.bought()
    await shop.refund(order, amount=400)
    stored, folded = await folded_balances(shop.store, SELLER.user_id)
    assert stored == folded == {"EUR": Balance("EUR", 585, 0)}
    (row,) = await shop.store.find("balances", {}, sort="id")
    await shop.store.commit(Put("balances", row.id, row.doc | {"receivable": 7}, row.version))
    stored, folded = await folded_balances(shop.store, SELLER.user_id)
    assert (stored, folded) == ({"EUR": Balance("EUR", 585, 7)}, {"EUR": Balance("EUR", 585, 0)})


async def test_what_is_booked_while_it_is_folded_makes_no_difference(
    autojump_clock, shop, monkeypatch
):
    await shop.bought()
    fold = sales._fold
    calls = 0

    async def fold_while_somebody_buys(store, seller):
        nonlocal calls
        calls += 1
        folded = await fold(store, seller)
        if calls == 1:
            await shop.bought()
        return folded

    monkeypatch.setattr(sales, "_fold", fold_while_somebody_buys)
    stored, folded = await folded_balances(shop.store, SELLER.user_id)
    assert stored == folded == {"EUR": Balance("EUR", 1950)}
    assert calls == 2
