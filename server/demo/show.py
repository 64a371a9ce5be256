"""The show as coded packets: picture and tune into H.264 and AAC, muxed as FLV."""

from collections.abc import Iterator
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from server.demo.picture import FRAME_SAMPLES, FRAMES_PER_S, Picture
from server.demo.scene import HEIGHT, WIDTH
from server.demo.score import BAR_SAMPLES, SAMPLE_RATE_HZ, Instrument, notes_of_bar
from server.demo.synth import LAYOUT, Tune

KEYFRAME_INTERVAL_FRAMES = 2 * FRAMES_PER_S
AUDIO_BITS_PER_S = 128_000
VIDEO_OPTIONS = {
    "preset": "superfast",
    "tune": "zerolatency",
    "crf": "26",
    "maxrate": "1200k",
    "bufsize": "1800k",
    "sc_threshold": "0",
    # Slices and threads would only add wake-ups: one core encodes this many times over.
    "threads": "1",
}


class Show:
    """Writes the demo into an open container, one video frame and its sound at a time."""

    def __init__(self, picture: Picture, output: OutputContainer) -> None:
        self._picture = picture
        picture.begin()
        self._output = output
        self._video = _video_stream(output)
        self._audio = output.add_stream(
            "aac", rate=SAMPLE_RATE_HZ, layout=LAYOUT, bit_rate=AUDIO_BITS_PER_S
        )
        assert isinstance(self._audio, AudioStream)
        self._frames = 0
        self._heard = 0
        self._sound: Iterator[av.AudioFrame] = Tune().frames()

    @property
    def duration_s(self) -> float:
        """How much has been written."""
        return self._frames / FRAMES_PER_S

    def advance(self) -> None:
        """Write one video frame, and the sound up to its end. OSError where nobody takes it."""
        start = self._frames * FRAME_SAMPLES
        if start % BAR_SAMPLES == 0:
            bar = notes_of_bar(start // BAR_SAMPLES)
            self._picture.see([note for note in bar if note.instrument is Instrument.PIANO])
        frame = self._picture.paint(self._frames)
        frame.pts, frame.time_base = self._frames, Fraction(1, FRAMES_PER_S)
        self._output.mux(self._video.encode(frame))
        self._frames += 1
        while self._heard < self._frames * FRAME_SAMPLES:
            sound = next(self._sound)
            self._heard += sound.samples
            self._output.mux(self._audio.encode(sound))

    def finish(self) -> None:
        """Write what the encoders still hold."""
        self._output.mux(self._video.encode(None))
        self._output.mux(self._audio.encode(None))


def _video_stream(output: OutputContainer) -> VideoStream:
    stream = output.add_stream("libx264", rate=FRAMES_PER_S, options=dict(VIDEO_OPTIONS))
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    stream.gop_size = KEYFRAME_INTERVAL_FRAMES
    return stream
