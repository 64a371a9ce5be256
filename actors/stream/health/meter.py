"""The meter: adds up what arrives of one publisher, reading tick by reading tick."""

from collections.abc import Sequence
from dataclasses import dataclass

from media.frames import AudioFrame, Frame, VideoConfig, VideoFrame
from media.timeline import JUMP_AHEAD_MS, JUMP_BACK_MS

CLOCK_DRIFT_MS_PER_S = 0.5
"""How much slower than ours an encoder's clock may run without looking late: 500 ppm, several times
what cheap crystals do. A real delay of 5 s is forgotten after almost three hours."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What arrived since the last look, ``elapsed_s`` ago.

    ``read_lag_ms`` is how much later the newest frame came than the quickest one of this publisher.
    ``silent_s`` is since when nothing has come, ``video_silent_s`` and ``audio_silent_s`` the same
    of each track, None where it never came. ``gop_s`` is how long the open group of pictures is by
    the publisher's clock, None without a picture.
    """

    elapsed_s: float
    video_bytes: int
    audio_bytes: int
    video_frames: int
    read_lag_ms: int
    silent_s: float
    video_silent_s: float | None
    audio_silent_s: float | None
    gop_s: float | None


class Meter:
    """Measures one publisher from ``now_s`` on; times in seconds are of one monotonic clock.

    Frames are timed where they are cut into segments, so how long they waited before counts as lag.
    """

    def __init__(self, now_s: float) -> None:
        self._looked_s = now_s
        self._arrived_s = now_s
        self._video_s: float | None = None
        self._audio_s: float | None = None
        self._video_bytes = 0
        self._audio_bytes = 0
        self._video_frames = 0
        self._video_ms: int | None = None
        self._gop_start_ms = 0
        self._newest_ms: int | None = None
        self._quickest_ms = 0.0  # from the publisher's clock to ours, by the quickest frame
        self._lag_ms = 0.0
        self._worst_lag_ms: float | None = None  # since the last look

    def take(self, frames: Sequence[Frame], now_s: float) -> None:
        """Count one reading tick's frames."""
        video_ms = audio_ms = keyframe_ms = None
        for frame in frames:
            if isinstance(frame, AudioFrame):
                self._audio_bytes += len(frame.data)
                audio_ms = frame.dts_ms
            elif isinstance(frame, VideoFrame):
                self._video_bytes += len(frame.data)
                self._video_frames += 1
                video_ms = frame.dts_ms
                if frame.keyframe:
                    keyframe_ms = video_ms
            elif isinstance(frame, VideoConfig) and self._video_s is None:
                self._video_s = now_s  # announced: from now on a picture is missed
        if audio_ms is not None:
            self._audio_s = now_s
        if video_ms is not None:
            self._video_s = now_s
            self._note_picture(video_ms, keyframe_ms)
        newest_ms = max((ms for ms in (video_ms, audio_ms) if ms is not None), default=None)
        if newest_ms is not None:
            self._note_time(newest_ms, now_s)

    def look(self, now_s: float) -> Arrived:
        """Say what has arrived, and begin to count anew."""
        elapsed_s = now_s - self._looked_s
        silent_s = now_s - self._arrived_s
        lag_ms = self._worst_lag_ms
        if lag_ms is None:  # nothing came, so all that is to come is later by that
            lag_ms = self._lag_ms + silent_s * 1000 if self._newest_ms is not None else 0.0
        arrived = Arrived(
            elapsed_s=elapsed_s,
            video_bytes=self._video_bytes,
            audio_bytes=self._audio_bytes,
            video_frames=self._video_frames,
            read_lag_ms=round(lag_ms),
            silent_s=silent_s,
            video_silent_s=None if self._video_s is None else now_s - self._video_s,
            audio_silent_s=None if self._audio_s is None else now_s - self._audio_s,
            gop_s=self._gop_s,
        )
        self._looked_s = now_s
        self._video_bytes = self._audio_bytes = self._video_frames = 0
        self._worst_lag_ms = None
        return arrived

    @property
    def _gop_s(self) -> float | None:
        if self._video_ms is None:
            return None
        return max(self._video_ms - self._gop_start_ms, 0) / 1000

    def _note_picture(self, video_ms: int, keyframe_ms: int | None) -> None:
        if keyframe_ms is not None:
            self._gop_start_ms = keyframe_ms
        elif self._video_ms is None:
            self._gop_start_ms = video_ms
        elif _jumps(step_ms := video_ms - self._video_ms):
            self._gop_start_ms += step_ms
        self._video_ms = video_ms

    def _note_time(self, newest_ms: int, now_s: float) -> None:
        behind_ms = now_s * 1000 - newest_ms
        if self._newest_ms is None:
            self._quickest_ms = behind_ms
        elif _jumps(newest_ms - self._newest_ms):
            self._quickest_ms = behind_ms - self._lag_ms  # another clock, as late as the one before
        else:
            drift_ms = (now_s - self._arrived_s) * CLOCK_DRIFT_MS_PER_S
            self._quickest_ms = min(self._quickest_ms + drift_ms, behind_ms)
        self._lag_ms = behind_ms - self._quickest_ms
        self._worst_lag_ms = max(self._worst_lag_ms or 0.0, self._lag_ms)
        self._newest_ms = newest_ms
        self._arrived_s = now_s


def _jumps(step_ms: int) -> bool:
    return not -JUMP_BACK_MS <= step_ms <= JUMP_AHEAD_MS
