"""From the publisher's clocks to the show's: one continuous time for video and audio.

A publisher's timestamps start anywhere, jump, run backwards, and tell audio time in whole
milliseconds, which no AAC frame lasts. The show's time starts at 0 and only goes on; it is counted
in milliseconds for video, and in samples for audio.
"""

from enum import Enum, StrEnum, auto

JUMP_AHEAD_MS = 10_000  # further ahead of everything seen so far, the clock has been set anew
JUMP_BACK_MS = 500  # less is the jitter of an encoder, more is another clock
RESYNC_MS = 70  # audio further from its own count of samples is placed anew; less is jitter


class MediaType(StrEnum):
    """The two tracks of a show; the value is also the rendition's name in paths."""

    VIDEO = "video"
    AUDIO = "audio"


class Step(Enum):
    """How a timestamp follows those before it.

    STEADY: on the same clock. JUMPED: the clock was set anew. FOLLOWED: the other track's jump,
    now seen on this one.
    """

    STEADY = auto()
    JUMPED = auto()
    FOLLOWED = auto()


class Timeline:
    """Places timestamps of both tracks in the show; sees when a clock jumps.

    Each track has its own offset, but when one has jumped, the other adopts the same offset at its
    own jump, so that the two stay as much in step as the new clock says. That counts as one jump.
    """

    def __init__(self) -> None:
        self.newest_ms = 0
        self.jumps = 0
        self._offset_ms = dict.fromkeys(MediaType, 0)
        self._last_ms: dict[MediaType, int] = {}

    def begin(self, dts_ms: int, at_ms: int) -> None:
        """Start (again): the publisher's ``dts_ms`` is the show's ``at_ms``."""
        self.newest_ms = at_ms
        self._offset_ms = dict.fromkeys(MediaType, at_ms - dts_ms)
        self._last_ms.clear()

    def place(self, media: MediaType, dts_ms: int) -> tuple[int, Step]:
        """The show's time of a timestamp (ms), and how it follows."""
        step = Step.STEADY
        time_ms = dts_ms + self._offset_ms[media]
        other = MediaType.AUDIO if media is MediaType.VIDEO else MediaType.VIDEO
        if self._offset_ms[other] != self._offset_ms[media]:
            # The other track has jumped: this frame may still be of the old clock.
            last_ms = self._last_ms.get(media, self.newest_ms)
            followed_ms = dts_ms + self._offset_ms[other]
            if abs(followed_ms - last_ms) < abs(time_ms - last_ms):
                step, time_ms = Step.FOLLOWED, followed_ms
        if not self._follows(media, time_ms):
            step, time_ms = Step.JUMPED, max(self.newest_ms, self._last_ms.get(media, 0) + 1)
            self.jumps += 1
        if step is not Step.STEADY:
            self._offset_ms[media] = time_ms - dts_ms
        self._last_ms[media] = time_ms
        if time_ms > self.newest_ms:
            self.newest_ms = time_ms
        return time_ms, step

    def _follows(self, media: MediaType, time_ms: int) -> bool:
        earliest = self._last_ms.get(media, self.newest_ms - JUMP_AHEAD_MS + JUMP_BACK_MS)
        return earliest - JUMP_BACK_MS <= time_ms <= self.newest_ms + JUMP_AHEAD_MS


class AudioClock:
    """Audio time by counting samples, checked against the show's clock.

    ``timescale`` is in ticks a second (the sample rate); ``next_ticks`` is where the frame after
    the last one begins, ``tolerance_ticks`` how far from it the show's clock may be.
    """

    def __init__(self, timescale: int, next_ticks: int) -> None:
        self.timescale = timescale
        self.next_ticks = next_ticks
        self.tolerance_ticks = RESYNC_MS * timescale // 1000
        self._in_step = False

    def lose_step(self) -> None:
        """Trust the show's clock for the next frame: what came before may be of another clock."""
        self._in_step = False

    def place(self, time_ms: int, frame_ticks: int) -> int | None:
        """Where a frame of the show's ``time_ms`` begins (ticks), or None if it comes too late.

        It lasts for ``frame_ticks``.

        In step, it begins where the last one ended. Out of step, frames are refused until one no
        longer overlaps what is there; the result is then at or after ``next_ticks``, and the
        caller fills what lies between.
        """
        ticks = (time_ms * self.timescale + 500) // 1000
        if self._in_step and abs(ticks - self.next_ticks) <= self.tolerance_ticks:
            ticks = self.next_ticks
        elif ticks < self.next_ticks:
            self._in_step = False
            return None
        self._in_step = True
        self.next_ticks = ticks + frame_ticks
        return ticks
