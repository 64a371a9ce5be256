"""A full room that talks without a pause, and what becomes of every message.

``python -m bench storm [--members 5000] [--rate 100] [--seconds 300] [--kill N]``: the real server
as a process, all members over real sockets. Most listen (a process of their own), 100 talk, 50
drop their connections and come back all the time, 50 stop reading again and again. Every member
checks that nothing is missing, doubled or out of turn; at the end the store is compared with what
was acknowledged and with what members saw. With ``--kill`` the server dies by SIGKILL at moments
that a seed draws, talkers send again under the same client_id, and everybody comes back.
It ends with 1 where anything is wrong.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import trio

from bench.chat.crowd import Crowd
from bench.chat.frames import allow_open_files
from bench.chat.house import House
from bench.chat.judge import judge
from bench.chat.record import Record
from bench.verdict import end_with

TALKERS, RESTLESS = 100, 50
SAMPLE_S = 1.0
SETTLE_S = 3.0
PATIENCE_S = 180.0
"""Beside the seconds of the storm itself: for coming in, and for the last to come back."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The server at one moment."""

    at_s: float
    cpu_s: float
    resident_mib: float
    acknowledged: int


class Storm:
    """One run."""

    def __init__(self, house: House, options: argparse.Namespace) -> None:
        self._house = house
        self._options = options
        self._draw = random.Random(options.seed)
        self._samples: list[Sample] = []
        self._kills = 0

    async def run(self) -> list[str]:
        """Fill the room, talk, judge; give what is wrong."""
        options = self._options
        await self._house.process.start()
        room = await self._house.make_room()
        restless = min(RESTLESS, options.members // 20)
        talkers = min(TALKERS, options.members // 4)
        crowd = Crowd(self._house.port, room, self._house.tokens, Record(), options.seed)
        audience = Audience(self._house.port, room, options.members - talkers - 2 * restless)
        try:
            await audience.wait_joined()
            async with trio.open_nursery() as nursery:
                nursery.cancel_scope.deadline = trio.current_time() + options.seconds + PATIENCE_S
                for number in range(talkers):
                    nursery.start_soon(crowd.talk, number, talkers / options.rate)
                async with trio.open_nursery() as moving:
                    for number in range(restless):
                        moving.start_soon(crowd.come_and_go, number)
                        moving.start_soon(crowd.stop_reading, number)
                    await trio.sleep(SETTLE_S)
                    await self._storm(crowd)
                    moving.cancel_scope.cancel()
                crowd.over = True
            seen = await audience.finish(max(crowd.acknowledged.values(), default=0))
        finally:
            audience.kill_if_running()
        crowd.record.finish()
        code = await self._house.process.stop()
        differences = [] if code == 0 else [f"the server ended with {code}"]
        differences += judge(await self._house.read_events(room), crowd, seen)
        differences += self._house.crashes()
        self._report(crowd, seen)
        return differences

    async def _storm(self, crowd: Crowd) -> None:
        """Measure, and kill, until the time is over."""
        end = trio.current_time() + self._options.seconds
        spans = self._options.seconds / max(1, self._options.kill)
        moments = [
            trio.current_time() + (number + self._draw.uniform(0.2, 0.8)) * spans
            for number in range(self._options.kill)
        ]
        while (now := trio.current_time()) < end:
            if moments and now >= moments[0]:
                moments.pop(0)
                await self._kill()
            self._sample(crowd)
            await trio.sleep(min([SAMPLE_S, end - now, *(moments[0] - now for _ in moments[:1])]))

    async def _kill(self) -> None:
        await self._house.process.kill()
        self._kills += 1
        self._house.process.spawn()
        await self._house.process.ready()

    def _sample(self, crowd: Crowd) -> None:
        process = psutil.Process(self._house.process.pid)
        times = process.cpu_times()
        resident_mib = process.memory_info().rss / 2**20
        cpu_s = times.user + times.system
        said = len(crowd.acknowledged)
        self._samples.append(Sample(time.monotonic(), cpu_s, resident_mib, said))

    def _report(self, crowd: Crowd, seen: dict[str, Any]) -> None:
        delays = Counter({int(ms): count for ms, count in seen["delays_ms"].items()})
        memory = [sample.resident_mib for sample in self._samples]
        minutes = ", ".join(f"{each:.0f}" for each in memory[:: round(60 / SAMPLE_S)])
        client_s = time.process_time()
        rows = {
            "members": f"{self._options.members:,}, {self._options.rate} messages/s",
            "killed": self._kills,
            "messages acknowledged": f"{len(crowd.acknowledged):,} of {crowd.said:,} said",
            "deliveries checked": f"{delays.total():,}",
            "delivery, p50 p99 max": " ".join(
                f"{percentile(delays, share)} ms" for share in (0.5, 0.99, 1.0)
            ),
            "server, CPU of a core": self._share(),
            "server, MiB each minute": f"{minutes}; at the end {memory[-1]:.0f}",
            "clients, CPU seconds": f"{seen['cpu_s']:.0f} listening, {client_s:.0f} the others",
            "the listening": _counts(seen["counts"]),
            "the others": _counts(crowd.record.counts),
        }
        for name, value in rows.items():
            print(f"{name:<24} {value}")

    def _share(self) -> str:
        spans = [
            (after.cpu_s - before.cpu_s, after.at_s - before.at_s, after, before)
            for before, after in pairwise(self._samples)
            if after.cpu_s >= before.cpu_s  # no kill between them
        ]
        busy_s = sum(cpu_s for cpu_s, _, _, _ in spans)
        said = sum(after.acknowledged - before.acknowledged for _, _, after, before in spans)
        share = busy_s / sum(took_s for _, took_s, _, _ in spans)
        most = max(cpu_s / took_s for cpu_s, took_s, _, _ in spans)
        each_us = busy_s / max(1, said * self._options.members) * 1e6
        return f"{share:.0%}, in the busiest second {most:.0%}; {each_us:.2f} us a delivery"


class Audience:
    """The process of the steady members."""

    def __init__(self, port: int, room: str, count: int) -> None:
        command = [sys.executable, "-m", "bench.chat.audience", str(port), room, str(count)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    async def wait_joined(self) -> None:
        """Wait until all are in."""
        assert self._process.stdout is not None
        assert await trio.to_thread.run_sync(self._process.stdout.readline) == "joined\n"

    async def finish(self, last: int) -> dict[str, Any]:
        """Tell them what the last offset is; give what they have seen."""

        def finish() -> str:
            out, _ = self._process.communicate(f"{last}\n", timeout=PATIENCE_S)
            return out

        seen: dict[str, Any] = json.loads(await trio.to_thread.run_sync(finish))
        return seen

    def kill_if_running(self) -> None:
        """Leave nothing behind."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def percentile(counts: Counter[int], share: float) -> int:
    """Give the value that ``share`` of all that were counted are at or below."""
    wanted = share * counts.total()
    passed = 0
    for value in sorted(counts):
        passed += counts[value]
        if passed >= wanted:
            return value
    return 0


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items())) or "nothing"


def main() -> None:
    """Run it; exits 1 where something is wrong, and keeps the data of the run then."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=5_000)
    parser.add_argument("--rate", type=int, default=100, help="messages a second, of all talkers")
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--kill", type=int, default=0, help="how often the server is killed")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    allow_open_files(options.members)  # the server inherits it
    folder = Path(tempfile.mkdtemp(prefix="bandstand-storm-"))
    house = House(folder)
    try:
        differences = trio.run(Storm(house, options).run)
    finally:
        house.process.kill_if_running()
    end_with(differences, folder)


if __name__ == "__main__":
    main()
