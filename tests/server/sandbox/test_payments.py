from itertools import product

import trio

PAYMENT = {
    "payment_id": "pay_1",
    "amount": 1200,
    "currency": "EUR",
    "return_url": "https://shop.example/orders",
}


async def test_a_payment_waits_to_be_paid_on_its_page(sandbox):
    body = PAYMENT | {"description": "A ticket", "metadata": {"order.id": "ord_1"}}
    more = {"confirm": False, "capture_method": "automatic"}
    said = await sandbox.psp("POST", "/payments", body | more)
    assert said["status"] == "requires_payment_method"
    assert (said["amount"], said["amount_received"], said["currency"]) == (1200, 0, "EUR")
    assert said["payment_link"]["link"] == f"{sandbox.url}/pay/pay_1"
    assert said["metadata"] == {"order.id": "ord_1"}
    assert said == await sandbox.psp("GET", "/payments/pay_1?force_sync=true")
    assert sandbox.shop.taken == []


async def test_paid_the_shop_hears_of_it_once(sandbox):
    await sandbox.payment()
    paid = await sandbox.pay()
    assert (paid["status"], paid["amount_received"]) == ("succeeded", 1200)
    again = await sandbox.pay()
    assert again == paid
    await sandbox.payment("pay_2")
    await sandbox.pay("pay_2")
    events = await sandbox.shop.wait(2)
    assert [event["content"]["object"]["payment_id"] for event in events] == ["pay_1", "pay_2"]
    assert events[0]["event_type"] == "payment_succeeded"
    assert events[0]["content"] == {"type": "payment_details", "object": paid}
    assert events[0]["event_id"] != events[1]["event_id"]
    assert set(events[0]) == {"merchant_id", "event_id", "event_type", "content", "timestamp"}


async def test_paid_by_many_at_once_it_is_paid_once(sandbox):
    await sandbox.payment()
    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(sandbox.pay)
    assert len(await sandbox.truth("webhooks")) == 1


async def test_a_payment_id_serves_once(sandbox):
    await sandbox.payment()
    assert await sandbox.fails("POST", "/payments", PAYMENT | {"amount": 5}) == "HE_01"
    assert (await sandbox.psp("GET", "/payments/pay_1"))["amount"] == 1200


async def test_cancelled_it_is_over(sandbox):
    await sandbox.payment()
    cancelled = await sandbox.psp("POST", "/payments/pay_1/cancel", {})
    assert cancelled["status"] == "cancelled"
    await sandbox.shop.wait(1)
    assert sandbox.shop.types() == ["payment_cancelled"]
    assert await sandbox.fails("POST", "/payments/pay_1/cancel", {}) == "IR_14"
    assert await sandbox.fails("POST", "/pay/pay_1") == "IR_14"


async def test_paid_it_is_not_cancelled(sandbox):
    await sandbox.paid()
    assert await sandbox.fails("POST", "/payments/pay_1/cancel", {}) == "IR_14"


async def test_what_there_is_not(sandbox):
    assert await sandbox.fails("GET", "/payments/pay_1", status=404) == "HE_02"
    assert await sandbox.fails("POST", "/payments/pay_1/cancel", {}, status=404) == "HE_02"
    for unthinkable in ("p" * 500, "pay%00"):
        assert await sandbox.fails("GET", f"/payments/{unthinkable}") == "IR_06"
    assert await sandbox.fails("GET", "/nowhere", status=404) == "IR_02"
    assert await sandbox.fails("DELETE", "/payments", status=405) == "IR_03"


async def test_nobody_without_the_key(sandbox):
    places = [("GET", "/payments/x"), ("POST", "/refunds"), ("GET", "/control/truth")]
    for (method, path), key in product(places, [None, "", "wrong"]):
        headers = {} if key is None else {"api-key": key}
        answer = await sandbox.http.request(method, f"{sandbox.url}{path}", headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "IR_01")


BAD_CHANGES = [
    {"amount": 0},
    {"amount": "1"},
    {"currency": "eur"},
    {"currency": "EURO"},
    {"payment_id": ""},
    {"payment_id": "a b"},
    {"confirm": True},
    {"return_url": "javascript:alert(1)"},
    {"return_url": "ftp://shop.example/"},
    {"return_url": "https://shop.example; script-src *"},
    {"return_url": "https://user@shop.example/"},
    {"return_url": "https://shop.example/\r\nX: 1"},
    {"return_url": "https://shop.example/" + "x" * 2048},
    {"description": "d" * 256},
]


async def test_a_bad_payment_is_refused(sandbox):
    for change in BAD_CHANGES:
        assert await sandbox.fails("POST", "/payments", PAYMENT | change) == "IR_06", change
    assert await sandbox.truth("payments") == []


async def test_bodies_are_bounded_and_json(sandbox):
    headers = {"api-key": "the_api_key"}
    for content, status in [(b"{", 400), (b"[]", 400), (b"x" * 70_000, 413)]:
        answer = await sandbox.http.post(
            f"{sandbox.url}/payments", content=content, headers=headers
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, "IR_06")
