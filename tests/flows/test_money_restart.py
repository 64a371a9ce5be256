"""The process ends in the middle of an order, and its story ends right all the same, unaided."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.encoders import wait_until
from support.live_psp import Market, open_market
from support.live_server import Account

STOP_BOUND_S = 20
HANGING_S = 3.0
LATER_S = 600
SHIFTED_CLOCK = """
import os, time
from pathlib import Path

real, shift = time.time_ns, Path(os.environ["CLOCK_SHIFT_FILE"])
time.time_ns = lambda: real() + int(shift.read_text()) * 1_000_000_000
"""
"""Loaded by the interpreter of the server: its wall clock is late by what a file says."""


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that says by how many seconds the clock of the house is ahead."""
    folder = tmp_path_factory.mktemp("clock")
    (folder / "sitecustomize.py").write_text(SHIFTED_CLOCK)
    (folder / "shift").write_text("0")
    return folder / "shift"


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory, clock: Path) -> Iterator[Market]:
    shifted = {"PYTHONPATH": str(clock.parent), "CLOCK_SHIFT_FILE": str(clock)}
    with open_market(tmp_path_factory.mktemp("market"), **shifted) as market:
        yield market
        assert market.differences() == []


@contextmanager
def asked_for_refund(market: Market, buyer: Account, order: Any) -> Iterator[None]:
    """Ask for a refund whose call hangs at the provider, and go on once it does."""
    market.psp.misbehave(
        {"on": "create_refund", "fault": "delay", "delay_s": HANGING_S, "times": 1}
    )

    def ask() -> None:
        try:
            market.refund(buyer, order)
        except httpx.TransportError:
            return  # the house ended

    asking = threading.Thread(target=ask)
    asking.start()
    wait_until(lambda: market.psp.fired() == [1], "the call hangs at the provider")
    yield
    asking.join()


def restart(market: Market) -> None:
    market.server.kill()
    market.server.start()


def refunded_once(market: Market, buyer: Account, order: Any) -> None:
    """Wait for the end of the refund, and look whether the money moved once."""
    shown = market.wait(buyer, order, "refunded")
    refunds = market.psp.truth("refunds", order["payment"]["id"])
    assert [(refund["id"], refund["status"]) for refund in refunds] == [
        (refund["id"], "succeeded") for refund in shown["refunds"]
    ]
    assert len(refunds) == 1
    assert [licence["status"] for licence in shown["licences"]] == ["revoked"]


def test_after_the_order_was_acknowledged(market: Market) -> None:
    buyer = market.buyer()
    order = market.order(buyer, "key-1")
    restart(market)
    assert market.order(buyer, "key-1")["id"] == order["id"]
    market.pay(order)
    market.wait(buyer, order, "completed")


def test_after_the_payment_and_before_its_webhook(market: Market) -> None:
    buyer = market.buyer()
    order = market.order(buyer)
    market.server.kill()
    market.pay(order)
    market.server.start()
    shown = market.wait(buyer, order, "completed")
    assert [licence["status"] for licence in shown["licences"]] == ["active"]


def test_after_the_refund_was_acknowledged(market: Market) -> None:
    buyer = market.buyer()
    order = market.bought(buyer)
    answer = market.refund(buyer, order)
    market.server.kill()
    assert answer.status_code == 202
    market.server.start()
    refunded_once(market, buyer, order)


def test_while_the_call_for_a_refund_hangs(market: Market) -> None:
    buyer = market.buyer()
    order = market.bought(buyer)
    with asked_for_refund(market, buyer, order):
        restart(market)
    refunded_once(market, buyer, order)


def test_a_webhook_that_was_lost_while_nobody_was_there(market: Market, clock: Path) -> None:
    buyer = market.buyer()
    order = market.bought(buyer)
    market.psp.misbehave({"on": "webhook", "fault": "webhook_lost"})
    assert market.refund(buyer, order).status_code == 202
    market.server.kill()
    payment = order["payment"]["id"]
    wait_until(lambda: market.psp.settled_refund(payment), "the provider has refunded")
    market.psp.misbehave()
    clock.write_text(str(LATER_S))
    market.server.start()
    refunded_once(market, buyer, order)


def test_a_clock_that_goes_back(market: Market, clock: Path) -> None:
    """Webhooks decide, whatever time it is."""
    clock.write_text(str(LATER_S))
    restart(market)
    buyer = market.buyer()
    order = market.bought(buyer)
    clock.write_text("0")
    assert market.refund(buyer, order).status_code == 202
    refunded_once(market, buyer, order)
    restart(market)
    assert market.show(buyer, order)["status"] == "refunded"


def test_sigterm_while_the_call_for_a_refund_hangs(market: Market) -> None:
    buyer = market.buyer()
    order = market.bought(buyer)
    with asked_for_refund(market, buyer, order):
        began = time.monotonic()
        market.server.signal(signal.SIGTERM)
        assert market.server.wait() == 0
        assert time.monotonic() - began < STOP_BOUND_S
    market.server.start()
    refunded_once(market, buyer, order)
