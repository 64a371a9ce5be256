"""A segment: the same stretch of the show in each of its renditions."""

from collections.abc import Mapping
from dataclasses import dataclass

from media.hls.init_segment import InitSegment
from media.timeline import MediaType


@dataclass(frozen=True, slots=True)
class MediaSegment:
    """One rendition's part of a segment: ``data`` is what ``seg-{msn}.m4s`` holds.

    ``start_ms`` is the show's time of its first sample; ``frames`` counts its samples.
    """

    init: InitSegment
    start_ms: int
    duration_s: float
    frames: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """What is published under one media sequence number.

    ``discontinuity`` says that it does not follow from the segment before;
    ``discontinuity_sequence`` counts those so far, this one included. ``wall_offset_ms`` added to
    a show's time gives Unix time (ms).
    """

    msn: int
    discontinuity: bool
    discontinuity_sequence: int
    wall_offset_ms: int
    media: Mapping[MediaType, MediaSegment]

    @property
    def duration_s(self) -> float:
        """The longest of its renditions, in seconds."""
        return max(piece.duration_s for piece in self.media.values())

    @property
    def size_bytes(self) -> int:
        """All its renditions together."""
        return sum(len(piece.data) for piece in self.media.values())
