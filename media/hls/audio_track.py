"""The audio track: frames placed by counting samples, holes filled with silence."""

from media.codecs import AacInfo, parse_audio_specific_config
from media.frames import AudioConfig, AudioFrame
from media.hls.fmp4 import Sample
from media.hls.init_segment import audio_init_segment
from media.hls.segment import MediaSegment
from media.hls.silence import silent_aac_frame
from media.hls.track import Track
from media.timeline import AudioClock

_AOT_PARAMETRIC_STEREO = 29  # two channels out of one coded (ISO/IEC 14496-3, 1.5.1.1)


class AudioTrack(Track):
    """Audio samples; times are the show's milliseconds at this class's border."""

    def __init__(self) -> None:
        super().__init__()
        self.info: AacInfo | None = None
        self._clock: AudioClock | None = None
        self._pending: tuple[bytes, AacInfo] | None = None
        self._may_change = True
        self._record = b""
        self._silence = b""

    @property
    def changed(self) -> bool:
        """Whether a new configuration waits for a cut (``accept_change``)."""
        return self._pending is not None and not self._may_change

    @property
    def newest_ms(self) -> int:
        """Where the newest frame ends: all before it is there."""
        if self._clock is None:
            return 0
        return self._clock.next_ticks * 1000 // self._clock.timescale

    def configure(self, config: AudioConfig) -> None:
        """Note a sequence header; an empty one, or the same again, is nothing. Raises CodecError.

        A real change waits for ``accept_change``; its frames are dropped until then.
        """
        if not config.record:
            return
        self.expected = True
        if config.record == self._record:
            self._pending = None
        else:
            self._pending = config.record, parse_audio_specific_config(config.record)
            self._may_change = self.init is None

    def accept_change(self) -> None:
        """A discontinuity begins here: the next frame may bring a new init segment."""
        if self._pending is None:
            return
        self._may_change = True
        # What is queued already is of the old configuration: silence takes its place.
        if self._clock is not None and self._samples:
            self._clock.next_ticks = self._samples[0].time
        self._discard()

    def begin(self) -> None:
        """Start (again): the next frame is placed by the show's clock."""
        self.accept_change()
        self.lose_step()

    def lose_step(self) -> None:
        """The publisher's clock is another one: place the next frame by it."""
        if self._clock is not None:
            self._clock.lose_step()

    def add(self, time_ms: int, frame: AudioFrame, join_ms: int) -> None:
        """Queue a frame; a hole before it is filled with silence.

        If the track has not begun yet, silence reaches back to ``join_ms``. Raises
        InitSegmentError on the first frame of a configuration FFmpeg does not accept.
        """
        if self.changed:
            self.dropped += 1
            return
        if self._pending is not None:
            self._change(frame, join_ms)
        if self._clock is None:
            return
        free_from = self._clock.next_ticks
        ticks = self._clock.place(time_ms)
        if ticks is None:
            self.dropped += 1
            return
        self.quiet = False
        # A small hole is left: the sample before it lasts longer, unless it is published already.
        has_begun = self._fragments > 0
        if ticks - free_from > self._clock.tolerance_ticks or (has_begun and not self._samples):
            frame_ticks = self._clock.frame_ticks
            for start in range(free_from, ticks - frame_ticks + 1, frame_ticks):
                self._append(Sample(start, 0, True, self._silence))
        self._append(Sample(ticks, 0, True, frame.data))

    def cut(self, until_ms: int, *, fill: bool) -> MediaSegment | None:
        """Every frame that starts before a time, as a fragment. None before it has begun.

        Silence fills what is missing if ``fill``, if nobody waits for this track, or if there is
        nothing at all.
        """
        if self.init is None or self._clock is None:
            return None
        until = until_ms * self._clock.timescale // 1000
        shortage = until - self._clock.next_ticks
        fill = fill or self.is_missing or self.changed
        if fill and shortage > self._clock.tolerance_ticks:
            self._fill(until)
        if not self._samples:
            self._fill(max(until, self._clock.next_ticks + 1))
        # A segment shorter than a frame still gets one: each rendition has every segment.
        samples = self._take_before(max(until, self._samples[0].time + 1))
        end = self._samples[0].time if self._samples else self._clock.next_ticks
        return self._segment(samples, end)

    def _fill(self, until: int) -> None:
        assert self._clock is not None
        while self._clock.next_ticks < until:
            self._append(Sample(self._clock.next_ticks, 0, True, self._silence))
            self._clock.next_ticks += self._clock.frame_ticks

    def _change(self, frame: AudioFrame, join_ms: int) -> None:
        assert self._pending is not None
        record, info = self._pending
        number = self.init.number + 1 if self.init else 1
        self.init = audio_init_segment(number, record, frame.data)
        timescale = self.init.timescale
        if self._clock is not None:
            next_ticks = self._clock.next_ticks * timescale // self._clock.timescale
        else:
            next_ticks = join_ms * timescale // 1000
        frame_ticks = info.samples_per_frame * timescale // info.sample_rate
        self._clock = AudioClock(timescale, frame_ticks, next_ticks)
        coded = 1 if info.object_type == _AOT_PARAMETRIC_STEREO else info.channels
        self._silence = silent_aac_frame(coded)
        self._record, self.info, self._pending = record, info, None
