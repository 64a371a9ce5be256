"""What the segmenter sees of its publisher, for ingest health."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IngestFacts:
    """Of the show so far; None where it is not known.

    ``av_skew_ms`` is how far video is ahead of audio in the order of arrival; ``jumps`` counts
    jumps of the publisher's clock, ``long_gops`` segments cut without a key frame,
    ``dropped_frames`` those that came too late or could not be decoded.
    """

    video_codec: str | None
    width: int | None
    height: int | None
    fps: float | None
    keyframe_interval_s: float | None
    audio_codec: str | None
    sample_rate: int | None
    channels: int | None
    av_skew_ms: int | None
    jumps: int
    long_gops: int
    dropped_frames: int
