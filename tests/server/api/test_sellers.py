import pytest

ACCOUNT = "/sellers/me/payout-account"


async def set_account(shop):
    await shop.seller.ok("PUT", ACCOUNT, {"account": "acct_ada"})


async def balance(shop):
    return (await shop.seller.ok("GET", "/sellers/me/balance"))["balances"]


def euros(payable, *, receivable=0, reserved=0, in_transit=0):
    return [
        {
            "currency": "EUR",
            "payable": payable,
            "receivable": receivable,
            "reserved": reserved,
            "in_transit": in_transit,
        }
    ]


async def test_the_balance_follows_the_money(shop):
    bo = await shop.stage.user("Bo")
    assert await balance(shop) == []
    order = await shop.buy(bo, (await shop.offer())["id"])
    assert await balance(shop) == euros(1500)
    refund = await shop.refund(bo, order, amount=600)
    assert await balance(shop) == euros(900, reserved=600)
    await shop.settle(refund, "failed")
    assert await balance(shop) == euros(1500)
    await shop.settle(await shop.refund(bo, order))
    assert await balance(shop) == euros(0)


async def test_the_ledger_lists_what_was_booked(shop):
    bo = await shop.stage.user("Bo")
    order = await shop.buy(bo, (await shop.offer())["id"])
    shop.stage.clock.pass_s(1)
    await shop.settle(await shop.refund(bo, order, amount=600))
    ledger = (await shop.seller.ok("GET", "/sellers/me/ledger"))["items"]
    assert sum(entry["amount"] for entry in ledger) == 900
    sale = ledger[-1]
    assert sale == {
        "id": sale["id"],
        "at": "2027-01-15T08:00:00.000Z",
        "kind": sale["kind"],
        "order_id": order["id"],
        "currency": "EUR",
        "amount": 1500,
        "legs": sale["legs"],
    }
    for entry in ledger:
        assert sum(leg["amount"] for leg in entry["legs"]) == 0
    page = await shop.seller.ok("GET", "/sellers/me/ledger?limit=2")
    rest = await shop.seller.ok("GET", f"/sellers/me/ledger?cursor={page['next_cursor']}")
    assert page["items"] + rest["items"] == ledger
    assert (await bo.ok("GET", "/sellers/me/ledger"))["items"] == []


async def test_transfers_and_what_was_taken_back(shop):
    bo = await shop.stage.user("Bo")
    await set_account(shop)
    order = await shop.buy(bo, (await shop.offer())["id"])
    (transfer,) = (await shop.seller.ok("GET", "/sellers/me/transfers"))["items"]
    assert transfer == {
        "id": transfer["id"],
        "order_id": order["id"],
        "amount": 1500,
        "currency": "EUR",
        "status": "paid",
        "reversed": 0,
        "created_at": "2027-01-15T08:00:00.000Z",
        "paid_at": "2027-01-15T08:00:00.000Z",
    }
    assert await balance(shop) == euros(0)
    await shop.settle(await shop.refund(bo, order, amount=600))
    (transfer,) = (await shop.seller.ok("GET", "/sellers/me/transfers"))["items"]
    assert (transfer["status"], transfer["reversed"]) == ("partially_reversed", 600)
    assert await balance(shop) == euros(0)


async def test_a_transfer_without_a_word_is_in_transit(shop):
    bo = await shop.stage.user("Bo")
    await set_account(shop)
    shop.stage.payouts.faults.append("lose")
    await shop.buy(bo, (await shop.offer())["id"])
    assert await balance(shop) == euros(0, in_transit=1500)


async def test_the_payout_account(shop):
    assert await shop.seller.ok("GET", ACCOUNT) == {"account": None}
    await set_account(shop)
    assert await shop.seller.ok("GET", ACCOUNT) == {"account": "acct_ada"}
    await shop.seller.ok("PUT", ACCOUNT, {"account": "acct_new"})
    assert await shop.seller.ok("GET", ACCOUNT) == {"account": "acct_new"}
    bo = await shop.stage.user("Bo")
    assert await bo.ok("GET", ACCOUNT) == {"account": None}


@pytest.mark.parametrize("account", ["", "two words", "x" * 101, None, 7])
async def test_what_is_no_payout_account(shop, account):
    error = await shop.seller.fails("PUT", ACCOUNT, {"account": account})
    assert "account" in error["details"]


@pytest.mark.parametrize("path", ["balance", "ledger", "transfers", "payout-account"])
async def test_guests_have_no_sales(shop, path):
    error = await shop.stage.guest.fails("GET", f"/sellers/me/{path}", status=401)
    assert error["code"] == "unauthorized"
