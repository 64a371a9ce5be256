"""What is said of a stream's ingest at one moment."""

from dataclasses import dataclass
from enum import StrEnum

from actors.stream.health.series import Point
from actors.stream.health.verdicts import Verdict


class State(StrEnum):
    """All in one word: the worst verdict's level, and ``offline`` without a show."""

    OFFLINE = "offline"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class VideoHealth:
    """The picture. ``codec`` as in RFC 6381; the interval is None before the second keyframe."""

    codec: str
    width: int
    height: int
    fps: float
    keyframe_interval_s: float | None
    kbps: float


@dataclass(frozen=True, slots=True)
class AudioHealth:
    """The sound. ``codec`` as in RFC 6381."""

    codec: str
    sample_rate: int
    channels: int
    kbps: float


@dataclass(frozen=True, slots=True)
class Health:
    """How a stream's ingest is. Off air there are neither tracks nor verdicts.

    ``status`` is the stream's. Counts (``reconnects``, ``jumps``, ``dropped_frames``,
    ``long_gops``) are of the show that is on or was last, as ``started_at_ms`` is (Unix time).
    ``encoder`` is what the encoder calls itself. ``point`` is the newest second.
    """

    state: State
    verdicts: tuple[Verdict, ...]
    on_air: bool
    status: str
    started_at_ms: int | None
    uptime_s: float
    encoder: str | None
    reconnects: int
    viewers: int
    video: VideoHealth | None
    audio: AudioHealth | None
    kbps: float
    av_skew_ms: int | None
    jumps: int
    dropped_frames: int
    long_gops: int
    read_lag_ms: int
    point: Point | None


@dataclass(frozen=True, slots=True)
class HealthReport:
    """How it is, and how it has been: the points of the show that is on or was last."""

    now: Health
    series: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class HealthNews:
    """To a stream's owner, and to admins, who watch it: how its ingest is."""

    stream: str
    health: Health
