"""Ten thousand webhooks of the payment provider, each many times over, shuffled, at once.

``python -m bench webhooks``: orders are made, paid and in part refunded at a real provider that
keeps its webhooks. These are sent to the real server from many connections, again and again, with
forged ones among them. Each may have one effect, and every genuine one has to be answered with 200.
"""

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psutil
import trio

from actors.refund.licence_machine import LicenceStatus
from actors.services import Principal
from bench.money.crowd import Acknowledged
from bench.money.faults import ask_psp
from bench.money.judge import judge
from bench.money.processes import Town
from bench.money.rest import sweep_until_rest
from bench.money.shop import Offer, Shop, open_shop, person
from bench.money.storm import Outcome, Shot, forged, garbage, genuine, storm
from bench.money.truth import House, all_of, read_house, read_provider

BUYERS_AT_ONCE = 8
STALL = 0
"""Of the seller who is paid out."""
OFFER = 2
"""A ticket of which there are enough."""
SETTLE_TIMEOUT_S = 60.0
LOOK_S = 0.2
FORGED_PERCENT = 5
GARBAGE_PERCENT = 1
LATER_COUNT = 1000
"""Sent once all is done, when they may change nothing."""
SHOWN_FAULTS = 20

Purchase = tuple[Principal, Any]


class Storm:
    """One run."""

    def __init__(self, town: Town, options: argparse.Namespace) -> None:
        self._town = town
        self._options = options
        self._draw = random.Random(options.seed)
        self._shop = Shop(town)

    async def run(self) -> list[str]:
        """Prepare, storm, look; gives what is not as it should be."""
        await self._town.psp.start()
        await self._town.house.start()
        offer = (await open_shop(self._shop))[STALL][OFFER]
        half = self._options.orders // 2
        refunded = await self._refund(await self._buy(offer, half))
        paid = await self._buy(offer, half)
        bodies = await self._bodies()
        house = psutil.Process(self._town.house.pid)
        before_s = sum(house.cpu_times()[:2])
        outcome = await storm(self._town, self._shots(bodies), self._options.connections)
        spent_s = sum(house.cpu_times()[:2]) - before_s
        faults = outcome.wrong
        if still_open := await sweep_until_rest(self._shop):
            faults.append(f"not at rest: {still_open}")
        shown = [await self._show(each) for each in paid + refunded]
        again = [genuine(self._town, each) for each in self._draw.choices(bodies, k=LATER_COUNT)]
        faults += (await storm(self._town, again, self._options.connections)).wrong
        if shown != [await self._show(each) for each in paid + refunded]:
            faults.append("webhooks after the end have changed an order")
        await self._shop.aclose()
        await self._town.house.stop()
        house_kept = await read_house(self._town)
        faults += judge(house_kept, await read_provider(self._town), Acknowledged())
        faults += effects(house_kept, len(paid), len(refunded), len(bodies))
        report(outcome, spent_s, len(bodies), half)
        return faults

    async def _buy(self, offer: Offer, count: int) -> list[Purchase]:
        """Order, and pay; the house is not told of it."""
        made: list[Purchase] = []

        async def buy_some(number: int) -> None:
            for _ in range(number, count, BUYERS_AT_ONCE):
                made.append(await self._buy_one(offer))

        async with trio.open_nursery() as nursery:
            for number in range(BUYERS_AT_ONCE):
                nursery.start_soon(buy_some, number)
        return made

    async def _buy_one(self, offer: Offer) -> Purchase:
        buyer = person("Buyer")
        body = {"items": [{"product_id": offer.id}]}
        order = await self._shop.must(buyer, "POST", "/orders", body)
        answer = await self._shop.send_form(order["payment"]["pay_url"], {"action": "pay"})
        assert answer is not None
        assert answer.status_code == HTTPStatus.OK, answer.text
        return buyer, order

    async def _refund(self, purchases: list[Purchase]) -> list[Purchase]:
        """Have the house told of payments, and ask for the money back; it is not told of that."""
        told = [genuine(self._town, body) for body in await self._bodies()]
        await storm(self._town, told, self._options.connections)
        for purchase in purchases:
            await self._until(partial(self._is_paid, purchase), "an order is completed")
            buyer, order = purchase
            path = f"/marketplace/orders/{order['id']}/refund"
            await self._shop.must(buyer, "POST", path, {"reason": "ill"})
        await self._until(self._is_settled, "the provider has settled all refunds")
        return purchases

    async def _is_paid(self, purchase: Purchase) -> bool:
        return bool((await self._show(purchase))["status"] == "completed")

    async def _is_settled(self) -> bool:
        return not (await ask_psp(self._town, "GET", "/control/status"))["refunds_unsettled"]

    async def _until(self, true: Callable[[], Awaitable[bool]], what: str) -> None:
        with trio.move_on_after(SETTLE_TIMEOUT_S):
            while not await true():  # noqa: ASYNC110 - other processes have no event
                await trio.sleep(LOOK_S)
            return
        raise AssertionError(f"not in time: {what}")

    async def _show(self, purchase: Purchase) -> Any:
        buyer, order = purchase
        return await self._shop.must(buyer, "GET", f"/orders/{order['id']}")

    async def _bodies(self) -> list[str]:
        """All that the provider has to tell, word for word."""
        return [doc["body"] for doc in (await all_of(self._town, "webhooks")).values()]

    def _shots(self, bodies: list[str]) -> list[Shot]:
        """Each webhook as often as any other, shuffled, with forged ones and rubbish between."""
        count = self._options.count
        shots = [genuine(self._town, bodies[number % len(bodies)]) for number in range(count)]
        forgeries = self._draw.choices(bodies, k=count * FORGED_PERCENT // 100)
        shots += [forged(self._town, body) for body in forgeries]
        shots += [garbage(self._town, self._draw) for _ in range(count * GARBAGE_PERCENT // 100)]
        self._draw.shuffle(shots)
        return shots


def effects(house: House, paid: int, refunded: int, told: int) -> Iterator[str]:
    """Tell what did not come exactly once."""
    kinds = Counter(entry["kind"] for entry in house.kept.journal)
    licences = Counter(each.status for case in house.kept.cases for each in case.licences)
    found = {
        "sales": kinds["sale"],
        "refunds opened": kinds["refund_opened"],
        "refunds succeeded": kinds["refund_succeeded"],
        "licences that open": licences[LicenceStatus.ACTIVE],
        "licences revoked": licences[LicenceStatus.REVOKED],
        "webhooks kept": len(house.inbox),
    }
    wanted = {
        "sales": paid + refunded,
        "refunds opened": refunded,
        "refunds succeeded": refunded,
        "licences that open": paid,
        "licences revoked": refunded,
        "webhooks kept": told,
    }
    yield from (
        f"{wanted[each]} {each} are due, not {found[each]}"
        for each in wanted
        if wanted[each] != found[each]
    )


def report(outcome: Outcome, spent_s: float, webhooks: int, half: int) -> None:
    """Print the figures."""
    sent = outcome.answers.total()
    answers = ", ".join(f"{count} x {status}" for status, count in sorted(outcome.answers.items()))
    waits = ", ".join(
        f"{name} {outcome.wait_ms(share):.1f}"
        for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("longest", 1.0))
    )
    rows = {
        "webhooks": f"{webhooks} of {2 * half} orders, {half} of them refunded",
        "sent": f"{sent} in {outcome.took_s:.1f} s: {sent / outcome.took_s:.0f} /s",
        "answers": answers,
        "waits, ms": waits,
        "CPU of the house": f"{1000 * spent_s / sent:.2f} ms each",
    }
    for name, value in rows.items():
        print(f"{name:<24} {value}")


def main() -> None:
    """Run it; exits 1 where something is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--orders", type=int, default=500)
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bandstand-webhooks-") as name:
        town = Town(Path(name), settle_delay_s=0.1, delivers=False)
        try:
            faults = trio.run(Storm(town, options).run)
        finally:
            town.house.kill_if_running()
            town.psp.kill_if_running()
    print(f"{'faults':<24} {len(faults)}")
    for fault in faults[:SHOWN_FAULTS]:
        print(f"  {fault}")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
