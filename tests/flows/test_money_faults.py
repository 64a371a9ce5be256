"""An order through each way in which the provider can fail, with the real one over real sockets.

The operator's sweep stands for the hours that pass; each story has to end as if all had gone well,
or as the provider says, and its money has moved once.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from support.encoders import wait_until
from support.live_psp import PRICE, Market, open_market
from support.live_server import Account

SILENCE_S = 0.2
LATE_S = 1.0
FEE = 37
"""250 basis points of the price, rounded down."""


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    with open_market(tmp_path_factory.mktemp("market")) as market:
        yield market
        market.psp.misbehave()
        assert market.differences() == []


def once(on: str, fault: str, **more: Any) -> dict[str, Any]:
    return {"on": on, "fault": fault, "times": 1, **more}


def order_again_and_again(market: Market, buyer: Account, key: str) -> Any:
    """Order as a browser does: the same key, until there is an answer."""

    def answered() -> bool:
        return market.try_order(buyer, key).status_code == 201

    wait_until(answered, "the order is acknowledged")
    return market.order(buyer, key)


def swept_to(market: Market, buyer: Account, order: Any, status: str) -> Any:
    def look() -> bool:
        market.sweep()
        return bool(market.show(buyer, order)["status"] == status)

    wait_until(look, f"the order is {status}")
    return market.show(buyer, order)


PAYMENT_FAULTS = (
    once("create_payment", "drop_reply", delay_s=SILENCE_S),
    once("create_payment", "5xx_before"),
    once("create_payment", "5xx_after", status=503),
    once("pay", "webhook_before_reply"),
    once("webhook", "webhook_lost"),
    once("webhook", "webhook_duplicate", copies=3),
    once("webhook", "wrong_amount", by=-500),
)


@pytest.mark.parametrize("rule", PAYMENT_FAULTS, ids=lambda rule: f"{rule['on']}-{rule['fault']}")
def test_a_payment(market: Market, rule: dict[str, Any]) -> None:
    market.psp.misbehave(rule)
    buyer = market.buyer()
    order = order_again_and_again(market, buyer, "key-1")
    market.pay(order)
    shown = swept_to(market, buyer, order, "completed")
    assert market.psp.fired() == [1]
    assert [licence["status"] for licence in shown["licences"]] == ["active"]
    (payment,) = market.psp.truth("payments", order["payment"]["id"])
    assert (payment["status"], payment["captured"]) == ("succeeded", PRICE)
    assert market.try_order(buyer, "key-1").json()["id"] == order["id"]


REFUND_FAULTS = (
    [once("create_refund", "drop_reply", delay_s=SILENCE_S)],
    [once("create_refund", "5xx_before", status=503)],
    [once("create_refund", "5xx_after", status=502)],
    [once("create_refund", "5xx_after"), once("get_refund", "5xx_before")],
    [once("create_refund", "5xx_before"), once("create_refund", "ir_13_on_retry", nth=2)],
    [once("create_refund", "timeout_then_success")],
    [once("create_refund", "succeed_at_once")],
    [once("create_refund", "webhook_before_reply")],
    [once("create_refund", "webhook_before_reply"), once("create_refund", "5xx_after")],
    [once("create_refund", "delay", delay_s=LATE_S)],
    [once("webhook", "webhook_lost")],
    [once("webhook", "webhook_duplicate", copies=3)],
    [once("webhook", "wrong_amount", by=1)],
    [once("reverse_transfer", "drop_reply", delay_s=SILENCE_S)],
    [once("reverse_transfer", "5xx_before")],
)


def names(rules: list[dict[str, Any]]) -> str:
    return "+".join(f"{rule['on']}-{rule['fault']}" for rule in rules)


@pytest.mark.parametrize("rules", REFUND_FAULTS, ids=names)
def test_a_refund(market: Market, rules: list[dict[str, Any]]) -> None:
    market.psp.misbehave()
    buyer = market.buyer()
    order = market.bought(buyer)
    market.psp.misbehave(*rules)
    assert market.refund(buyer, order).status_code == 202
    again = market.refund(buyer, order)
    assert again.status_code == 400
    assert again.json()["error"]["code"] in ("refund_already_requested", "order_not_refundable")
    shown = swept_to(market, buyer, order, "refunded")
    assert [licence["status"] for licence in shown["licences"]] == ["revoked"]
    assert [refund["status"] for refund in shown["refunds"]] == ["succeeded"]
    (refund,) = market.psp.truth("refunds", order["payment"]["id"])
    assert (refund["status"], refund["amount"]) == ("succeeded", PRICE)
    assert refund["id"] == shown["refunds"][0]["id"]
    wait_until(lambda: is_reversed(market, order), "the seller's share has come back")


def is_reversed(market: Market, order: Any) -> bool:
    market.sweep()
    items = market.ask(market.seller, "GET", "/sellers/me/transfers?limit=50").json()["items"]
    ours = [each for each in items if each["order_id"] == order["id"]]
    return [(each["amount"], each["reversed"]) for each in ours] == [(PRICE - FEE, PRICE - FEE)]


@pytest.mark.parametrize(
    ("reason", "rules", "status"),
    [
        ("sandbox:fail", [], 202),
        ("sandbox:decline", [], 502),
        ("sandbox:refuse", [], 502),
        ("sandbox:fail", [once("webhook", "webhook_lost")], 202),
        ("", [once("create_refund", "timeout_then_success", then="failed")], 202),
        ("sandbox:refuse", [once("create_refund", "5xx_before")], 202),
    ],
)
def test_a_refund_that_fails_can_be_asked_for_again(
    market: Market, reason: str, rules: list[dict[str, Any]], status: int
) -> None:
    market.psp.misbehave()
    buyer = market.buyer()
    order = market.bought(buyer)
    market.psp.misbehave(*rules)
    assert market.refund(buyer, order, reason).status_code == status
    shown = swept_to(market, buyer, order, "completed")
    assert [refund["status"] for refund in shown["refunds"]] == ["failed"]
    assert [licence["status"] for licence in shown["licences"]] == ["active"]
    market.psp.misbehave()
    assert market.refund(buyer, order).status_code == 202
    shown = swept_to(market, buyer, order, "refunded")
    assert [refund["status"] for refund in shown["refunds"]] == ["failed", "succeeded"]
