"""The audio track: frames placed by counting samples, holes filled with silence."""

from media.codecs import AudioInfo, CodecError, packet_samples, read_audio_config
from media.frames import AudioConfig, AudioFrame, Codec
from media.hls.fmp4 import Sample
from media.hls.init_segment import audio_init_segment
from media.hls.segment import MediaSegment
from media.hls.silence import silent_packet
from media.hls.track import Track
from media.timeline import AudioClock


class AudioTrack(Track):
    """Audio samples; times are the show's milliseconds at this class's border."""

    def __init__(self) -> None:
        super().__init__()
        self.info: AudioInfo | None = None
        self._clock: AudioClock | None = None
        self._pending: tuple[AudioConfig, AudioInfo] | None = None
        self._may_change = True
        self._config: AudioConfig | None = None
        self._silence = b""
        self._silence_ticks = 0

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
        if config == self._config:
            self._pending = None
        else:
            self._pending = config, read_audio_config(config)
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
        frame_ticks = self._ticks_of(frame.data)
        ticks = self._clock.place(time_ms, frame_ticks) if frame_ticks else None
        if ticks is None:
            self.dropped += 1
            return
        self.quiet = False
        # A small hole is left: the sample before it lasts longer, unless it is published already.
        has_begun = self._fragments > 0
        if ticks - free_from > self._clock.tolerance_ticks or (has_begun and not self._samples):
            silence_ticks = self._silence_ticks
            for start in range(free_from, ticks - silence_ticks + 1, silence_ticks):
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
            self._clock.next_ticks += self._silence_ticks

    def _ticks_of(self, packet: bytes) -> int:
        """How long a packet lasts; 0 if it is none of its codec."""
        assert self.init is not None
        assert self.info is not None
        assert self._config is not None
        try:
            samples = self.info.samples_per_packet or packet_samples(self._config.codec, packet)
        except CodecError:
            return 0
        return samples * self.init.timescale // self.info.sample_rate

    def _change(self, frame: AudioFrame, join_ms: int) -> None:
        assert self._pending is not None
        config, info = self._pending
        number = self.init.number + 1 if self.init else 1
        silence = silent_packet(config, info)
        # FFmpeg reads AAC's rate from a packet, and the publisher's first one may be broken.
        packet = silence if config.codec is Codec.AAC else frame.data
        self.init = audio_init_segment(number, config, packet)
        timescale = self.init.timescale
        if self._clock is not None:
            next_ticks = self._clock.next_ticks * timescale // self._clock.timescale
        else:
            next_ticks = join_ms * timescale // 1000
        self._clock = AudioClock(timescale, next_ticks)
        self._config, self.info, self._pending = config, info, None
        self._silence = silence
        self._silence_ticks = self._ticks_of(self._silence)
