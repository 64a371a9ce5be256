import math
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.bits import BitReader, BitsError
from media.codecs import (
    MAX_AUDIO_CONFIG_BYTES,
    AacInfo,
    AvcInfo,
    CodecError,
    parse_audio_specific_config,
    parse_avc_record,
)

BASELINE = "0142c00cffe100176742c00cda05067e7c0440000003004000000c83c50aa801000468ce0fc8"
# 1918x1080, interlaced, 29.97 frames a second, with cropping on both sides of the field.
INTERLACED = (
    "01640028ffe1001967640028acd94078044f57808800001f4800075300f8b16cb001000668faa3cb22c0fdf8f800"
)


class BitWriter:
    def __init__(self) -> None:
        self.text = ""

    def put(self, *fields: tuple[int, int]) -> "BitWriter":
        for value, width in fields:
            self.text += format(value, f"0{width}b") if width else ""
        return self

    def golomb(self, *values: int) -> "BitWriter":
        for value in values:
            code = format(value + 1, "b")
            self.text += "0" * (len(code) - 1) + code
        return self

    def done(self) -> bytes:
        padded = self.text + "0" * (-len(self.text) % 8)
        return int(padded or "0", 2).to_bytes(len(padded) // 8, "big")


def record(sps: bytes, length_byte: int = 0xFF) -> bytes:
    head = bytes((1, sps[1], sps[2], sps[3], length_byte, 0xE1))
    return head + len(sps).to_bytes(2, "big") + sps + b"\x01\x00\x04\x68\xce\x0f\xc8"


def high_sps(chroma: int = 1, scaling: bool = False, poc: int = 0, crop: bool = False) -> bytes:
    bits = BitWriter().put((0x67, 8), (100, 8), (0, 8), (31, 8)).golomb(0, chroma)
    if chroma == 3:
        bits.put((0, 1))
    bits.golomb(0, 0).put((0, 1), (int(scaling), 1))
    if scaling:
        bits.put((1, 1)).golomb(*[0] * 16)  # a list of zero deltas
        bits.put((1, 1)).golomb(16)  # delta -8: the next scale is 0, the list ends
        bits.put((0, 10 if chroma == 3 else 6))
    bits.golomb(0, poc)
    if poc == 0:
        bits.golomb(2)
    elif poc == 1:
        bits.put((0, 1)).golomb(3, 4, 2, 5, 6)
    bits.golomb(4).put((0, 1)).golomb(39, 29).put((1, 1), (1, 1), (int(crop), 1))
    if crop:
        bits.golomb(1, 2, 3, 4)
    return bits.put((0, 1), (1, 1)).done()


def sps_of_size(width: int, height: int, crop: int = 0, poc_cycle: int = 0) -> bytes:
    bits = BitWriter().put((0x67, 8), (66, 8), (0, 8), (30, 8)).golomb(0, 0)
    bits.golomb(1).put((1, 1)).golomb(0, 0, poc_cycle, *[0] * poc_cycle)
    bits.golomb(1).put((0, 1)).golomb(width, height).put((1, 1), (1, 1), (1, 1))
    return bits.golomb(0, crop, 0, 0).put((0, 1), (1, 1)).done()


def test_a_record_of_x264() -> None:
    info = parse_avc_record(bytes.fromhex(BASELINE))
    assert info == AvcInfo(66, 12, "avc1.42C00C", 320, 180, 25.0, 4)


@pytest.mark.parametrize("timed", [True, False])
def test_a_vui_with_everything_before_its_timing(timed: bool) -> None:
    bits = BitWriter().put((0x67, 8), (66, 8), (0, 8), (30, 8)).golomb(0, 0, 2, 1)
    bits.put((0, 1)).golomb(39, 29).put((1, 1), (1, 1), (0, 1), (1, 1))
    bits.put((1, 1), (255, 8), (4, 16), (3, 16))  # extended sample aspect ratio
    bits.put((1, 1), (1, 1), (1, 1), (5, 4), (1, 1), (0x010101, 24))  # overscan, signal, colours
    bits.put((1, 1)).golomb(2, 3)  # chroma location
    bits.put((1, 1), (int(timed), 32), (100, 32))
    assert parse_avc_record(record(bits.done())).fps == (50.0 if timed else None)


def test_an_interlaced_record() -> None:
    info = parse_avc_record(bytes.fromhex(INTERLACED))
    assert (info.width, info.height, info.codec) == (1918, 1080, "avc1.640028")
    assert info.fps == pytest.approx(30_000 / 1001)


@pytest.mark.parametrize("chroma", [0, 1, 2, 3])
@pytest.mark.parametrize("scaling", [False, True])
@pytest.mark.parametrize("poc", [0, 1, 2])
def test_high_profiles(chroma: int, scaling: bool, poc: int) -> None:
    info = parse_avc_record(record(high_sps(chroma, scaling, poc)))
    assert (info.profile, info.width, info.height, info.fps) == (100, 640, 480, None)


@pytest.mark.parametrize(
    ("chroma", "size"), [(0, (637, 473)), (1, (634, 466)), (2, (634, 473)), (3, (637, 473))]
)
def test_cropping_counts_in_chroma_samples(chroma: int, size: tuple[int, int]) -> None:
    info = parse_avc_record(record(high_sps(chroma, crop=True)))
    assert (info.width, info.height) == size


@pytest.mark.parametrize(("byte", "size"), [(0xFC, 1), (0xFD, 2), (0xFF, 4)])
def test_nal_length_sizes(byte: int, size: int) -> None:
    assert parse_avc_record(record(high_sps(), byte)).nal_length_size == size


@pytest.mark.parametrize(
    ("rate", "size"), [(Fraction(30), (640, 360)), (Fraction(24000, 1001), (854, 480))]
)
def test_what_x264_writes_is_read(rate: Fraction, size: tuple[int, int]) -> None:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.framerate, encoder.time_base = rate, 1 / rate
    encoder.flags |= 1 << 22  # AV_CODEC_FLAG_GLOBAL_HEADER
    encoder.open()
    annex_b = bytes(encoder.extradata or b"")
    sps = annex_b.split(b"\0\0\1")[1].rstrip(b"\0")
    info = parse_avc_record(record(sps))
    assert (info.width, info.height) == size
    assert info.fps == pytest.approx(float(rate))


@pytest.mark.parametrize("text", [BASELINE, INTERLACED])
def test_avc_records_cut_short(text: str) -> None:
    whole = bytes.fromhex(text)
    sps_end = 8 + whole[7]
    for end in range(sps_end):
        with pytest.raises(CodecError):
            parse_avc_record(whole[:end])
    assert parse_avc_record(whole[:sps_end]) == parse_avc_record(whole + b"trailing")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\0" + bytes.fromhex(BASELINE)[1:], "version"),
        (bytes.fromhex(BASELINE)[:5] + b"\xe0" + bytes.fromhex(BASELINE)[6:], "no sequence"),
        (record(high_sps(), 0xFE), "reserved"),
        (record(b"\x68" + high_sps()[1:]), "no parameter set"),
        (record(high_sps() + bytes(2000)), "no parameter set"),
        (record(sps_of_size(5000, 1)), "80016x32"),
        (record(sps_of_size(1, 1, crop=99)), "picture of"),
        (record(sps_of_size(1, 1, poc_cycle=256)), "cycle of 256"),
    ],
)
def test_bad_avc_records_say_why(data: bytes, words: str) -> None:
    with pytest.raises(CodecError, match=words):
        parse_avc_record(data)


