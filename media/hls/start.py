"""When a show starts, and after a drop starts again: with a picture, if one is to come."""

from dataclasses import dataclass

from media.frames import AudioFrame, VideoFrame

AUDIO_ONLY_AFTER_MS = 2_000  # of audio without a word of video
MAX_HELD_FRAMES = 2_000  # 10 s of packets of 5 ms; AAC's last 10 ms and more


@dataclass(frozen=True, slots=True)
class Start:
    """Frames to start with, at the first one's time; ``now_ms`` is its Unix time."""

    frames: list[VideoFrame | AudioFrame]
    now_ms: int


class StartGate:
    """Holds audio back until the first key frame, so that both start together.

    ``max_wait_ms`` is how much audio to hold for a video that is announced.
    """

    def __init__(self, max_wait_ms: int) -> None:
        self._max_wait_ms = max_wait_ms
        self._held: list[AudioFrame] = []
        self._held_since_ms = 0

    def reset(self) -> None:
        """Forget what is held."""
        self._held.clear()

    def offer(
        self, frame: VideoFrame | AudioFrame, now_ms: int, *, has_video: bool, has_audio: bool
    ) -> Start | None:
        """Take a frame; returns what to start with, or None while waiting.

        ``has_video`` and ``has_audio`` say which tracks are announced; frames of others are
        dropped, and so are those from before the first key frame.
        """
        if isinstance(frame, VideoFrame):
            if not (has_video and frame.keyframe):
                return None
            later = [audio for audio in self._held if audio.dts_ms >= frame.dts_ms]
            self._held.clear()
            return Start([frame, *later], now_ms)
        if not has_audio:
            return None
        if not self._held:
            self._held_since_ms = now_ms
        self._held.append(frame)
        waited_ms = frame.dts_ms - self._held[0].dts_ms
        patience_ms = self._max_wait_ms if has_video else AUDIO_ONLY_AFTER_MS
        if 0 <= waited_ms < patience_ms and len(self._held) < MAX_HELD_FRAMES:
            return None
        start = Start([*self._held], self._held_since_ms)
        self._held.clear()
        return start
