"""Sixty hours of a show, from tags with 32-bit times in whole milliseconds to segments.

Audio stays within a rounding of video on one clock, however long, and within RESYNC_MS of it after
any number of jumps, or where the two clocks of the encoder run apart.

One packet stands for many AAC frames and one picture for many, so that it takes seconds; each says
in its bytes which one it is, and is sought in the segments.
"""

import struct
from dataclasses import dataclass, field, replace
from fractions import Fraction

import pytest

from media.codecs import read_audio_config
from media.frames import AudioConfig
from media.hls import audio_track
from media.rtmp.flv import FlvDemuxer
from media.timeline import RESYNC_MS

HOUR_MS = 3_600_000
WRAP = 1 << 32
AAC_SAMPLES = 1024
SAMPLE_RATE = 48_000  # that of the material, the other one has 44,100
PICTURES_OF_A_GOP = 4
GOP_S = 20
TARGET_SEGMENT_S = 24.0
"""More than a group, so that TARGETDURATION has room for a long packet too."""
WINDOW_SEGMENTS = 60
SEGMENTS_BETWEEN_LOOKS = 50
ROUNDING_MS = 2
"""Both times are sent in whole ms, and one of them is placed in whole ms again."""
NEGATIVE_CTS_MS = -40
NUMBER_BYTES = 8
CARE_MS = 60_000


@dataclass
class Encoder:
    """Tags of one show in the order of time.

    A packet stands for ``packed`` frames, but for one alone where a clock is about to be set.
    """

    fps: Fraction
    rate: int
    start_ms: int
    packed: int
    audio_is_fast_ppm: int = 0
    picture: bytes = b""
    packet: bytes = b""
    sent_ms: dict[tuple[str, int], float] = field(default_factory=dict)
    _pictures: int = 0
    _packets: int = 0
    _frames: int = 0

    def picture_ms(self) -> float:
        """Of some pictures one is sent, and the others are not: its time is that of a whole one."""
        pictures = round(self.fps * GOP_S) // PICTURES_OF_A_GOP * self._pictures
        return pictures * 1000 * self.fps.denominator / self.fps.numerator

    def packet_ms(self) -> float:
        samples = self._frames * AAC_SAMPLES
        return samples * 1_000_000_000 / (self.rate * (1_000_000 + self.audio_is_fast_ppm))

    def until(self, end_ms: int, clock_ms: int):
        """(kind, 32-bit time, body) up to a time of the show, by the clock as it is set now."""
        began_ms = min(self.picture_ms(), self.packet_ms())
        picture_ms, packet_ms = self.picture_ms(), self.packet_ms()
        while (at_ms := min(picture_ms, packet_ms)) < end_ms:
            time_ms = (self.start_ms + clock_ms + int(at_ms)) % WRAP
            if picture_ms <= packet_ms:
                self.sent_ms["video", self._pictures] = at_ms
                yield "video", time_ms, self._picture_body()
                self._pictures += 1
                picture_ms = self.picture_ms()
            else:
                self.sent_ms["audio", self._packets] = at_ms
                is_calm = began_ms + CARE_MS < at_ms < end_ms - CARE_MS
                frames = self.packed if is_calm else 1
                number = struct.pack(">BQ", frames, self._packets)
                yield "audio", time_ms, b"\xaf\x01" + self.packet + number
                self._packets, self._frames = self._packets + 1, self._frames + frames
                packet_ms = self.packet_ms()

    def _picture_body(self) -> bytes:
        key = self._pictures % PICTURES_OF_A_GOP == 0
        cts_ms = NEGATIVE_CTS_MS if self._pictures % 2 else -NEGATIVE_CTS_MS
        head = bytes((0x17 if key else 0x27, 1)) + cts_ms.to_bytes(3, "big", signed=True)
        return head + self.picture + struct.pack(">Q", self._pictures)


@dataclass
class Broadcast:
    """Tags through the demuxer and the segmenter to a listener who looks now and then."""

    stage: object
    encoder: Encoder
    demuxer: FlvDemuxer = field(default_factory=FlvDemuxer)
    _looked_at: int = 0

    def configure(self, avc_record: bytes, aac_record: bytes) -> None:
        self._push(self.demuxer.read_video(0, bytearray(b"\x17\0\0\0\0" + avc_record)))
        self._push(self.demuxer.read_audio(0, bytearray(b"\xaf\x00" + aac_record)))

    def play(self, end_ms: int, clock_ms: int) -> None:
        for kind, time_ms, body in self.encoder.until(end_ms, clock_ms):
            read = self.demuxer.read_video if kind == "video" else self.demuxer.read_audio
            self._push(read(time_ms, bytearray(body)))

    def _push(self, frames: tuple) -> None:
        segmenter = self.stage.segmenter
        if segmenter.push(frames, self.stage.now_ms):
            msn = segmenter._msn
            if msn - self._looked_at >= SEGMENTS_BETWEEN_LOOKS:
                self._looked_at = msn
                self.stage.listener.take(segmenter.window())

    def skews_ms(self) -> list[float]:
        """By how much more audio was moved than video, packet by packet, through the show."""
        moved = {"video": [], "audio": []}
        left = dict(self.encoder.sent_ms)
        for name in moved:
            for msn, fragment in self.stage.listener.fragments[name].items():
                at = fragment.decode_time
                for duration, sample in zip(fragment.durations, fragment.samples, strict=True):
                    sent_ms = left.pop((name, int.from_bytes(sample[-NUMBER_BYTES:], "big")), None)
                    if sent_ms is not None:  # else it is silence, or a still
                        timescale = self.stage.listener.timescales[name][msn]
                        moved[name].append((sent_ms, at * 1000 / timescale - sent_ms))
                    at += duration
        return list(_differences(moved["video"], moved["audio"]))


