"""One message to all members of a room: ours beside others, in one run.

``python -m bench fanout [--members 1000 5000 10000]``. Each server is a process, measured from
outside: its CPU time, user and system, all threads, for each delivery; what a joined connection
adds to its resident memory; and the time from the first member's first byte until the last member
has the message. Ours is the whole way of a message, with its commit to SQLite.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.chat.served import CONTENT, MAX_MEMBERS, Served, all_servers

DELIVERIES = 200_000
"""For each figure, so that each takes about a second of CPU: it is told in hundredths."""
WARM_UP_MESSAGES = 10
BATCH_MESSAGES = 10
SETTLE_S = 3.0
"""Until the room has told everybody how many they are, and the memory of the handshakes is free."""
PAUSE_S = 0.005
"""After each message, so that our room's limit of 200 a second holds."""


def main() -> None:
    """Measure each at each size, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, nargs="+", default=[1_000, 5_000, MAX_MEMBERS])
    asked = parser.parse_args()
    print(f"messages of {len(CONTENT)} bytes; us of CPU a delivery, KiB a member, ms to all")
    for members in asked.members:
        with tempfile.TemporaryDirectory() as folder:
            measure_all(members, Path(folder))


def measure_all(members: int, folder: Path) -> None:
    """Measure each server with so many members."""
    with all_servers(members, folder) as servers:
        for served in servers:
            with joined(served, members) as crowd:
                row = f"{members:>6,} {served.name:<18}"
                single = crowd.measure(1)
                print(
                    f"{row} {single.cpu_us:6.2f} us {crowd.member_kib:6.1f} KiB"
                    f" {single.spread_ms:7.1f} ms",
                    flush=True,
                )
                if served.name == "ours":
                    batch = crowd.measure(BATCH_MESSAGES)
                    print(
                        f"{row} {batch.cpu_us:6.2f} us, {BATCH_MESSAGES} to a batch"
                        f" {batch.spread_ms:7.1f} ms",
                        flush=True,
                    )


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU for each delivery, and the median of how long a message took from first to last."""

    cpu_us: float
    spread_ms: float


class Crowd:
    """The members of a server."""

    def __init__(self, served: Served, members: int) -> None:
        self._served = served
        self._members = members
        self._process = psutil.Process(served.pid)
        before_bytes = self._process.memory_info().rss
        command = ["-m", "bench.chat.members", str(served.port), served.path, str(members)]
        self._readers = subprocess.Popen(
            [sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._line() == "joined"
        time.sleep(SETTLE_S)
        self.member_kib = (self._process.memory_info().rss - before_bytes) / members / 1024
        for _ in range(WARM_UP_MESSAGES):
            self._say(1)

    def measure(self, batch: int) -> Cost:
        """Have it said ``batch`` messages at a time, each time when all have the last ones."""
        rounds = DELIVERIES // self._members
        before_s = self._cpu_s()
        spreads_us = [self._say(batch) for _ in range(rounds)]
        spent_s = self._cpu_s() - before_s
        deliveries = rounds * batch * self._members
        return Cost(spent_s / deliveries * 1e6, statistics.median(spreads_us) / 1000)

    def end(self) -> None:
        """Let them go."""
        self._readers.communicate(timeout=10)

    def _say(self, count: int) -> int:
        assert self._readers.stdin is not None
        self._readers.stdin.write(f"{count}\n")
        self._readers.stdin.flush()
        assert self._line() == "ready"
        self._served.say(count)
        spread_us = int(self._line())
        time.sleep(count * PAUSE_S)
        return spread_us

    def _line(self) -> str:
        assert self._readers.stdout is not None
        return self._readers.stdout.readline().strip()

    def _cpu_s(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def joined(served: Served, members: int) -> Iterator[Crowd]:
    """Have them come in, and go."""
    crowd = Crowd(served, members)
    try:
        yield crowd
    finally:
        crowd.end()


if __name__ == "__main__":
    main()
