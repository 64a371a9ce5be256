import re

import pytest

from server.sandbox.pay_routes import price

BROWSER = {"Accept": "text/html,application/xhtml+xml"}


async def open_page(sandbox, payment_id="pay_1"):
    return await sandbox.http.get(f"{sandbox.url}/pay/{payment_id}", headers=BROWSER)


async def press(sandbox, action):
    data = {"action": action}
    return await sandbox.http.post(f"{sandbox.url}/pay/pay_1", data=data, headers=BROWSER)


async def test_the_page_says_what_is_paid_and_that_no_money_moves(sandbox):
    body = {
        "payment_id": "pay_1",
        "amount": 125000,
        "currency": "EUR",
        "description": "<b>Night & Day</b>",
        "return_url": "https://shop.example/orders",
    }
    await sandbox.psp("POST", "/payments", body)
    page = await open_page(sandbox)
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "1,250.00 EUR" in page.text
    assert "no money moves" in page.text
    assert "&lt;b&gt;Night &amp; Day&lt;/b&gt;" in page.text
    assert re.findall('name="action" value="([a-z]+)"', page.text) == ["pay", "decline"]
    assert "<script" not in page.text


async def test_the_policy_allows_its_style_and_the_way_back_alone(sandbox):
    await sandbox.payment()
    policy = (await open_page(sandbox)).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' https://shop.example" in policy
    assert re.search(r"style-src 'sha256-[A-Za-z0-9+/=]+'", policy)
    assert "unsafe" not in policy


async def test_paying_in_a_browser_leads_back_to_the_shop(sandbox):
    await sandbox.payment()
    answer = await press(sandbox, "pay")
    assert answer.status_code == 303
    assert answer.headers["Location"] == (
        "https://shop.example/orders?from=pay&payment_id=pay_1&status=succeeded"
    )
    assert "This is paid" in (await open_page(sandbox)).text
    assert (await press(sandbox, "decline")).headers["Location"].endswith("status=succeeded")


async def test_declined_it_can_be_paid_later(sandbox):
    await sandbox.payment()
    assert (await press(sandbox, "decline")).headers["Location"].endswith("status=failed")
    await press(sandbox, "decline")
    page = await open_page(sandbox)
    assert "declined" in page.text
    assert "<button" in page.text
    assert (await sandbox.psp("GET", "/payments/pay_1"))["error_code"] == "card_declined"
    assert (await press(sandbox, "pay")).headers["Location"].endswith("status=succeeded")
    await sandbox.shop.wait(2)
    assert sandbox.shop.types() == ["payment_failed", "payment_succeeded"]


async def test_programs_are_answered_in_json(sandbox):
    await sandbox.payment()
    data = {"action": "decline"}
    declined = await sandbox.http.post(f"{sandbox.url}/pay/pay_1", data=data)
    assert declined.json()["status"] == "failed"
    assert (await sandbox.http.post(f"{sandbox.url}/pay/pay_1")).json()["status"] == "succeeded"


async def test_a_cancelled_payment_has_no_buttons(sandbox):
    await sandbox.payment()
    await sandbox.psp("POST", "/payments/pay_1/cancel")
    page = await open_page(sandbox)
    assert "cancelled" in page.text
    assert "<button" not in page.text
    refused = await press(sandbox, "pay")
    assert refused.status_code == 400
    assert "Nothing to pay here" in refused.text


async def test_an_unknown_payment_has_a_page_that_says_so(sandbox):
    page = await open_page(sandbox, "pay_9")
    assert page.status_code == 404
    assert "Payment does not exist" in page.text


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1, "EUR", "0.01 EUR"),
        (123456789, "USD", "1,234,567.89 USD"),
        (1200, "JPY", "1,200 JPY"),
        (1200, "KWD", "1.200 KWD"),
    ],
)
def test_prices(amount, currency, text):
    assert price(amount, currency) == text
