"""Counts attempts by key within a window of time, in a table of bounded size."""

from collections import OrderedDict, deque

from actors.ports import Clock

MAX_ATTEMPTS = 10
ATTEMPT_WINDOW_S = 15 * 60
MAX_TRACKED_KEYS = 10_000


class Attempts:
    """At most ``MAX_ATTEMPTS`` for one key within ``ATTEMPT_WINDOW_S``.

    Past MAX_TRACKED_KEYS the key that was used longest ago is forgotten.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._times_ms: OrderedDict[str, deque[int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._times_ms)

    def take(self, key: str) -> float | None:
        """Count one attempt now; None where it may be made, else the seconds to wait."""
        now_ms = self._clock.now_ms()
        times = self._times_ms.setdefault(key, deque(maxlen=MAX_ATTEMPTS))
        self._times_ms.move_to_end(key)
        if len(self._times_ms) > MAX_TRACKED_KEYS:
            self._times_ms.popitem(last=False)
        if len(times) == MAX_ATTEMPTS:
            wait_ms = times[0] + ATTEMPT_WINDOW_S * 1000 - now_ms
            if wait_ms > 0:
                return wait_ms / 1000
        times.append(now_ms)
        return None

    def forgive(self, key: str) -> None:
        """Forget the attempts of a key, after one that was right."""
        self._times_ms.pop(key, None)
