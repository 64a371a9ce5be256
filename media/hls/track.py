"""What video and audio tracks share: samples that wait to be cut into fragments."""

from bisect import bisect_left
from collections.abc import Sequence

from media.hls.fmp4 import Sample, write_fragment
from media.hls.init_segment import InitSegment
from media.hls.segment import MediaSegment


class Track:
    """A queue of samples in the order of decoding, and the init segment they need.

    A track without an init segment has not begun yet. ``quiet`` says that the other track no
    longer waits for this one; what is missing is filled in. ``expected`` says that its publisher
    has announced it; ``dropped`` counts frames that came too late or could not be decoded.
    """

    def __init__(self) -> None:
        self.init: InitSegment | None = None
        self.expected = False
        self.quiet = False
        self.dropped = 0
        self.queued_bytes = 0
        self._samples: list[Sample] = []
        self._fragments = 0

    @property
    def is_missing(self) -> bool:
        """Whether nobody should wait for this track."""
        return self.quiet or not self.expected

    def leave(self) -> None:
        """Its publisher is gone: nothing is expected until it is announced again."""
        self.expected = False
        self.quiet = False
        self._discard()

    def _append(self, sample: Sample) -> None:
        self._samples.append(sample)
        self.queued_bytes += len(sample.data)

    def _has_before(self, ticks: int) -> bool:
        return bool(self._samples) and self._samples[0].time < ticks

    def _discard(self) -> None:
        self._samples.clear()
        self.queued_bytes = 0

    def _take_before(self, ticks: int) -> list[Sample]:
        count = bisect_left(self._samples, ticks, key=lambda sample: sample.time)
        taken = self._samples[:count]
        del self._samples[:count]
        self.queued_bytes -= sum(len(sample.data) for sample in taken)
        return taken

    def _segment(self, samples: Sequence[Sample], end: int) -> MediaSegment:
        assert self.init is not None
        self._fragments += 1
        timescale = self.init.timescale
        return MediaSegment(
            init=self.init,
            start_ms=samples[0].time * 1000 // timescale,
            duration_s=(end - samples[0].time) / timescale,
            frames=len(samples),
            data=write_fragment(self._fragments, samples, end),
        )
