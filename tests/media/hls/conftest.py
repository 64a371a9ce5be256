"""Real frames, a reader of fragments, and a listener who checks every rule of the playlists."""

import io
import math
import re
import struct
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

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


@dataclass(frozen=True)
class Entry:
    """One segment of a media playlist."""

    duration: str
    uri: str
    init: str
    date: datetime
    discontinuity: bool
    discontinuity_sequence: int


@dataclass(frozen=True)
class Playlist:
    version: int
    target_duration_s: int
    media_sequence: int
    discontinuity_sequence: int
    ended: bool
    entries: dict[int, Entry]


def read_playlist(data: bytes) -> Playlist:
    """A strict reader: an unknown line, or one out of order, is an error."""
    lines = data.decode().splitlines()
    assert lines[0] == "#EXTM3U"
    assert data.endswith(b"\n")
    head = {}
    at = 1
    for tag in ("VERSION", "TARGETDURATION", "MEDIA-SEQUENCE", "DISCONTINUITY-SEQUENCE"):
        name, _, value = lines[at].partition(":")
        assert name == f"#EXT-X-{tag}"
        head[tag] = int(value)
        at += 1
    entries: dict[int, Entry] = {}
    init, date, duration, discontinuity = "", None, None, False
    sequence = head["DISCONTINUITY-SEQUENCE"]
    ended = False
    for line in lines[at:]:
        assert not ended, "a line after the end"
        if line == "#EXT-X-DISCONTINUITY":
            assert duration is None
            discontinuity, sequence = True, sequence + 1
        elif match := re.fullmatch(r'#EXT-X-MAP:URI="(.+)"', line):
            init = match[1]
        elif line.startswith("#EXT-X-PROGRAM-DATE-TIME:"):
            date = datetime.fromisoformat(line.partition(":")[2])
        elif match := re.fullmatch(r"#EXTINF:(\d+\.\d+),", line):
            duration = match[1]
        elif line == "#EXT-X-ENDLIST":
            ended = True
        else:
            assert not line.startswith("#"), line
            assert duration
            assert init
            assert date
            msn = head["MEDIA-SEQUENCE"] + len(entries)
            entries[msn] = Entry(duration, line, init, date, discontinuity, sequence)
            duration, date, discontinuity = None, None, False
    return Playlist(
        head["VERSION"], head["TARGETDURATION"], head["MEDIA-SEQUENCE"],
        head["DISCONTINUITY-SEQUENCE"], ended, entries,
    )  # fmt: skip


@pytest.fixture(scope="session")
def playlist_of():
    return lambda window, rendition: read_playlist(window.playlists[rendition])


@dataclass(frozen=True)
class Fragment:
    """What a moof says, and the samples its mdat holds."""

    sequence: int
    decode_time: int
    durations: list[int]
    compositions: list[int]
    sync: list[bool]
    samples: list[bytes]

    @property
    def end(self) -> int:
        return self.decode_time + sum(self.durations)


def boxes(data: bytes) -> list[tuple[str, bytes]]:
    found, at = [], 0
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        assert 8 <= size <= len(data) - at
        found.append((name.decode(), data[at + 8 : at + size]))
        at += size
    return found


def read_fragment(data: bytes) -> Fragment:
    (moof_name, moof), (mdat_name, mdat) = boxes(data)
    assert (moof_name, mdat_name) == ("moof", "mdat")
    (_, mfhd), (_, traf) = boxes(moof)
    (_, tfhd), (_, tfdt), (_, trun) = boxes(traf)
    assert tfhd == struct.pack(">II", 0x020000, 1)
    flags, count, offset = struct.unpack_from(">IIi", trun)
    assert flags == 0x01000F01
    assert offset == len(moof) + 16
    rows = list(struct.iter_unpack(">IIIi", trun[12:]))
    assert len(rows) == count
    samples, at = [], 0
    for _, size, _, _ in rows:
        samples.append(mdat[at : at + size])
        at += size
    assert at == len(mdat)
    return Fragment(
        sequence=struct.unpack(">II", mfhd)[1],
        decode_time=struct.unpack(">IQ", tfdt)[1],
        durations=[row[0] for row in rows],
        compositions=[row[3] for row in rows],
        sync=[not row[2] & 0x10000 for row in rows],
        samples=samples,
    )


