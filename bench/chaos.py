"""Encoders that fall, freeze, leave and replace each other, and what listeners hear of it.

``python -m bench chaos [--publishers 20] [--seconds 600] [--seed 1]``: the real server as a
process, a stream for each publisher, FFmpeg pushing a file of 400 kbit/s as it is. At moments that
the seed draws an encoder is killed, stopped for 1 to 12 s, ended with a goodbye, replaced by
another one with the same key, or stays away beyond the time of grace. A listener on each stream
follows both renditions over HTTP and holds them to the rules that the tests hold to. It ends with 1
where anything is wrong.
"""

import argparse
import tempfile
import time
from pathlib import Path

import trio

from bench.live.encoder import make_source
from bench.live.house import House
from bench.live.listener import Listener
from bench.live.publisher import ACTS, Publisher
from bench.live.record import Record
from bench.live.vitals import Vitals, percentile
from bench.verdict import end_with

OVER_PATIENCE_S = 90.0
"""For the acts that are under way when the time is over, and for each show's end."""
LAST_RELOAD_S = 3.0


class Chaos:
    """One run."""

    def __init__(self, house: House, sources: list[Path], options: argparse.Namespace) -> None:
        self._house = house
        self._sources = sources
        self._options = options
        self._record = Record()

    async def run(self) -> list[str]:
        """Publish, disturb and listen; give what is wrong."""
        await self._house.process.start()
        channels = await self._house.open_channels(self._options.publishers)
        listeners = [Listener(channel, self._record) for channel in channels]
        vitals = Vitals(self._house.process.pid, self._house.url)
        over = trio.Event()
        with trio.move_on_after(self._options.seconds + OVER_PATIENCE_S) as patience:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(vitals.watch)
                for listener in listeners:
                    nursery.start_soon(listener.run)
                async with trio.open_nursery() as publishing:
                    for listener in listeners:
                        publishing.start_soon(self._publisher(listener).run, over)
                    await trio.sleep(self._options.seconds)
                    over.set()
                await trio.sleep(LAST_RELOAD_S)  # each looks whether what has ended stays so
                nursery.cancel_scope.cancel()
        code = await self._house.process.stop()
        differences = list(self._record.differences)
        if patience.cancelled_caught:
            differences.append("some publishers did not come to an end")
        if code != 0:
            differences.append(f"the server ended with {code}")
        differences += vitals.judge() + self._house.crashes() + self._compare_statuses()
        self._report(listeners, vitals)
        return differences

    def _publisher(self, listener: Listener) -> Publisher:
        return Publisher(listener, self._record, self._sources, self._options.seed)

    def _compare_statuses(self) -> list[str]:
        """Hold what the server says of the streams to what was done to them."""
        told, done = self._house.statuses(), self._record.statuses
        return [
            f"streams became {status} {told[status]} times, and it must be {done[status]}"
            for status in sorted(told | done)
            if told[status] != done[status]
        ]

    def _report(self, listeners: list[Listener], vitals: Vitals) -> None:
        record, statuses = self._record, self._house.statuses()
        shows = sum(len(listener.shows) for listener in listeners)
        first, last = vitals.thirds_mib()
        others = {k: v for k, v in record.counts.items() if k not in ACTS}
        rows = {
            "publishers": f"{len(listeners)}, for {self._options.seconds:g} s",
            "acts": ", ".join(f"{record.counts[act]} {act}" for act in ACTS),
            "shows": f"{statuses['ended']} ended, {shows} heard",
            "interruptions": f"{statuses['interrupted']}",
            "resumes": f"{statuses['live'] - statuses['ended']}",
            "wait for a segment": _spread(record.waits_s),
            "after a start or a thaw": _spread(record.starts_s),
            "healthz": _spread(vitals.healthz_s),
            "memory": f"{first:.0f} MiB, at last {last:.0f} MiB, at most "
            f"{max(vitals.resident_mib):.0f} MiB{'' if vitals.is_judged else ' (not judged)'}",
            "CPU of the server": f"{vitals.cpu_share:.0%} of a core",
            "CPU of the listeners": f"{time.process_time():.0f} s",
            "else": ", ".join(f"{count:,} {name}" for name, count in sorted(others.items())),
        }
        for name, value in rows.items():
            print(f"{name:<24} {value}")


def _spread(values_s: list[float]) -> str:
    p50, p99, most = (percentile(values_s, share) for share in (0.5, 0.99, 1.0))
    return f"p50 {p50:.3f} s, p99 {p99:.3f} s, longest {most:.3f} s, of {len(values_s):,}"


def main() -> None:
    """Run it; exits 1 where something is wrong, and keeps the log of the run then."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--publishers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bandstand-chaos-"))
    sources = [
        make_source(folder / "first.flv", width=640, height=360, sample_rate=48_000),
        make_source(folder / "other.flv", width=480, height=270, sample_rate=44_100),
    ]
    house = House(folder)
    try:
        differences = trio.run(Chaos(house, sources, options).run)
    finally:
        house.process.kill_if_running()
    end_with(differences, folder)


if __name__ == "__main__":
    main()
