"""How segments are cut: what a user may set, and the bounds of that."""

from dataclasses import dataclass

MIN_SEGMENT_S = 1.0
LONGEST_SEGMENT_S = 30.0
MIN_WINDOW_SEGMENTS = 3  # a player starts three target durations from the end (RFC 8216, 6.3.3)
MAX_WINDOW_SEGMENTS = 100


@dataclass(frozen=True, slots=True)
class SegmentSettings:
    """How long a segment should be and may be (seconds), and how many a playlist holds.

    Raises ValueError on values out of bounds.
    """

    target_segment_s: float = 2.0
    max_segment_s: float = 10.0
    window_segments: int = 10

    def __post_init__(self) -> None:
        if not MIN_SEGMENT_S <= self.target_segment_s <= self.max_segment_s <= LONGEST_SEGMENT_S:
            raise ValueError(
                f"segments of {self.target_segment_s} s, at most {self.max_segment_s} s: both must "
                f"lie in {MIN_SEGMENT_S} to {LONGEST_SEGMENT_S} s, the first not above the second"
            )
        if not MIN_WINDOW_SEGMENTS <= self.window_segments <= MAX_WINDOW_SEGMENTS:
            raise ValueError(
                f"a window of {self.window_segments} segments: it must hold "
                f"{MIN_WINDOW_SEGMENTS} to {MAX_WINDOW_SEGMENTS}"
            )
