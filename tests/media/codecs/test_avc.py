from fractions import Fraction

import av
import pytest
from support.bits import BitWriter

from media.codecs import CodecError, VideoInfo
from media.codecs.avc import parse_avc_record

BASELINE = "0142c00cffe100176742c00cda05067e7c0440000003004000000c83c50aa801000468ce0fc8"
# 1918x1080, interlaced, 29.97 frames a second, with cropping on both sides of the field.
INTERLACED = (
    "01640028ffe1001967640028acd94078044f57808800001f4800075300f8b16cb001000668faa3cb22c0fdf8f800"
)


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
    assert info == VideoInfo("avc1.42C00C", 320, 180, 25.0, 4)


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
    assert (info.codec, info.width, info.height, info.fps) == ("avc1.64001F", 640, 480, None)


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
