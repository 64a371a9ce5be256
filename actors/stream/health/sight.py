"""What the rules look at: one second of a show, and what led to it."""

from dataclasses import dataclass

from actors.stream.health.series import Series
from media.hls import IngestFacts

SILENCE_S = 2.0
"""Of nothing at all; a picture of one frame a second without sound is not silent yet."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One second. ``facts`` are the segmenter's, of the show so far.

    ``silent_s`` is since when nothing has come. A publisher that was lost ``lost_s`` ago may take
    ``grace_left_s`` more to come back and send; that is None while none is missed.
    ``video_silent_s``, ``audio_silent_s`` and ``gop_s`` are as the meter has them.
    ``audio_announced`` is whether the publisher said that sound is to come. ``best_fps`` is the
    highest frame rate of this publisher, ``publisher_s`` how long it has been there.
    """

    facts: IngestFacts
    series: Series
    read_lag_ms: int
    kbps: float
    silent_s: float
    lost_s: float
    grace_left_s: float | None
    video_silent_s: float | None
    audio_silent_s: float | None
    audio_announced: bool
    gop_s: float | None
    fps: float | None
    best_fps: float
    publisher_s: float

    @property
    def silent(self) -> bool:
        """Whether there is nothing to look at."""
        return self.grace_left_s is not None or self.silent_s >= SILENCE_S
