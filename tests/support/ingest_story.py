"""A publisher told second by second, through a real segmenter, and what its health says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from actors.stream.health import Health, HealthMonitor, Verdict
from media.frames import AudioConfig, AudioFrame, Frame, VideoConfig, VideoFrame
from media.hls import Segmenter, SegmentSettings

TICKS_PER_S = 25
AUDIO_FRAME_S = 1024 / 48_000
START_MS = 1_700_000_000_000
GRACE_S = 30.0
FILLER_NAL = b"\x0c"
"""H.264's filler data (7.3.2.7): a picture may have as much of it as a bitrate needs."""


@dataclass(frozen=True)
class Push:
    """How an encoder sends: ``speed`` is the media time sent in a second of wall time."""

    fps: float = 25.0
    gop_s: float = 2.0
    kbps: float = 2_000.0
    speed: float = 1.0
    video: bool = True
    audio: bool = True
    audio_late_s: float = 0.0
    announces_audio: bool = False


@dataclass
class Story:
    """One stream; frames are made of the parts of ``show``, and come in reading ticks."""

    show: Sequence[Frame]
    push: Push = field(default_factory=Push)
    media_s: float = 50.0
    monitor: HealthMonitor = field(default_factory=HealthMonitor)

    def __post_init__(self) -> None:
        configs = [each for each in self.show if isinstance(each, VideoConfig | AudioConfig)]
        self._configs = {type(each): each for each in configs}
        pictures = [each for each in self.show if isinstance(each, VideoFrame)]
        self._key = next(each for each in pictures if each.keyframe)
        self._delta = next(each for each in pictures if not each.keyframe)
        self._sound = next(each for each in self.show if isinstance(each, AudioFrame))
        self.segmenter = Segmenter("shw_1", SegmentSettings())
        self._ticks = 0
        self.connect()
        self.monitor.begin_show()

    def connect(self, encoder: str = "FMLE/3.0") -> None:
        """A publisher comes, with its configurations and a key frame first."""
        self.monitor.take_publisher(encoder, self.now_s)
        self._next_video_s = self._next_key_s = self.media_s
        self._next_audio_s = self.media_s
        kinds = ((VideoConfig, self.push.video), (AudioConfig, self.push.audio))
        self._deliver([self._configs[kind] for kind, has in kinds if has])

    def change(self, **how: object) -> None:
        """Send otherwise from now on; a track that was off begins with what is new."""
        if how.get("audio") and not self.push.audio:
            self._next_audio_s = self.media_s
        self.push = replace(self.push, **how)  # type: ignore[arg-type]  # as Push has them

    def play(self, seconds: float) -> Health:
        """The publisher sends; gives how it is at the end."""
        return self._pass(seconds, self._send)

    def silence(self, seconds: float) -> Health:
        """Nothing comes."""
        return self._pass(seconds, lambda: None)

    def drop(self) -> None:
        """The connection breaks."""
        self.segmenter.interrupt()
        self.monitor.lose_publisher(self.now_s, GRACE_S)

    def come_back(self) -> None:
        """It is there again."""
        self.connect()
        self.monitor.count_reconnect()

    def jump(self, ms: int) -> None:
        """The encoder sets its clock."""
        self.media_s += ms / 1000
        self._next_video_s += ms / 1000
        self._next_key_s += ms / 1000
        self._next_audio_s += ms / 1000

    @property
    def health(self) -> Health:
        now_ms = self.now_ms
        return self.monitor.health("live", on_air=True, started_at_ms=START_MS, now_ms=now_ms)

    def verdict(self, code: str) -> Verdict | None:
        """What is said under a code."""
        return next((each for each in self.health.verdicts if each.code == code), None)

    @property
    def now_s(self) -> float:
        """The monotonic clock."""
        return 1_000 + self._ticks / TICKS_PER_S

    @property
    def now_ms(self) -> int:
        """Unix time."""
        return START_MS + self._ticks * 1000 // TICKS_PER_S

    def _pass(self, seconds: float, tick: Callable[[], None]) -> Health:
        for _ in range(round(seconds * TICKS_PER_S)):
            self._ticks += 1
            tick()
            if self._ticks % TICKS_PER_S == 0:
                self.monitor.second(self.segmenter.facts(), 3, self.now_s, self.now_ms)
        return self.health

    def _send(self) -> None:
        self.media_s += self.push.speed / TICKS_PER_S
        frames: list[Frame] = []
        while self.push.video and self._next_video_s < self.media_s:
            frames.append(self._picture())
            self._next_video_s += 1 / self.push.fps
        while self.push.audio and self._next_audio_s < self.media_s - self.push.audio_late_s:
            frames.append(AudioFrame(round(self._next_audio_s * 1000), self._sound.data))
            self._next_audio_s += AUDIO_FRAME_S
        frames.sort(key=lambda each: each.dts_ms)  # type: ignore[union-attr]  # none is a config
        self._deliver(frames)

    def _picture(self) -> VideoFrame:
        is_key = self._next_video_s >= self._next_key_s - 0.001
        if is_key:
            self._next_key_s += self.push.gop_s
        like = self._key if is_key else self._delta
        missing = max(round(self.push.kbps * 125 / self.push.fps) - len(like.data) - 4, 1)
        filler = FILLER_NAL * missing
        data = like.data + len(filler).to_bytes(4, "big") + filler
        return VideoFrame(round(self._next_video_s * 1000), 0, is_key, data)

    def _deliver(self, frames: list[Frame]) -> None:
        if frames:
            announced = self.push.announces_audio
            self.monitor.take(frames, self.now_s, announces_audio=announced)
            self.segmenter.push(frames, self.now_ms)
