"""A full disk while webhooks come: none is acknowledged that is not kept, and none is lost."""

import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.encoders import wait_until
from support.live_psp import HTTP, WEBHOOK_PATH, Market, open_market, signed

BUYERS = 40
NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with open_market(tmp_path) as market:
        yield market


def fill_disk(market: Market) -> None:
    """Let no file of the house grow: writes fail as they do where the disk is full."""
    largest = max(path.stat().st_size for path in market.server.data.iterdir() if path.is_file())
    limit = (largest, resource.RLIM_INFINITY)
    resource.prlimit(market.server.pid, resource.RLIMIT_FSIZE, limit)


def deliver(market: Market, body: str) -> httpx.Response:
    url = f"{market.server.url}{WEBHOOK_PATH}"
    return HTTP.post(url, content=body.encode(), headers=signed(body))


def body_of(market: Market, order: Any) -> str:
    (webhook,) = market.psp.truth("webhooks", order["payment"]["id"])
    return str(webhook["body"])


def test_webhooks_while_the_disk_is_full(market: Market) -> None:
    market.psp.misbehave({"on": "webhook", "fault": "webhook_lost"})
    buyers = [market.buyer() for _ in range(BUYERS)]
    orders = [market.order(buyer) for buyer in buyers]
    for order in orders:
        market.pay(order)
    bodies = [body_of(market, order) for order in orders]

    fill_disk(market)
    answers = [deliver(market, body) for body in bodies]
    codes = [answer.status_code for answer in answers]
    assert set(codes) <= {200, 503}, codes
    assert codes[-1] == 503, "the log of the database has some room left at first"
    refused = answers[-1]
    assert refused.json()["error"]["code"] == "unavailable"
    assert int(refused.headers["Retry-After"]) > 0
    assert market.server.call("GET", "/healthz").status_code == 200
    answer = market.refund(buyers[0], orders[0])
    assert answer.status_code in (400, 503), answer.text

    resource.prlimit(market.server.pid, resource.RLIMIT_FSIZE, NO_LIMIT)
    for body, code in zip(bodies, codes, strict=True):
        if code == 503:
            wait_until(lambda body=body: deliver(market, body).status_code == 200, "it is taken")
    for buyer, order in zip(buyers, orders, strict=True):
        shown = market.wait(buyer, order, "completed")
        assert [licence["status"] for licence in shown["licences"]] == ["active"]
    assert market.refund(buyers[0], orders[0]).status_code == 202
    market.psp.misbehave()
    market.psp.ask("POST", "redeliver", {"shuffle": True})
    market.wait(buyers[0], orders[0], "refunded")
    market.server.kill()
    market.server.start()
    assert [market.show(b, o)["status"] for b, o in zip(buyers, orders, strict=True)] == [
        "refunded",
        *["completed"] * (BUYERS - 1),
    ]
    assert market.differences() == []
