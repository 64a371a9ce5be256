"""The monitor of one stream: its actor hands it what arrives, and asks once a second."""

from collections.abc import Sequence

from actors.stream.health.meter import Arrived, Meter
from actors.stream.health.report import AudioHealth, Health, HealthReport, State, VideoHealth
from actors.stream.health.rules import RULES
from actors.stream.health.series import Point, Second, Series
from actors.stream.health.sight import Sight
from actors.stream.health.verdicts import Judge, Level, Verdict
from media.frames import Frame
from media.hls import IngestFacts

SECOND_S = 1.0
"""How often ``second`` is to be called."""
MEAN_S = 5
"""Rates that are shown, and judged by, are means over so many seconds."""
STEADY_GOP_S = 0.5
"""A frame rate counts as the encoder's own where it was measured over so much."""
MAX_ENCODER_CHARACTERS = 100


class HealthMonitor:
    """Watches the show that is on. ``now_s`` is of a monotonic clock, ``now_ms`` Unix time.

    A publisher may come before its show, which begins with its first frames.
    """

    def __init__(self) -> None:
        self._encoder: str | None = None
        self._meter: Meter | None = None
        self._publisher_since_s = 0.0
        self._audio_announced = False
        self._lost_s = 0.0
        self.begin_show()

    def begin_show(self) -> None:
        """Forget the show before."""
        self._reconnects = 0
        self._facts: IngestFacts | None = None
        self._series = Series()
        self._judge = Judge(RULES)
        self._verdicts: tuple[Verdict, ...] = ()
        self._best_fps = 0.0
        self._gone_for_good_s: float | None = None

    def take_publisher(self, encoder: str, now_s: float) -> None:
        """Measure a publisher, which calls itself ``encoder``."""
        printable = "".join(c for c in encoder if c.isprintable())
        self._encoder = printable[:MAX_ENCODER_CHARACTERS].strip() or None
        self._meter = Meter(now_s)
        self._publisher_since_s = now_s
        self._best_fps = 0.0

    def lose_publisher(self, now_s: float, grace_s: float) -> None:
        """The publisher dropped, and has ``grace_s`` to come back."""
        self._meter = None
        self._lost_s = now_s
        self._gone_for_good_s = now_s + grace_s

    def count_reconnect(self) -> None:
        """The publisher came back, and sends."""
        self._reconnects += 1
        self._gone_for_good_s = None

    def take(self, frames: Sequence[Frame], now_s: float, *, announces_audio: bool = False) -> None:
        """Count one reading tick's frames, of a publisher that has announced sound or not."""
        self._audio_announced = announces_audio
        if self._meter is not None:
            self._meter.take(frames, now_s)

    def second(self, facts: IngestFacts, viewers: int, now_s: float, now_ms: int) -> None:
        """Add a point, and judge. ``facts`` are of the show that is on."""
        self._facts = facts
        arrived = self._look(now_s)
        self._series.append(self._measure(arrived, facts, viewers, now_ms))
        steady = (facts.keyframe_interval_s or 0.0) >= STEADY_GOP_S
        if facts.fps is not None and steady:
            self._best_fps = max(self._best_fps, facts.fps)
        sight = Sight(
            facts=facts,
            series=self._series,
            read_lag_ms=arrived.read_lag_ms,
            kbps=self._mean_kbps,
            silent_s=arrived.silent_s,
            lost_s=now_s - self._lost_s,
            grace_left_s=self._grace_left_s(now_s),
            video_silent_s=arrived.video_silent_s,
            audio_silent_s=arrived.audio_silent_s,
            audio_announced=self._audio_announced,
            gop_s=arrived.gop_s,
            fps=facts.fps if steady else None,
            best_fps=self._best_fps,
            publisher_s=now_s - self._publisher_since_s,
        )
        self._verdicts = self._judge.judge(sight, now_s)

    @property
    def state(self) -> State:
        """The verdicts in one word, of a show that is on air."""
        if any(verdict.level is Level.BAD for verdict in self._verdicts):
            return State.BAD
        return State.WARNING if self._verdicts else State.GOOD

    def health(
        self, status: str, *, on_air: bool, started_at_ms: int | None, now_ms: int
    ) -> Health:
        """Say how it is now."""
        facts, newest = self._facts, self._series.newest
        shown = newest if on_air else None
        uptime_ms = now_ms - started_at_ms if on_air and started_at_ms is not None else 0
        return Health(
            state=self.state if on_air else State.OFFLINE,
            verdicts=self._verdicts if on_air else (),
            on_air=on_air,
            status=status,
            started_at_ms=started_at_ms,
            uptime_s=max(uptime_ms, 0) / 1000,
            encoder=self._encoder,
            reconnects=self._reconnects,
            viewers=shown.viewers if shown else 0,
            video=self._video() if on_air else None,
            audio=self._audio() if on_air else None,
            kbps=round(self._mean_kbps, 1) if on_air else 0.0,
            av_skew_ms=shown.av_skew_ms if shown else None,
            jumps=facts.jumps if facts else 0,
            dropped_frames=facts.dropped_frames if facts else 0,
            long_gops=facts.long_gops if facts else 0,
            read_lag_ms=shown.read_lag_ms if shown else 0,
            point=newest,
        )

    def report(self, now: Health) -> HealthReport:
        """Put the series beside how it is now."""
        return HealthReport(now, self._series.points)

    @property
    def _mean_kbps(self) -> float:
        return self._series.mean(lambda second: second.point.kbps, MEAN_S)

    def _look(self, now_s: float) -> Arrived:
        if self._meter is not None:
            return self._meter.look(now_s)
        return Arrived(SECOND_S, 0, 0, 0, 0, now_s - self._lost_s, None, None, None)

    def _measure(self, arrived: Arrived, facts: IngestFacts, viewers: int, now_ms: int) -> Second:
        elapsed_ms = max(arrived.elapsed_s, 0.001) * 1000
        video_kbps = arrived.video_bytes * 8 / elapsed_ms
        audio_kbps = arrived.audio_bytes * 8 / elapsed_ms
        point = Point(
            at_ms=now_ms,
            kbps=round(video_kbps + audio_kbps, 1),
            fps=round(arrived.video_frames * 1000 / elapsed_ms, 1),
            av_skew_ms=facts.av_skew_ms,
            read_lag_ms=arrived.read_lag_ms,
            viewers=viewers,
        )
        return Second(
            point, video_kbps, audio_kbps, facts.jumps, facts.dropped_frames, self._reconnects
        )

    def _grace_left_s(self, now_s: float) -> float | None:
        return None if self._gone_for_good_s is None else max(self._gone_for_good_s - now_s, 0.0)

    def _video(self) -> VideoHealth | None:
        facts = self._facts
        if facts is None or facts.video_codec is None:
            return None
        fps = facts.fps or self._series.mean(lambda second: second.point.fps, MEAN_S)
        interval_s = facts.keyframe_interval_s
        kbps = self._series.mean(lambda second: second.video_kbps, MEAN_S)
        return VideoHealth(
            codec=facts.video_codec,
            width=facts.width or 0,
            height=facts.height or 0,
            fps=round(fps, 1),
            keyframe_interval_s=None if interval_s is None else round(interval_s, 2),
            kbps=round(kbps, 1),
        )

    def _audio(self) -> AudioHealth | None:
        facts = self._facts
        if facts is None or facts.audio_codec is None:
            return None
        kbps = self._series.mean(lambda second: second.audio_kbps, MEAN_S)
        return AudioHealth(
            codec=facts.audio_codec,
            sample_rate=facts.sample_rate or 0,
            channels=facts.channels or 0,
            kbps=round(kbps, 1),
        )