def _differences(video: list[tuple[float, float]], audio: list[tuple[float, float]]):
    """Each packet of audio against the picture that was sent last before it."""
    shown = iter(video)
    picture = following = next(shown)
    for sent_ms, moved_ms in audio:
        while following is not None and following[0] <= sent_ms:
            picture, following = following, next(shown, None)
        yield moved_ms - picture[1]


@pytest.fixture
def broadcast(rehearse, material, monkeypatch):
    def begin(encoder: Encoder) -> Broadcast:
        def read_config(config: AudioConfig):
            return replace(read_audio_config(config), samples_per_packet=0)  # ask each packet

        def samples_of(codec: str, packet: bytes) -> int:
            return AAC_SAMPLES * (packet[-NUMBER_BYTES - 1] if encoder.packet in packet else 1)

        monkeypatch.setattr(audio_track, "read_audio_config", read_config)
        monkeypatch.setattr(audio_track, "packet_samples", samples_of)
        config, encoder.packet = material.audio_config, material.access_unit
        if encoder.rate != SAMPLE_RATE:
            config, encoder.packet = material.other_audio_config, material.other_access_unit
        encoder.picture = material.keyframe
        stage = rehearse(
            target_segment_s=TARGET_SEGMENT_S, max_segment_s=24.5, window_segments=WINDOW_SEGMENTS
        )
        begun = Broadcast(stage, encoder)
        begun.configure(material.video_config.record, config.record)
        return begun

    return begin


@pytest.mark.parametrize(
    ("hours", "fps", "rate"),
    [
        pytest.param(60, Fraction(30_000, 1001), 44_100, id="29.97 fps, 44.1 kHz"),
        pytest.param(8, Fraction(25), 48_000, id="25 fps, 48 kHz"),
        pytest.param(8, Fraction(60), 44_100, id="60 fps, 44.1 kHz"),
    ],
)
def test_sixty_hours_with_a_wrap_and_jumps(broadcast, hours, fps, rate):
    on_air = broadcast(Encoder(fps, rate, start_ms=WRAP - HOUR_MS, packed=64))
    part_ms = hours * HOUR_MS // 6
    on_air.play(part_ms, 0)  # past the wrap, after an hour
    assert on_air.stage.segmenter.facts().jumps == 0
    before_jumps = on_air.encoder._packets
    on_air.play(2 * part_ms, 3 * HOUR_MS)  # ahead
    on_air.play(3 * part_ms, -7 * HOUR_MS)  # back
    on_air.play(4 * part_ms, -WRAP // 2)  # to somewhere else entirely
    on_air.play(6 * part_ms, HOUR_MS)
    window = on_air.stage.end()
    facts = on_air.stage.segmenter.facts()
    assert window.ended
    assert facts.jumps == 4
    assert facts.dropped_frames <= 2 * facts.jumps
    discontinuities = on_air.stage.listener.discontinuities
    assert len(discontinuities("video")) == len(discontinuities("audio")) == 4
    skews = on_air.skews_ms()
    assert on_air.encoder._packets - len(skews) <= facts.dropped_frames + 1
    assert max(map(abs, skews[:before_jumps])) <= ROUNDING_MS
    assert max(map(abs, skews)) <= RESYNC_MS


def test_an_audio_clock_that_drifts_is_put_back_in_step(broadcast):
    encoder = Encoder(Fraction(25), 48_000, start_ms=0, packed=4, audio_is_fast_ppm=400)
    on_air = broadcast(encoder)
    on_air.play(2 * HOUR_MS, 0)  # 2.9 s apart by now, if nobody looked
    on_air.stage.end()
    packet_ms = 4 * AAC_SAMPLES / 48
    skews = on_air.skews_ms()
    assert max(map(abs, skews)) <= RESYNC_MS + packet_ms + ROUNDING_MS
    assert on_air.stage.listener.discontinuities("audio") == []
