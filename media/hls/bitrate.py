"""Bit rates of a rendition, measured over its segments."""

from media.hls.segment import MediaSegment


class Bitrate:
    """Peak and average, in bits a second.

    The peak is that of the segments of at least half a target duration (RFC 8216, 4.3.4.2):
    shorter ones count only while there is none of those.
    """

    def __init__(self) -> None:
        self._peak_bps = 0.0
        self._peak_of_short_bps = 0.0
        self._bits = 0
        self._seconds = 0.0

    def add(self, piece: MediaSegment, target_duration_s: int) -> None:
        """Count one more segment."""
        bits = 8 * len(piece.data)
        self._bits += bits
        self._seconds += piece.duration_s
        bps = bits / piece.duration_s
        if 2 * piece.duration_s >= target_duration_s:
            self._peak_bps = max(self._peak_bps, bps)
        else:
            self._peak_of_short_bps = max(self._peak_of_short_bps, bps)

    @property
    def peak_bps(self) -> int:
        """The highest of any segment so far, rounded up."""
        return int(self._peak_bps or self._peak_of_short_bps) + 1

    @property
    def average_bps(self) -> int:
        """Over all so far, rounded up; 0 before the first."""
        return int(self._bits / self._seconds) + 1 if self._seconds else 0
