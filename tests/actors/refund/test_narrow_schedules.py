"""Schedules that were found by trying any, and that once broke a rule of the money."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from support.money_stage import open_money_stage
from support.orders import VIRTUAL_TIME

from actors.refund.jobs import PAYMENT_HOLD_MS

Step = tuple[Any, ...]

DELIVER = ("deliver", 0, 1)
PAID: list[Step] = [("order", 0, 7), ("pay", 0, "succeeded"), DELIVER]
ASKED_BACK: list[Step] = [*PAID, ("ask back", 0, "admin", None)]


def said(*words: str) -> list[Step]:
    """The bank decides on the first refund, again and again, and each time the webhook arrives."""
    return [step for word in words for step in (("settle", 0, word), DELIVER)]


SCHEDULES: dict[str, list[Step]] = {
    "succeeds late twice": [
        *ASKED_BACK,
        *said("failed", "succeeded", "failed", "succeeded"),
        ("decide", 0),
        *said("failed"),
    ],
    "is reversed twice": [
        *ASKED_BACK,
        *said("succeeded", "failed", "succeeded"),
        ("decide", 0),
        *said("failed", "succeeded"),
    ],
    "is asked for before the bank changes its mind": [
        *ASKED_BACK,
        ("set wire", 0, 3),
        ("settle", 0, "succeeded"),
        ("sweep", True),
        DELIVER,
        *said("failed"),
        ("set wire", 0, 0),
        ("wait", 12),
    ],
    "is failed by a webhook before the reply says so": [
        *PAID,
        ("set wire", 0, 3),
        ("fault", "fail"),
        ("ask back", 0, "admin", None),
        DELIVER,
        ("wait", 12),
    ],
    "is confirmed by an old webhook while the contrary is asked for": [
        *ASKED_BACK,
        ("settle", 0, "succeeded"),
        ("sweep", True),
        ("set wire", 0, 20),
        ("settle", 0, "failed"),
        ("deliver", 1, 1),
        DELIVER,
    ],
    "is found to have gone out again by a question about something else": [
        *ASKED_BACK,
        *said("succeeded"),
        ("settle", 0, "failed"),
        ("lose webhook", 0),
        ("forge", 1),
        ("settle", 0, "succeeded"),
        ("lose webhook", 0),
        ("forge", 1),
    ],
    "is asked for while the bank changes its mind twice": [
        *ASKED_BACK,
        *said("failed"),
        ("set wire", 0, 3),
        *said("succeeded", "failed"),
        ("set wire", 0, 0),
        ("wait", 12),
    ],
    "loses a dispute before its payment is heard of": [
        ("order", 0, 7),
        ("pay", 0, "succeeded"),
        ("dispute", 0, 5000),
        ("end dispute", 0, "lost"),
        ("deliver", 2, 1),
        DELIVER,
    ],
    "expires, and loses a dispute before its late payment is heard of": [
        ("order", 0, 7),
        ("silent", True),
        ("wait", 8000),
        ("silent", False),
        ("wait", 90_000),
        ("pay", 0, "succeeded"),
        ("dispute", 0, 1000),
        ("end dispute", 0, "lost"),
        ("deliver", 2, 1),
        DELIVER,
    ],
    "is paid after the show was called off": [
        ("order", 0, 7),
        ("cancel the show", 0),
        ("pay", 0, "succeeded"),
        DELIVER,
    ],
    "hears twice that nobody paid, when others have the seats": [
        ("order", 0, 7),
        ("wait", 8000),
        ("order", 1, 7),
        ("pay", 0, "failed"),
        DELIVER,
    ],
    "hears of a payment twice with a wrong amount": [*PAID, ("forge", 0), ("forge", 0)],
    "cannot note that a webhook changes nothing": [
        *ASKED_BACK,
        ("forge", 0),
        ("settle", 0, "review"),
        ("fail commit", "landed"),
        DELIVER,
    ],
}


@VIRTUAL_TIME
@pytest.mark.parametrize("suspends", [False, True])
@pytest.mark.parametrize("name", SCHEDULES)
async def test_an_order_that(name: str, suspends: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with open_money_stage(Path(folder), 250, suspends) as stage:
            await stage.play(SCHEDULES[name])


@VIRTUAL_TIME
async def test_a_payment_that_is_made_after_its_order_expired_is_ended() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with open_money_stage(Path(folder), 250, False) as stage:
            await stage.do("silent", True)
            await stage.do("order", 0, 7)
            await stage.do("wait", PAYMENT_HOLD_MS / 1000 - 1)
            await stage.do("silent", False)
            await stage.do("set wire", 3, 0)
            await stage.do("sweep", True)  # the request leaves
            await stage.do("set wire", 0, 0)
            await stage.do("wait", 2)  # the order expires: the provider knows of no payment
            assert stage.psp.payments == {}
            await stage.do("wait", 70)
            (payment,) = stage.psp.payments.values()
            assert payment.status == "cancelled"
