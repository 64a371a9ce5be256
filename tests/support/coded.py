"""Short shows in any codec, by the encoders that PyAV brings, into a file or a server's address."""

import io
import math
import os
from fractions import Fraction
from functools import cache

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from media.frames import Frame
from support.shows import read_flv

os.environ.setdefault("SVT_LOG", "1")  # errors only: SVT-AV1 writes its settings to stderr

FRAMES_PER_SECOND = 25
SAMPLE_RATE = 48_000
SAMPLES_PER_PICTURE = SAMPLE_RATE // FRAMES_PER_SECOND
SIZE = (128, 72)

VIDEO_ENCODERS = {
    "h264": ("libx264", {"preset": "ultrafast", "tune": "zerolatency"}),
    "hevc": ("libx265", {"preset": "ultrafast", "x265-params": "log-level=none:pools=1"}),
    "av1": ("libsvtav1", {"preset": "12", "svtav1-params": "lp=1"}),
    "vp9": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8"}),
}
AUDIO_ENCODERS = {
    "aac": "aac", "opus": "libopus", "flac": "flac", "ac3": "ac3", "eac3": "eac3",
    "mp3": "libmp3lame",
}  # fmt: skip
_SAMPLE_FORMATS = {
    "flt": (1, np.float32), "s16": (32_767, np.int16), "s32": (2_147_483_647, np.int32),
}  # fmt: skip


def write_show(
    target: str | io.BytesIO, video: str | None, audio: str | None, seconds: float = 4,
    *, size: tuple[int, int] = SIZE, layout: str = "stereo",
) -> None:  # fmt: skip
    """A picture that changes, with a key frame each second, and a tone, as FLV to ``target``."""
    with av.open(target, "w", format="flv") as output:
        pictures = sounds = None
        if video is not None:
            name, options = VIDEO_ENCODERS[video]
            pictures = output.add_stream(name, rate=FRAMES_PER_SECOND, options=dict(options))
            pictures.width, pictures.height = size
            pictures.pix_fmt = "yuv420p"
            pictures.codec_context.gop_size = FRAMES_PER_SECOND
        if audio is not None:
            sounds = output.add_stream(AUDIO_ENCODERS[audio], rate=SAMPLE_RATE)
            sounds.layout = layout
        for number in range(round(seconds * FRAMES_PER_SECOND)):
            if pictures is not None:
                output.mux(pictures.encode(_picture(number, pictures)))
            if sounds is not None:
                output.mux(sounds.encode(_sound(number, sounds)))
        for stream in (pictures, sounds):
            if stream is not None:
                output.mux(stream.encode(None))


def _picture(number: int, stream: VideoStream) -> av.VideoFrame:
    pixels = np.full((stream.height * 3 // 2, stream.width), 90, np.uint8)
    pixels[: stream.height, number % stream.width] = 230
    picture = av.VideoFrame.from_ndarray(pixels, "yuv420p")
    picture.pts, picture.time_base = number, Fraction(1, FRAMES_PER_SECOND)
    return picture


def _sound(number: int, stream: AudioStream) -> av.AudioFrame:
    start = number * SAMPLES_PER_PICTURE
    times = np.arange(start, start + SAMPLES_PER_PICTURE) / SAMPLE_RATE
    wave = 0.3 * np.sin(2 * math.pi * 440 * times)
    name = stream.codec_context.format.name
    channels = stream.layout.nb_channels
    full_scale, kind = _SAMPLE_FORMATS[name.removesuffix("p")]
    samples = (wave * full_scale).astype(kind)
    rows = (
        np.tile(samples, (channels, 1))
        if name.endswith("p")
        else np.repeat(samples, channels)[None, :]
    )
    sound = av.AudioFrame.from_ndarray(rows, name, stream.layout.name)
    sound.sample_rate, sound.pts, sound.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
    return sound


@cache
def coded_flv(
    video: str | None, audio: str | None, seconds: float = 2,
    size: tuple[int, int] = SIZE, layout: str = "stereo",
) -> bytes:  # fmt: skip
    """Such a show as an FLV file; the same each time."""
    target = io.BytesIO()
    write_show(target, video, audio, seconds, size=size, layout=layout)
    return target.getvalue()


def coded_frames(
    video: str | None, audio: str | None, seconds: float = 2,
    size: tuple[int, int] = SIZE, layout: str = "stereo",
) -> list[Frame]:  # fmt: skip
    """Such a show as ingest reads it."""
    return read_flv(coded_flv(video, audio, seconds, size, layout))
