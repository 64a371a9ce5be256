"""The server's memory, CPU and answers to ``/healthz`` over a run."""

import statistics
from dataclasses import dataclass, field

import httpx
import psutil
import trio

SAMPLE_S = 1.0
WARM_UP_S = 60.0
"""Until the windows of all streams are full: 20 s that are listed, and what is kept after."""
MIN_JUDGED_S = 60.0
"""Of a run that is shorter after the warm-up the memory is told, and not judged."""
MAX_GROWTH = 0.10
"""Of the last third's mean over the first third's: how full the windows are goes up and down."""
MAX_HEALTHZ_P99_S = 1.0
REQUEST_TIMEOUT_S = 20.0


@dataclass
class Vitals:
    """Samples of one process, a second apart."""

    pid: int
    url: str
    resident_mib: list[float] = field(default_factory=list)
    healthz_s: list[float] = field(default_factory=list)
    cpu_share: float = 0.0
    differences: list[str] = field(default_factory=list)

    async def watch(self) -> None:
        """Sample until cancelled."""
        process = psutil.Process(self.pid)
        began, cpu_before_s = trio.current_time(), sum(process.cpu_times()[:2])
        async with httpx.AsyncClient(trust_env=False, timeout=REQUEST_TIMEOUT_S) as client:
            while True:
                self.resident_mib.append(process.memory_info().rss / 2**20)
                asked = trio.current_time()
                answer = await client.get(f"{self.url}/healthz")
                now = trio.current_time()
                self.healthz_s.append(now - asked)
                if answer.status_code != 200:
                    self.differences.append(f"/healthz answered {answer.status_code}")
                await trio.sleep(SAMPLE_S)
                spent_s = sum(process.cpu_times()[:2]) - cpu_before_s
                self.cpu_share = spent_s / (trio.current_time() - began)

    def judge(self) -> list[str]:
        """Give what is wrong."""
        differences = list(self.differences)
        p99_s = percentile(self.healthz_s, 0.99)
        if p99_s > MAX_HEALTHZ_P99_S:
            differences.append(f"/healthz took {p99_s:.2f} s (p99)")
        first, last = self.thirds_mib()
        if self.is_judged and last > first * (1 + MAX_GROWTH):
            differences.append(f"memory grew from {first:.0f} to {last:.0f} MiB")
        return differences

    @property
    def is_judged(self) -> bool:
        """Whether the run was long enough to tell whether memory grows."""
        return len(self._warm()) * SAMPLE_S >= MIN_JUDGED_S

    def thirds_mib(self) -> tuple[float, float]:
        """The mean of the first third after the warm-up, and of the last."""
        samples = self._warm() or self.resident_mib
        third = max(1, len(samples) // 3)
        return statistics.fmean(samples[:third]), statistics.fmean(samples[-third:])

    def _warm(self) -> list[float]:
        return self.resident_mib[round(WARM_UP_S / SAMPLE_S) :]


def percentile(values: list[float], share: float) -> float:
    """The value that ``share`` of all are at or below; 0 where there is none."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0
