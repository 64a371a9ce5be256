"""The way to rest: faults off, what was lost sent once more, and the operator's sweep."""

import sqlite3
from contextlib import closing
from typing import Any

import trio

from bench.money.faults import Faults, ask_psp
from bench.money.shop import OPERATOR, Shop
from bench.money.truth import all_of

REST_TIMEOUT_S = 180.0
COMPARING_TIMEOUT_S = 300.0
"""For a reconciliation, which asks the provider for every order."""
LOOK_S = 2.0

OPEN = {
    "refunds": ("requested", "submitting", "pending", "unknown", "review"),
    "transfers": ("sending", "unknown", "reversing"),
    "inbox": ("new",),
}


async def come_to_rest(shop: Shop, faults: Faults, seed: int) -> dict[str, int]:
    """Gives what is still open where the time is over; nothing is what is wanted."""
    await faults.off()
    await ask_psp(shop.town, "POST", "/control/redeliver", {"shuffle": True, "seed": seed})
    return await sweep_until_rest(shop)


async def sweep_until_rest(shop: Shop) -> dict[str, int]:
    """Sweep again and again; gives what is still open where the time is over."""
    still_open = {"not looked": 1}
    with trio.move_on_after(REST_TIMEOUT_S):
        while still_open:
            await trio.sleep(LOOK_S)
            await _decide_reviews(shop)
            answer = await shop.call(OPERATOR, "POST", "/admin/sweep", timeout_s=REST_TIMEOUT_S)
            assert answer is not None, "no sweep in time"
            assert answer.is_success, answer.text
            status = await ask_psp(shop.town, "GET", "/control/status")
            theirs = {name: status[name] for name in ("refunds_unsettled", "webhooks_undelivered")}
            still_open = {k: v for k, v in (theirs | count_open(shop)).items() if v}
    return still_open


async def differences_of_reconciliation(shop: Shop) -> list[Any]:
    """Have the house itself compare."""
    answer = await shop.call(
        OPERATOR, "GET", "/admin/reconciliation", timeout_s=COMPARING_TIMEOUT_S
    )
    assert answer is not None, "no reconciliation in time"
    report = answer.json()
    assert report["complete"], "too many orders for one reconciliation"
    return list(report["differences"])


async def _decide_reviews(shop: Shop) -> None:
    """The provider's people look at what is in review: every second one is let through."""
    refunds = await all_of(shop.town, "refunds")
    in_review = sorted(each for each, doc in refunds.items() if doc["status"] == "review")
    for number, refund_id in enumerate(in_review):
        body = {"status": "succeeded" if number % 2 else "failed"}
        await ask_psp(shop.town, "POST", f"/control/refunds/{refund_id}/settle", body)


def count_open(shop: Shop) -> dict[str, int]:
    """Look into the store of the running house for what is not at its end."""
    counts = {}
    uri = f"file:{shop.town.data / 'bandstand.sqlite3'}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        for table, words in OPEN.items():
            field = "state" if table == "inbox" else "status"
            marks = ", ".join("?" * len(words))
            query = (
                f"SELECT count(*) FROM {table} WHERE json_extract(_doc, '$.{field}') IN ({marks})"
            )
            (counts[table],) = connection.execute(query, words).fetchone()
    return counts