def aac(*fields: tuple[int, int]) -> bytes:
    return BitWriter().put(*fields).done()


PCE = (
    (0, 4), (1, 2), (4, 4),  # tag, LC, 44.1 kHz
    (2, 4), (0, 4), (1, 4), (1, 2), (0, 3), (0, 4),  # two front, one back, one LFE
    (1, 1), (2, 4), (0, 1), (1, 1), (3, 3),  # a mono and a matrix mixdown
    (0, 1), (0, 4), (1, 1), (0, 4), (1, 1), (1, 4), (0, 4),  # single, pair; pair; LFE
    (0, 2), (0, 8),
)  # fmt: skip


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        (bytes.fromhex("1210"), AacInfo(2, 44_100, 2, 1024, "mp4a.40.2")),
        (bytes.fromhex("1190"), AacInfo(2, 48_000, 2, 1024, "mp4a.40.2")),
        (bytes.fromhex("118856e500"), AacInfo(2, 48_000, 1, 1024, "mp4a.40.2")),
        # Explicit: object type 5 or 29, with the output's rate after the core's.
        (
            aac((5, 5), (6, 4), (2, 4), (3, 4), (2, 5), (0, 3)),
            AacInfo(5, 48_000, 2, 2048, "mp4a.40.5"),
        ),
        (
            aac((29, 5), (7, 4), (1, 4), (4, 4), (2, 5), (0, 3)),
            AacInfo(29, 44_100, 2, 2048, "mp4a.40.29"),
        ),
        # Explicit and backward compatible: the sync extension after an LC configuration.
        (
            aac((2, 5), (7, 4), (2, 4), (0, 3), (0x2B7, 11), (5, 5), (1, 1), (4, 4)),
            AacInfo(5, 44_100, 2, 2048, "mp4a.40.5"),
        ),
        (
            aac(
                *((2, 5), (7, 4), (1, 4), (0, 3), (0x2B7, 11), (5, 5), (1, 1), (4, 4)),
                *((0x548, 11), (1, 1)),
            ),
            AacInfo(29, 44_100, 2, 2048, "mp4a.40.29"),
        ),
        # SBR at the core's own rate adds no samples.
        (
            aac((5, 5), (3, 4), (2, 4), (3, 4), (2, 5), (0, 3)),
            AacInfo(5, 48_000, 2, 1024, "mp4a.40.5"),
        ),
        (aac((2, 5), (4, 4), (2, 4), (1, 1), (0, 2)), AacInfo(2, 44_100, 2, 960, "mp4a.40.2")),
        (
            aac((2, 5), (15, 4), (37_800, 24), (2, 4), (0, 3)),
            AacInfo(2, 37_800, 2, 1024, "mp4a.40.2"),
        ),
        (aac((2, 5), (4, 4), (6, 4), (0, 3)), AacInfo(2, 44_100, 6, 1024, "mp4a.40.2")),
        (aac((2, 5), (4, 4), (7, 4), (0, 3)), AacInfo(2, 44_100, 8, 1024, "mp4a.40.2")),
        (
            aac((2, 5), (4, 4), (2, 4), (0, 1), (1, 1), (9, 14), (0, 1)),
            AacInfo(2, 44_100, 2, 1024, "mp4a.40.2"),
        ),
        (aac((2, 5), (4, 4), (0, 4), (0, 3), *PCE), AacInfo(2, 44_100, 6, 1024, "mp4a.40.2")),
    ],
)
def test_audio_configs(config: bytes, wanted: AacInfo) -> None:
    assert parse_audio_specific_config(config) == wanted


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (b"", "cut short"),
        (b"\x12", "cut short"),
        (aac((31, 5), (4, 6), (4, 4), (2, 4), (0, 3)), "object type 36"),
        (aac((2, 5), (13, 4), (2, 4), (0, 3)), "sample rate index 13"),
        (aac((2, 5), (15, 4), (0, 24), (2, 4), (0, 3)), "sample rate of 0"),
        (aac((2, 5), (4, 4), (15, 4), (0, 3)), "channel layout 15"),
        (aac((5, 5), (6, 4), (2, 4), (0, 4), (2, 5), (0, 3)), "96000 Hz out of 24000"),
        (aac((2, 5), (4, 4), (0, 4), (0, 3)), "cut short"),
        (bytes(MAX_AUDIO_CONFIG_BYTES + 1), "bytes"),
    ],
)
def test_bad_audio_configs_say_why(config: bytes, words: str) -> None:
    with pytest.raises(CodecError, match=words):
        parse_audio_specific_config(config)