@pytest.fixture(scope="session")
def fragment_of():
    return read_fragment


def timescale_of(init: bytes) -> int:
    at = init.index(b"mdhd") + 4
    return int.from_bytes(init[at + 12 : at + 16], "big")


@dataclass
class Listener:
    """Takes each new window, as a player would, and checks it against all it saw before."""

    show_id: str
    target_duration_s: int = 0
    last_msn: int = 0
    entries: dict[str, dict[int, Entry]] = field(default_factory=dict)
    fragments: dict[str, dict[int, Fragment]] = field(default_factory=dict)
    timescales: dict[str, dict[int, int]] = field(default_factory=dict)

    def take(self, window: Window) -> None:
        assert window.show_id == self.show_id
        assert window.ready == bool(window.playlists)
        if not window.ready:
            return
        playlists = {name: read_playlist(data) for name, data in window.playlists.items()}
        assert set(self.entries) <= set(playlists), "a rendition has gone"
        self.target_duration_s = self.target_duration_s or window.target_duration_s
        for name, playlist in playlists.items():
            assert playlist.ended == window.ended
            assert playlist.target_duration_s == self.target_duration_s, "it must not change"
            assert playlist.media_sequence >= 1
            self._take_rendition(name, playlist, window)
        self._compare_renditions(playlists)
        assert window.last_msn >= self.last_msn
        self.last_msn = window.last_msn

    def _take_rendition(self, name: str, playlist: Playlist, window: Window) -> None:
        assert max(playlist.entries) == window.last_msn
        entries = self.entries.setdefault(name, {})
        fragments = self.fragments.setdefault(name, {})
        if entries:
            assert playlist.media_sequence <= max(entries) + 1, "segments went unseen"
        for msn, entry in playlist.entries.items():
            if msn in entries:
                assert entries[msn] == entry, "a published segment changed"
                continue
            assert math.floor(float(entry.duration) + 0.5) <= playlist.target_duration_s
            assert entry.uri == f"../../{name}/seg-{msn}.m4s"
            init = window.media[entry.init.removeprefix("../../")]
            fragment = read_fragment(window.media[f"{name}/seg-{msn}.m4s"])
            timescale = timescale_of(init)
            self._check_fragment(name, entry, fragment, timescale)
            entries[msn], fragments[msn] = entry, fragment
            self.timescales.setdefault(name, {})[msn] = timescale

    def _check_fragment(self, name: str, entry: Entry, fragment: Fragment, timescale: int) -> None:
        assert all(duration > 0 for duration in fragment.durations)
        assert abs(sum(fragment.durations) / timescale - float(entry.duration)) < 1e-5
        before = self.fragments[name]
        if before:
            last_msn = next(reversed(before))
            last = before[last_msn]
            assert fragment.sequence == last.sequence + 1
            if timescale == self.timescales[name][last_msn]:
                gap_s = (fragment.decode_time - last.end) / timescale
                # Browsers stall at a hole in audio of more than a frame.
                assert gap_s == 0 if name == "video" else 0 <= gap_s <= 1024 / 44_100

    @staticmethod
    def _compare_renditions(playlists: dict[str, Playlist]) -> None:
        if len(playlists) < 2:
            return
        video, audio = playlists["video"], playlists["audio"]
        assert max(video.entries) == max(audio.entries)
        for msn in video.entries.keys() & audio.entries.keys():
            one, two = video.entries[msn], audio.entries[msn]
            assert one.discontinuity == two.discontinuity
            assert one.discontinuity_sequence == two.discontinuity_sequence

    def durations(self, name: str) -> list[float]:
        return [float(entry.duration) for entry in self.entries[name].values()]

    def samples(self, name: str) -> list[bytes]:
        return [s for fragment in self.fragments[name].values() for s in fragment.samples]

    def start_ms(self, name: str, msn: int) -> float:
        return self.fragments[name][msn].decode_time * 1000 / self.timescales[name][msn]

    def discontinuities(self, name: str) -> list[int]:
        return [msn for msn, entry in self.entries[name].items() if entry.discontinuity]


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
