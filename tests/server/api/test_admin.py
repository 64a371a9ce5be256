from dataclasses import replace

import pytest

from server import reconciliation
from storage import Put

RECONCILIATION = "/admin/reconciliation"


@pytest.fixture
async def refunding(shop):
    """A shop with a paid order that has an open refund, and an operator."""
    bo = await shop.stage.user("Bo")
    order = await shop.buy(bo, (await shop.offer())["id"])
    return shop, bo, order, await shop.refund(bo, order), await shop.stage.operator()


async def quarantine(shop, refund):
    """Have the provider say another amount than was asked for."""
    psp = shop.stage.psp
    psp.refunds[refund["id"]] = replace(psp.refunds[refund["id"]], amount=1)
    await shop.settle(refund)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/admin/sweep"),
        ("GET", "/admin/refunds/ref_unknown"),
        ("POST", "/admin/refunds/ref_unknown/resolve"),
        ("POST", "/admin/payments/pay_unknown/resolve"),
        ("GET", RECONCILIATION),
    ],
)
async def test_this_is_for_the_operator_alone(stage, method, path):
    body = {"outcome": "ask", "note": "why"} if path.endswith("resolve") else None
    assert (await stage.guest.fails(method, path, body, 401))["code"] == "unauthorized"
    eve = await stage.user("Eve")
    assert (await eve.fails(method, path, body, 403))["code"] == "forbidden"
    if "unknown" in path:
        root = await stage.operator()
        code = "refund_not_found" if "/refunds/" in path else "order_not_found"
        assert (await root.fails(method, path, body, 404))["code"] == code


async def test_the_sweep_finds_what_a_lost_webhook_would_have_told(refunding):
    shop, bo, order, refund, root = refunding
    shop.stage.psp.settle(refund["id"])
    assert (await bo.ok("GET", f"/orders/{order['id']}"))["status"] == "refund_pending"
    assert (await root.ok("POST", "/admin/sweep"))["driven"] == 1
    await shop.settled()
    assert (await bo.ok("GET", f"/orders/{order['id']}"))["status"] == "refunded"


async def test_a_refund_is_explained(refunding):
    shop, bo, order, refund, root = refunding
    await shop.settle(refund)
    explained = await root.ok("GET", f"/admin/refunds/{refund['id']}")
    detail = explained["refund"]
    assert (detail["id"], detail["order_id"]) == (refund["id"], order["id"])
    assert (detail["status"], detail["requested_by"]) == ("succeeded", bo.user["id"])
    assert detail["psp_id"] == f"re_{refund['id']}"
    steps = explained["steps"]
    assert [step["seq"] for step in steps] == list(range(1, len(steps) + 1))
    assert steps[0]["cause"] == "created"
    webhook = next(
        step
        for step in steps
        if step["evidence"].get("source") == "webhook" and step["cause"] == "refund_heard"
    )
    assert webhook["evidence"]["evidence"].startswith("evt_")
    assert f"refund {refund['id']}: pending -> succeeded" in webhook["what"]
    assert explained["replay_matches"]


async def test_a_replay_that_leads_elsewhere_is_told(refunding):
    shop, _, _, refund, root = refunding
    store = shop.stage.house.store
    row = await store.get("refunds", refund["id"])
    await store.commit(Put("refunds", row.id, row.doc | {"note": "by hand"}, row.version))
    assert not (await root.ok("GET", f"/admin/refunds/{refund['id']}"))["replay_matches"]


async def test_the_operator_lets_a_refund_out_of_quarantine(refunding):
    shop, bo, order, refund, root = refunding
    await quarantine(shop, refund)
    await root.ok("POST", "/admin/sweep")
    await shop.settled()
    path = f"/admin/refunds/{refund['id']}"
    assert (await root.ok("GET", path))["refund"]["status"] == "quarantined"
    seen = (await bo.ok("GET", f"/orders/{order['id']}"))["refunds"]
    assert seen[0]["status"] == "pending"
    body = {"outcome": "succeeded", "note": "The bank's statement says so."}
    resolved = await root.ok("POST", f"{path}/resolve", body)
    assert resolved["refund"]["status"] == "succeeded"
    assert resolved["refund"]["note"] == body["note"]
    error = await root.fails("POST", f"{path}/resolve", body)
    assert error["code"] == "order_not_refundable"


async def test_the_operator_decides_a_payment_in_quarantine(shop):
    bo, root = await shop.stage.user("Bo"), await shop.stage.operator()
    order = await shop.order(bo, (await shop.offer())["id"])
    payment, psp = order["payment"]["id"], shop.stage.psp
    notice = psp.pay(payment)
    psp.payments[payment] = replace(psp.payments[payment], amount=1)
    await shop.deliver(replace(notice, amount=1))
    shown = await bo.ok("GET", f"/orders/{order['id']}")
    assert shown["payment"]["status"] == "quarantined"
    path, body = f"/admin/payments/{payment}/resolve", {"outcome": "failed", "note": "given back"}
    assert await root.ok("POST", path, body) == {"order_id": order["id"], "status": "cancelled"}
    assert (await bo.ok("GET", f"/orders/{order['id']}"))["status"] == "payment_failed"
    assert (await root.fails("POST", path, body))["code"] == "no_payment"


