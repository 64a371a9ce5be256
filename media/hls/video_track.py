"""The video track: frames placed by the show's clock, cut where the segmenter says."""

from media.codecs import VideoInfo, read_video_config
from media.frames import VideoConfig, VideoFrame
from media.hls.fmp4 import Sample
from media.hls.init_segment import VIDEO_TIMESCALE, video_init_segment
from media.hls.segment import MediaSegment
from media.hls.track import Track

TICKS_PER_MS = VIDEO_TIMESCALE // 1000
DEFAULT_FRAME_MS = 33  # of a first frame that has no next
MAX_LAST_FRAME_MS = 1000  # the last frame before an end lasts as long as the one before it, or this


class VideoTrack(Track):
    """Video samples; times are the show's milliseconds at this class's border.

    Where a picture is missing at a cut, the last key frame is shown again as a still, and frames
    that build upon the missing ones are left out until the next key frame.
    """

    def __init__(self) -> None:
        super().__init__()
        self.info: VideoInfo | None = None
        self.keyframes_ms: list[int] = []  # those in the queue
        self.keyframe_interval_ms: int | None = None
        self.fps: float | None = None  # over the last group of pictures
        self.newest_ms = 0
        self.delay_ms = 0  # from decoding to showing, as the last key frame has it
        self._pending: tuple[VideoConfig, VideoInfo] | None = None
        self._config: VideoConfig | None = None
        self._still = b""
        self._last_keyframe_ms: int | None = None
        self._gop_frames = 0
        self._frame_ms = DEFAULT_FRAME_MS
        self._position_ms = 0  # where the last fragment ended
        self._needs_keyframe = True
        self._stamp: tuple[int, int] | None = None  # the last frame's own time, and its offset
        self._shown_ms = 0

    @property
    def changed(self) -> bool:
        """Whether a new configuration waits for its first key frame."""
        return self._pending is not None

    @property
    def end_ms(self) -> int:
        """Where the newest frame ends, as far as one can tell before the next."""
        return self.newest_ms + self._frame_ms if self._samples else self._position_ms

    @property
    def begins_with_keyframe(self) -> bool:
        """Whether the first sample in the queue is a key frame."""
        return not self._samples or self._samples[0].sync

    def configure(self, config: VideoConfig) -> None:
        """Note a sequence header; the same one again changes nothing. Raises CodecError."""
        self.expected = True
        if config == self._config:
            self._pending = None
        else:
            self._pending = config, read_video_config(config)

    def begin(self, at_ms: int) -> None:
        """Start (again) at a time of the show, with a key frame."""
        self._position_ms = at_ms
        self.keyframes_ms.clear()
        self._last_keyframe_ms = None
        self._needs_keyframe = True

    def place(self, time_ms: int, frame: VideoFrame) -> int | None:
        """Where the frame goes (ms), or None if it cannot be shown and is dropped."""
        if (self._needs_keyframe or self.changed) and not frame.keyframe:
            self.dropped += 1
            return None
        if self._needs_keyframe and time_ms < self._position_ms:
            self.dropped += 1
            return None
        # Equal or lower times happen; a sample must last, so the shortest step follows.
        return (
            max(time_ms, self.newest_ms + 1) if self._samples else max(time_ms, self._position_ms)
        )

    def add(self, placed_ms: int, time_ms: int, frame: VideoFrame) -> None:
        """Queue a frame where ``place`` said; ``time_ms`` is its own time, for its showing.

        Raises InitSegmentError on the first key frame of a configuration FFmpeg does not accept.
        """
        if frame.keyframe:
            self._note_keyframe(placed_ms, frame)
        self._gop_frames += 1
        if self._samples:
            self._frame_ms = min(placed_ms - self.newest_ms, MAX_LAST_FRAME_MS)
        composition = (self._showing_ms(time_ms, frame.cts_ms) - placed_ms) * TICKS_PER_MS
        self._append(Sample(placed_ms * TICKS_PER_MS, composition, frame.keyframe, frame.data))
        self.newest_ms = placed_ms
        self.quiet = False

    def hold(self) -> None:
        """Go on from the last cut with a still, where no picture has come since: it leaves no hole.

        What comes next may come late.
        """
        if self.init is not None and not self._samples:
            self._insert_still(self._position_ms)

    def last_start_ms(self, limit_ms: int) -> int:
        """The latest time at or before the limit at which a queued frame starts."""
        starts = (sample.time // TICKS_PER_MS for sample in reversed(self._samples))
        return next((start for start in starts if start <= limit_ms), self._position_ms)

    def cut(self, until_ms: int, *, goes_on: bool) -> MediaSegment | None:
        """Everything before a time, as a fragment that ends exactly there.

        With ``goes_on``, a picture is needed from there on too. None before the track has begun.
        """
        if self.init is None:
            self._position_ms = until_ms
            return None
        until = until_ms * TICKS_PER_MS
        if not self._has_before(until):
            self._insert_still(self._position_ms)
        samples = self._take_before(until)
        self._position_ms = until_ms
        self.keyframes_ms = [time for time in self.keyframes_ms if time >= until_ms]
        if goes_on and not (self._samples and self._samples[0].time == until):
            self._insert_still(until_ms)
        return self._segment(samples, until)

    def _showing_ms(self, time_ms: int, cts_ms: int) -> int:
        """When a frame is shown: its own time, or after the last one, where that had the same."""
        stamp = time_ms, cts_ms
        self._shown_ms = self._shown_ms + 1 if stamp == self._stamp else time_ms + cts_ms
        self._stamp = stamp
        return self._shown_ms

    def _note_keyframe(self, placed_ms: int, frame: VideoFrame) -> None:
        if self._pending is not None:
            config, info = self._pending
            number = self.init.number + 1 if self.init else 1
            self.init = video_init_segment(number, config, info, frame.data)
            self._config, self.info, self._pending = config, info, None
        if self._last_keyframe_ms is not None:
            self.keyframe_interval_ms = placed_ms - self._last_keyframe_ms
            self.fps = self._gop_frames * 1000 / self.keyframe_interval_ms
        self._last_keyframe_ms = placed_ms
        self._gop_frames = 0
        self.keyframes_ms.append(placed_ms)
        self.delay_ms = frame.cts_ms
        self._still = frame.data
        self._needs_keyframe = False

    def _insert_still(self, at_ms: int) -> None:
        """Show the last key frame from a time on, and drop what builds upon missing frames."""
        kept = next((i for i, sample in enumerate(self._samples) if sample.sync), None)
        self._needs_keyframe = kept is None
        following = self._samples[kept:] if kept is not None else []
        self.dropped += len(self._samples) - len(following)
        self._discard()
        composition = self.delay_ms * TICKS_PER_MS
        for sample in [
            Sample(at_ms * TICKS_PER_MS, composition, True, self._still),
            *following,
        ]:
            self._append(sample)
        if not following:
            self.newest_ms = at_ms
