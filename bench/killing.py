"""The house is killed again and again while people buy and want money back; then it is judged.

``python -m bench killing --kills 200 --seconds-per-life 1.5``: a provider that does all that a
provider can do wrong, the real server, a crowd, and SIGKILL at moments that a seed draws. At the
end the provider's truth, what was acknowledged and the ledger have to agree to the cent.
"""

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import trio

from bench.money.crowd import Crowd
from bench.money.faults import Faults
from bench.money.judge import judge
from bench.money.processes import Town
from bench.money.rest import come_to_rest, differences_of_reconciliation
from bench.money.shop import Shop, open_shop
from bench.money.truth import House, ProviderTruth, read_house, read_provider
from bench.verdict import end_with

PEOPLE = 16
STARTING_PERCENT = 10
"""Of the lives, those that end while the house is still starting."""
PROVIDER_DIES_EVERY = 12
MAX_START_S = 1.2
LEAVING_TIMEOUT_S = 60.0
BAD_EVENTS = {"actor_crashed", "unhandled_error", "sweep_failed"}


class Soak:
    """One run, and its figures."""

    def __init__(self, town: Town, options: argparse.Namespace) -> None:
        self._town = town
        self._options = options
        self._draw = random.Random(options.seed)
        self._faults = Faults(town, options.seed)
        self.deaths: Counter[str] = Counter()

    async def run(self) -> list[str]:
        """Sell, kill, come to rest, judge; gives the differences."""
        began = time.monotonic()
        await self._town.psp.start()
        await self._town.house.start()
        shop = Shop(self._town)
        crowd = Crowd(shop, await open_shop(shop), self._options.seed)
        await self._let_provider_misbehave()
        async with trio.open_nursery() as nursery:
            await nursery.start(crowd.come, self._options.people)
            for number in range(1, self._options.kills + 1):
                await self._live_and_die(number)
            crowd.leave()
            nursery.cancel_scope.deadline = trio.current_time() + LEAVING_TIMEOUT_S
        soaked_s = time.monotonic() - began
        still_open = await come_to_rest(shop, self._faults, self._options.seed)
        differences = [f"not at rest: {still_open}"] if still_open else []
        differences += [f"reconciliation: {e}" for e in await differences_of_reconciliation(shop)]
        await shop.aclose()
        if (code := await self._town.house.stop()) != 0:
            differences.append(f"the house ended with {code}")
        house, provider = await read_house(self._town), await read_provider(self._town)
        differences += judge(house, provider, crowd.acknowledged)
        differences += self._bad_events()
        self._report(house, provider, crowd, soaked_s, time.monotonic() - began)
        return differences

    async def _let_provider_misbehave(self) -> None:
        self._faults.write()
        await self._town.psp.kill()
        await self._town.psp.start()

    async def _live_and_die(self, number: int) -> None:
        if number % PROVIDER_DIES_EVERY == 0:
            await self._faults.count()
            self._faults.write()
            await self._town.psp.kill()
            self.deaths["provider"] += 1
            self._town.psp.spawn()
        await trio.sleep(self._options.seconds_per_life * self._draw.uniform(0.1, 1.9))
        await self._town.house.kill()
        self.deaths["house"] += 1
        self._town.house.spawn()
        if self._draw.randrange(100) < STARTING_PERCENT:
            await trio.sleep(self._draw.uniform(0, MAX_START_S))
            await self._town.house.kill()
            self.deaths["house, while it started"] += 1
            self._town.house.spawn()
        await self._town.house.ready()
        await self._town.psp.ready()

    def _bad_events(self) -> Iterable[str]:
        for event in self._events():
            if event.get("event") in BAD_EVENTS:
                yield f"log: {json.dumps(event)[:2000]}"

    def _events(self) -> Iterable[dict[str, object]]:
        with self._town.house.log.open() as lines:
            for line in lines:
                if line.startswith("{") and line.endswith("}\n"):  # a kill may cut one short
                    yield json.loads(line)

    def _report(
        self, house: House, provider: ProviderTruth, crowd: Crowd, soaked_s: float, took_s: float
    ) -> None:
        cases = house.kept.cases
        refunds = [each for case in cases for each in case.refunds]
        transfers = Counter(str(each.status) for case in cases for each in case.transfers)
        events = [event for event in self._events() if event.get("event") == "webhook"]
        repeated = sum(not event["is_new"] for event in events)
        rows = {
            "killed": _counts(self.deaths),
            "orders": f"{len(cases)}: {_counts(Counter(str(each.order.status) for each in cases))}",
            "payments captured": sum(doc["captured"] > 0 for doc in provider.payments.values()),
            "refunds": f"{len(refunds)}: {_counts(Counter(str(each.status) for each in refunds))}",
            "refunds at the provider": _counts(
                Counter(doc["status"] for doc in provider.refunds.values())
            ),
            "transfers": f"{transfers.total()}: {_counts(transfers)}",
            "journal entries": len(house.kept.journal),
            "webhooks": f"{len(events)} taken, {repeated} of them repeated",
            "events decided": sum(case.order.seq for case in cases),
            "calls cut by a kill": sum(
                row.doc["event"]["kind"] == "recovered"
                for log in house.kept.logs.values()
                for row in log
            ),
            "faults": _table(self._faults.fired),
            "answers": _table(crowd.acknowledged.answers),
            "alerts": sum(event.get("event") == "money_alert" for event in self._events()),
            "time": f"{soaked_s:.0f} s of selling and killing, {took_s:.0f} s with the verdict",
        }
        for name, value in rows.items():
            print(f"{name:<24} {value}")


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counter.items()))


def _table(counter: Counter[str]) -> str:
    """One line for each, below what they are a part of."""
    lines = (f"{'':26} {count:6} {name}" for name, count in sorted(counter.items()))
    return "\n".join((str(counter.total()), *lines))


def main() -> None:
    """Run it; exits 1 where there is a difference, and keeps the data of the run then."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seconds-per-life", type=float, default=1.5)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bandstand-killing-"))
    town = Town(folder)
    try:
        differences = trio.run(Soak(town, options).run)
    finally:
        town.house.kill_if_running()
        town.psp.kill_if_running()
    end_with(differences, folder)


if __name__ == "__main__":
    main()
