from dataclasses import replace

import pytest
from support.webhooks import WEBHOOK_PATH, signed, webhook

from actors.kernel import TooManyActors
from actors.ports import PspNotice
from server.psp import MAX_WEBHOOK_BYTES
from storage import StoreUnavailable


@pytest.fixture
async def refunding(shop):
    """A shop with an order that has an open refund."""
    bo = await shop.stage.user("Bo")
    order = await shop.buy(bo, (await shop.offer())["id"])
    refund = await shop.refund(bo, order)
    return shop, bo, f"/orders/{order['id']}", refund


async def post(shop, body, headers=None):
    headers = signed(body) if headers is None else headers
    response = await shop.stage.guest.call("POST", WEBHOOK_PATH, data=body, headers=headers)
    await shop.settled()
    return response.status_code, await response.get_json()


async def inbox_of(shop, event_id):
    row = await shop.stage.house.store.get("inbox", event_id)
    return None if row is None else row.doc


def succeeded(refund, event_id="evt_1"):
    return PspNotice(
        event_id,
        "refund",
        "refund_succeeded",
        "succeeded",
        refund_id=refund["id"],
        amount=refund["amount"],
        currency="EUR",
    )


async def test_replay_is_idempotent(refunding):
    shop, bo, path, refund = refunding
    notice = shop.stage.psp.settle(refund["id"])
    assert await post(shop, webhook(notice)) == (200, {"received": True})
    seen = await bo.ok("GET", path)
    ledger = await shop.seller.ok("GET", "/sellers/me/ledger")
    assert seen["status"] == "refunded"
    shop.stage.clock.pass_s(60)
    for repeated in (notice, replace(notice, event_id="evt_other")):
        assert await post(shop, webhook(repeated)) == (200, {"received": True})
        assert await bo.ok("GET", path) == seen
    assert await shop.seller.ok("GET", "/sellers/me/ledger") == ledger
    assert (await inbox_of(shop, notice.event_id))["state"] == "done"


async def test_unknown_refund_id_is_ok(shop):
    notice = succeeded({"id": "ref_unknown", "amount": 5})
    assert await post(shop, webhook(notice)) == (200, {"received": True})
    assert (await inbox_of(shop, "evt_1"))["state"] == "unmatched"
    assert len(shop.stage.house.orders) == 0


async def test_missing_refund_id(shop):
    notice = succeeded({"id": "", "amount": 5})
    status, answer = await post(shop, webhook(notice))
    assert (status, answer["error"]["code"]) == (400, "missing_refund_id")
    assert await inbox_of(shop, "evt_1") is None


@pytest.mark.parametrize("word", ["pending", "processing"])
async def test_non_terminal_ignored(refunding, word):
    shop, bo, path, refund = refunding
    before = await bo.ok("GET", path)
    notice = replace(succeeded(refund), event_type=f"refund_{word}", status=word)
    assert await post(shop, webhook(notice)) == (200, {"received": True})
    assert await bo.ok("GET", path) == before
    assert (await inbox_of(shop, "evt_1"))["state"] == "done"


async def test_failed_rolls_the_order_back(refunding):
    shop, bo, path, refund = refunding
    await post(shop, webhook(shop.stage.psp.settle(refund["id"], "failed")))
    assert (await bo.ok("GET", path))["status"] == "completed"


@pytest.mark.parametrize("signature", [None, "", "0" * 128, "ü", "swapped"])
async def test_a_signature_that_is_not_ours(refunding, signature):
    shop, bo, path, refund = refunding
    body = webhook(succeeded(refund))
    headers = signed(body + b" ") if signature == "swapped" else {}
    if signature not in (None, "swapped"):
        headers = {"X-Webhook-Signature-512": signature}
    status, answer = await post(shop, body, headers)
    assert (status, answer["error"]["code"]) == (401, "bad_signature")
    assert await inbox_of(shop, "evt_1") is None
    assert (await bo.ok("GET", path))["status"] == "refund_pending"


async def test_the_signature_comes_before_the_reading(shop):
    status, answer = await post(shop, b"nonsense", {})
    assert (status, answer["error"]["code"]) == (401, "bad_signature")


async def test_without_a_secret_nobody_is_believed(shop):
    object.__setattr__(shop.stage.house, "webhook_secrets", ())
    assert (await post(shop, b"{}"))[0] == 401


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b'{"a":1,"a":2}', b"[" * 5000])
async def test_a_body_that_is_no_event(shop, body):
    status, answer = await post(shop, body)
    assert (status, answer["error"]["code"]) == (400, "invalid_request")


async def test_the_largest_body_and_one_more(shop):
    body = webhook(succeeded({"id": "ref_unknown", "amount": 5}))
    largest = body + b" " * (MAX_WEBHOOK_BYTES - len(body))
    assert (await post(shop, largest))[0] == 200
    status, answer = await post(shop, largest + b" ")
    assert (status, answer["error"]["code"]) == (413, "body_too_large")


async def test_it_is_kept_before_it_is_answered(refunding, monkeypatch):
    shop, bo, path, refund = refunding
    store = shop.stage.house.store
    body = webhook(shop.stage.psp.settle(refund["id"]))

    async def fail(*_ops):
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(store, "commit", fail)
    status, answer = await post(shop, body)
    assert (status, answer["error"]["code"]) == (503, "unavailable")
    monkeypatch.undo()
    assert (await post(shop, body))[0] == 200
    assert (await bo.ok("GET", path))["status"] == "refunded"


async def test_whom_nobody_could_tell_the_sweep_tells(refunding, monkeypatch):
    shop, bo, path, refund = refunding
    notice = shop.stage.psp.settle(refund["id"])

    async def fail(_key):
        raise TooManyActors("no room")

    monkeypatch.setattr(shop.stage.house.orders, "get_or_start", fail)
    assert (await post(shop, webhook(notice)))[0] == 200
    assert (await inbox_of(shop, notice.event_id))["state"] == "new"
    monkeypatch.undo()
    await shop.stage.house.sweeper.sweep(force=True)
    await shop.settled()
    assert (await bo.ok("GET", path))["status"] == "refunded"


async def test_another_kind_of_event_is_kept_and_done(shop):
    body = b'{"event_id":"evt_1","event_type":"mandate_active","content":{"object":{}}}'
    assert (await post(shop, body))[0] == 200
    assert (await inbox_of(shop, "evt_1"))["state"] == "done"