def test_what_ffmpeg_encodes_lasts_as_long_as_it_says() -> None:
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 22_050, "mono", "fltp"
    encoder.flags |= 1 << 22  # AV_CODEC_FLAG_GLOBAL_HEADER
    encoder.open()
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
    frame.sample_rate = 22_050
    encoder.encode(frame)
    info = parse_audio_specific_config(bytes(encoder.extradata or b""))
    assert (info.sample_rate, info.channels) == (22_050, 1)
    assert info.samples_per_frame == encoder.frame_size


@pytest.mark.parametrize("parse", [parse_avc_record, parse_audio_specific_config])
@settings(deadline=None)
@given(data=st.binary(max_size=80))
def test_garbage_is_information_or_a_codec_error(
    parse: Callable[[bytes], object], data: bytes
) -> None:
    for candidate in (data, bytes.fromhex(BASELINE)[:9] + data):
        with suppress(CodecError):
            parse(candidate)


@settings(deadline=None)
@given(st.lists(st.integers(min_value=-(2**20), max_value=2**20), max_size=20))
def test_golomb_codes(values: list[int]) -> None:
    bits = BitWriter().golomb(*[2 * v - 1 if v > 0 else -2 * v for v in values])
    reader = BitReader(bits.done())
    assert [reader.signed_golomb() for _ in values] == values


def test_bits_end_in_an_error() -> None:
    reader = BitReader(b"\xa0")
    assert (reader.read(3), reader.left, reader.peek(2), reader.flag()) == (5, 5, 0, False)
    with pytest.raises(BitsError):
        reader.read(5)
    with pytest.raises(BitsError, match="longer"):
        BitReader(bytes(9)).unsigned_golomb()
    assert math.isclose(BitReader(b"\x80").unsigned_golomb(), 0)
