"""Real frames, and a rehearsal of a show before a listener who checks every rule."""

import io
import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from support.hls_listener import Listener, read_fragment, read_playlist

from media.frames import AudioConfig, AudioFrame, Codec, VideoConfig, VideoFrame
from media.hls import Segmenter, Window

SAMPLE_RATE = 48_000
AAC_SAMPLES = 1024


def moving_bar(number: int, size: tuple[int, int]) -> np.ndarray:
    pixels = np.full((size[1] * 3 // 2, size[0]), 90, np.uint8)
    pixels[: size[1], number % size[0]] = 230
    return pixels


def tone(number: int, samples: int, rate: int) -> np.ndarray:
    times = np.arange(number * samples, (number + 1) * samples) / rate
    return (0.3 * np.sin(2 * math.pi * 440 * times)).astype(np.float32)


def encode_show(
    seconds: float, *, fps: int = 25, gop: int = 25, b_frames: int = 0, audio: bool = True,
    video: bool = True, size: tuple[int, int] = (128, 72), channels: str = "stereo",
    rate: int = SAMPLE_RATE, draw=moving_bar, play=tone,
) -> list:  # fmt: skip
    """Pictures and sound, encoded by PyAV, as the frames RTMP brings: configurations first."""
    target = io.BytesIO()
    with av.open(target, "w", format="flv") as output:
        pictures = sounds = None
        if video:
            pictures = output.add_stream("libx264", rate=fps)
            pictures.width, pictures.height = size
            pictures.pix_fmt = "yuv420p"
            pictures.codec_context.gop_size = gop
            pictures.options = {
                "preset": "veryfast", "bf": str(b_frames), "sc_threshold": "0", "threads": "1",
            }  # fmt: skip
        if audio:
            sounds = output.add_stream("aac", rate=rate)
            sounds.layout = channels
        for number in range(round(seconds * fps)):
            if pictures:
                picture = av.VideoFrame.from_ndarray(draw(number, size), "yuv420p")
                picture.pts, picture.time_base = number, Fraction(1, fps)
                output.mux(pictures.encode(picture))
            if sounds:
                wave = play(number, rate // fps, rate)
                sound = av.AudioFrame.from_ndarray(
                    np.tile(wave, (sounds.channels, 1)), "fltp", channels
                )
                sound.sample_rate, sound.pts = rate, number * (rate // fps)
                sound.time_base = Fraction(1, rate)
                output.mux(sounds.encode(sound))
        for stream in (pictures, sounds):
            if stream:
                output.mux(stream.encode(None))
    return read_flv(target.getvalue())


def read_flv(data: bytes) -> list:
    frames = []
    with av.open(io.BytesIO(data)) as source:
        for stream in source.streams:
            record = stream.codec_context.extradata
            frames.append(
                VideoConfig(Codec.H264, record)
                if stream.type == "video"
                else AudioConfig(Codec.AAC, record)
            )
        for packet in source.demux():
            if packet.dts is None:
                continue
            dts_ms = round(packet.dts * packet.time_base * 1000)
            if packet.stream.type == "video":
                cts_ms = round((packet.pts - packet.dts) * packet.time_base * 1000)
                frames.append(VideoFrame(dts_ms, cts_ms, packet.is_keyframe, bytes(packet)))
            else:
                frames.append(AudioFrame(dts_ms, bytes(packet)))
    return frames


@dataclass
class Material:
    """Coded frames to place at any time."""

    video_config: VideoConfig
    other_video_config: VideoConfig
    audio_config: AudioConfig
    other_audio_config: AudioConfig
    keyframe: bytes
    other_keyframe: bytes
    delta: bytes
    access_unit: bytes
    other_access_unit: bytes

    def picture(self, dts_ms: int, *, key: bool = False, cts_ms: int = 0) -> VideoFrame:
        return VideoFrame(dts_ms, cts_ms, key, self.keyframe if key else self.delta)

    def sound(self, dts_ms: int) -> AudioFrame:
        return AudioFrame(dts_ms, self.access_unit)

    def pictures(self, start_ms: int, end_ms: int, *, gop: int, step_ms: int = 40) -> list:
        times = range(start_ms, end_ms, step_ms)
        return [self.picture(t, key=i % gop == 0) for i, t in enumerate(times)]

    def sounds(self, start_ms: int, end_ms: int) -> list:
        count = (end_ms - start_ms) * SAMPLE_RATE // (1000 * AAC_SAMPLES)
        return [
            self.sound(start_ms + round(i * AAC_SAMPLES * 1000 / SAMPLE_RATE)) for i in range(count)
        ]

    def show(self, start_ms: int, end_ms: int, *, gop: int = 50) -> list:
        """Both tracks in order of time, without configurations."""
        frames = self.pictures(start_ms, end_ms, gop=gop) + self.sounds(start_ms, end_ms)
        return sorted(frames, key=lambda frame: frame.dts_ms)

    @property
    def configs(self) -> list:
        return [self.audio_config, self.video_config]


def _first(frames: list, kind: type, **wanted: object) -> object:
    return next(
        f for f in frames
        if isinstance(f, kind) and all(getattr(f, k) == v for k, v in wanted.items())
    )  # fmt: skip


@pytest.fixture(scope="session")
def material() -> Material:
    frames = encode_show(1)
    other = encode_show(1, size=(64, 48), channels="mono", rate=44_100)
    return Material(
        video_config=_first(frames, VideoConfig),
        other_video_config=_first(other, VideoConfig),
        audio_config=_first(frames, AudioConfig),
        other_audio_config=_first(other, AudioConfig),
        keyframe=_first(frames, VideoFrame, keyframe=True).data,
        other_keyframe=_first(other, VideoFrame, keyframe=True).data,
        delta=_first(frames, VideoFrame, keyframe=False).data,
        access_unit=[f for f in frames if isinstance(f, AudioFrame)][5].data,
        other_access_unit=[f for f in other if isinstance(f, AudioFrame)][5].data,
    )


@pytest.fixture(scope="session")
def encode():
    return encode_show


@pytest.fixture(scope="session")
def playlist_of():
    return lambda window, rendition: read_playlist(window.playlists[rendition])


@pytest.fixture(scope="session")
def fragment_of():
    return read_fragment


@dataclass
class Rehearsal:
    """A segmenter whose every window a listener takes."""

    segmenter: Segmenter
    listener: Listener
    now_ms: int = 1_700_000_000_000

    def push(self, frames: list, *, at_once: int = 1) -> None:
        for at in range(0, len(frames), at_once):
            if self.segmenter.push(frames[at : at + at_once], self.now_ms):
                self.listener.take(self.segmenter.window())
            self.now_ms += 10

    def interrupt(self) -> None:
        self.segmenter.interrupt()
        self.listener.take(self.segmenter.window())

    def end(self) -> Window:
        self.segmenter.end()
        window = self.segmenter.window()
        self.listener.take(window)
        return window


@pytest.fixture(scope="session")
def rehearse():
    def start(**settings: object) -> Rehearsal:
        from media.hls import SegmentSettings

        settings = {"window_segments": 6, **settings}
        return Rehearsal(Segmenter("shw_A", SegmentSettings(**settings)), Listener("shw_A"))

    return start


@pytest.fixture(scope="session")
def write_show():
    def write(window: Window, folder: Path) -> Path:
        """The show as files, as the edge would serve them; returns the multivariant playlist."""
        show = folder / window.show_id
        media = show / "~ses_1" if window.ticketed else show
        for name, data in window.playlists.items():
            playlist = show / "~ses_1" / name / "media.m3u8"
            playlist.parent.mkdir(parents=True)
            playlist.write_bytes(data)
            (media / name).mkdir(exist_ok=True)
        for name, data in window.media.items():
            (media / name).write_bytes(data)
        index = folder / ("~ses_1/index.m3u8" if window.ticketed else "index.m3u8")
        index.parent.mkdir(exist_ok=True)
        index.write_bytes(window.multivariant("ses_1"))
        return index

    return write
