"""The series: one entry a second, the newest five minutes."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

SERIES_POINTS = 300


@dataclass(frozen=True, slots=True)
class Point:
    """One second as the broadcaster sees it. ``at_ms`` is Unix time, at its end.

    ``av_skew_ms`` is how far video is ahead of audio, None where there are not both.
    """

    at_ms: int
    kbps: float
    fps: float
    av_skew_ms: int | None
    read_lag_ms: int
    viewers: int


@dataclass(frozen=True, slots=True)
class Second:
    """One second as it is kept: its point, its tracks' bitrates, and the show's totals so far."""

    point: Point
    video_kbps: float
    audio_kbps: float
    jumps: int = 0
    dropped_frames: int = 0
    reconnects: int = 0


class Series:
    """The newest SERIES_POINTS seconds of a show: some 370 bytes each, 110 KiB in all."""

    def __init__(self) -> None:
        self._seconds: deque[Second] = deque(maxlen=SERIES_POINTS)

    def __len__(self) -> int:
        return len(self._seconds)

    def append(self, second: Second) -> None:
        """Add the newest second; of more than there may be, the oldest is forgotten."""
        self._seconds.append(second)

    @property
    def points(self) -> tuple[Point, ...]:
        """All points, the oldest first."""
        return tuple(second.point for second in self._seconds)

    @property
    def newest(self) -> Point | None:
        """The newest point."""
        return self._seconds[-1].point if self._seconds else None

    def last(self, count: int) -> Iterator[Second]:
        """The newest seconds, at most ``count``, the newest first."""
        return islice(reversed(self._seconds), count)

    def mean(self, value: Callable[[Second], float], count: int) -> float:
        """The mean over the newest seconds, 0 where there are none."""
        values = [value(second) for second in self.last(count)]
        return sum(values) / len(values) if values else 0.0

    def gained(self, total: Callable[[Second], int], count: int) -> int:
        """How much a total has grown over the newest seconds."""
        if not self._seconds:
            return 0
        place = len(self._seconds) - 1 - count
        if place < 0 and len(self._seconds) < SERIES_POINTS:
            before = 0  # the show began within these seconds
        else:
            before = total(self._seconds[max(place, 0)])
        return total(self._seconds[-1]) - before
