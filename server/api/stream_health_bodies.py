"""What is said of a stream's ingest, as the OpenAPI document shows it."""

from typing import Literal

from pydantic import Field

from actors.services.streams import Status
from server.api.bodies import Body


class VerdictView(Body):
    """What is wrong, and what to do."""

    code: str
    level: Literal["warning", "bad"]
    text: str


class VideoHealthView(Body):
    """The picture; rates are means over 5 s."""

    codec: str = Field(description="As in RFC 6381")
    width: int
    height: int
    fps: float
    keyframe_interval_s: float | None
    kbps: float


class AudioHealthView(Body):
    """The sound."""

    codec: str = Field(description="As in RFC 6381")
    sample_rate: int
    channels: int
    kbps: float


class PointView(Body):
    """One second."""

    at: str
    kbps: float
    fps: float
    av_skew_ms: int | None = Field(description="How far the picture is ahead of the sound")
    read_lag_ms: int
    viewers: int


class StreamHealthView(Body):
    """How a stream's ingest is, and was in the last 5 minutes.

    The counts (``reconnects``, ``jumps``, ``dropped_frames``, ``long_gops``) and the series are of
    the show that is on or was last, for as long as the server remembers it.
    """

    state: Literal["offline", "good", "warning", "bad"]
    verdicts: list[VerdictView]
    on_air: bool
    status: Status
    started_at: str | None
    uptime_s: float
    encoder: str | None = Field(description="What the encoder calls itself")
    reconnects: int
    viewers: int
    video: VideoHealthView | None
    audio: AudioHealthView | None
    kbps: float
    av_skew_ms: int | None
    jumps: int = Field(description="How often the encoder's clock jumped")
    dropped_frames: int
    long_gops: int = Field(description="Segments that had to be cut without a keyframe")
    read_lag_ms: int = Field(description="How much later than the quickest one frames arrive")
    series: list[PointView] = Field(description="One point a second, the oldest first")