@pytest.mark.parametrize(
    "body",
    [{}, {"outcome": "maybe", "note": "x"}, {"outcome": "failed"}, {"outcome": "ask", "note": " "}],
)
async def test_a_word_without_sense_or_reason(refunding, body):
    *_, refund, root = refunding
    error = await root.fails("POST", f"/admin/refunds/{refund['id']}/resolve", body)
    assert error["code"] == "invalid_request"


async def test_nothing_differs(refunding):
    shop, bo, _, refund, root = refunding
    await shop.seller.ok("PUT", "/sellers/me/payout-account", {"account": "acct_ada"})
    await shop.settle(refund)
    await shop.buy(bo, (await shop.offer())["id"])
    await shop.order(bo, (await shop.offer())["id"])
    report = await root.ok("GET", RECONCILIATION)
    assert report["differences"] == []
    assert report["complete"]
    # Three payments, one refund, two transfers, six entries, one balance.
    assert report["checked"] == 13


async def test_what_differs_is_named(refunding):
    shop, bo, _, refund, root = refunding
    await shop.seller.ok("PUT", "/sellers/me/payout-account", {"account": "acct_ada"})
    second = await shop.buy(bo, (await shop.offer())["id"])
    stage = shop.stage
    (transfer,) = (await shop.seller.ok("GET", f"/orders/{second['id']}"))["transfers"]
    stage.psp.settle(refund["id"])
    payment = second["payment"]["id"]
    stage.psp.payments[payment] = replace(stage.psp.payments[payment], amount=1)
    stage.payouts.reversals[f"by hand:{transfer['id']}"] = 7
    report = await root.ok("GET", RECONCILIATION)
    assert report["differences"] == [
        {
            "kind": "payment",
            "id": payment,
            "ours": "succeeded 1500 EUR",
            "theirs": "succeeded 1 EUR",
        },
        {
            "kind": "refund",
            "id": refund["id"],
            "ours": "pending 1500 EUR",
            "theirs": "succeeded 1500 EUR",
        },
        {
            "kind": "transfer",
            "id": transfer["id"],
            "ours": "paid 1500 EUR, 0 reversed",
            "theirs": "paid 1500 EUR, 7 reversed",
        },
    ]


async def test_a_refund_that_somebody_made_at_the_provider_is_named(refunding):
    shop, _, order, refund, root = refunding
    psp = shop.stage.psp
    psp.refunds["ref_by_hand"] = replace(psp.refunds[refund["id"]], refund_id="ref_by_hand")
    psp.refunded["ref_by_hand"] = order["payment"]["id"]
    (difference,) = (await root.ok("GET", RECONCILIATION))["differences"]
    assert (difference["kind"], difference["id"]) == ("refund", "ref_by_hand")
    assert difference["ours"] == "unknown"


async def test_a_provider_that_is_silent_agrees_with_nothing(refunding):
    shop, *_, root = refunding
    shop.stage.psp.silent = True
    differences = (await root.ok("GET", RECONCILIATION))["differences"]
    assert [(each["kind"], each["theirs"]) for each in differences] == [
        ("payment", "no answer: silent"),
        ("refund", "no answer: silent"),
    ]


async def test_a_ledger_that_does_not_add_up(refunding):
    shop, *_, root = refunding
    store = shop.stage.house.store
    entry = (await store.find("journal", {}, sort="at", limit=1))[0]
    legs = [leg | {"amount": leg["amount"] - 1} for leg in entry.doc["legs"][:1]]
    doc = entry.doc | {"legs": legs + entry.doc["legs"][1:]}
    await store.commit(Put("journal", entry.id, doc, entry.version))
    (row,) = await store.find("balances", {}, sort="id")
    await store.commit(Put("balances", row.id, row.doc | {"payable": 5}, row.version))
    differences = (await root.ok("GET", RECONCILIATION))["differences"]
    assert [(each["kind"], each["id"]) for each in differences] == [
        ("balance", row.id),
        ("entry", entry.id),
    ]
    assert differences[0]["ours"] == "payable 5, receivable 0, reserved 1500, in_transit 0"


async def test_what_was_left_out_is_told(refunding, monkeypatch):
    shop, bo, *_, root = refunding
    await shop.order(bo, (await shop.offer())["id"])
    monkeypatch.setattr(reconciliation, "PAGE_ROWS", 1)
    monkeypatch.setattr(reconciliation, "MAX_ORDERS", 1)
    report = await root.ok("GET", RECONCILIATION)
    assert not report["complete"]
