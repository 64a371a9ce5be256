import re

import pytest
from support.bits import BitWriter
from support.coded import coded_frames

from media.codecs import CodecError, VideoInfo, read_video_config
from media.codecs.hevc import MAX_NAL_UNITS, parse_hevc_record
from media.codecs.hevc_sps import MAX_SPS_BYTES, parse_sps
from media.frames import VideoConfig

PROFILE = (1 << 80 | 6 << 76, 88)


def sps(
    *, width: int = 1920, height: int = 1088, crop: bool = False, chroma: int = 1,
    sub_layers: int = 0, scaling: bool = False, pcm: bool = False, transfer: int = 0,
    long_term: bool = False, vui: bool = True,
) -> bytes:  # fmt: skip
    bits = BitWriter().put((0x4201, 16), (0, 4), (sub_layers, 3), (1, 1), PROFILE, (93, 8))
    bits.put(*[(3, 2)] * sub_layers)
    if sub_layers:
        bits.put((0, 2 * (8 - sub_layers)))
    bits.put(*[(0, 96)] * sub_layers)
    bits.golomb(0, chroma)
    if chroma == 3:
        bits.put((0, 1))
    bits.golomb(width, height).put((int(crop), 1))
    if crop:
        bits.golomb(1, 2, 3, 4)
    bits.golomb(0, 0, 4).put((1, 1)).golomb(*[1] * (3 * (sub_layers + 1)))
    bits.golomb(0, 3, 0, 3, 0, 0).put((int(scaling), 1))
    if scaling:
        put_scaling_lists(bits)
    bits.put((1, 1), (1, 1), (int(pcm), 1))
    if pcm:
        bits.put((7, 4), (7, 4)).golomb(0, 2).put((0, 1))
    put_reference_sets(bits)
    bits.put((int(long_term), 1))
    if long_term:
        bits.golomb(2).put((5, 8), (1, 1), (6, 8), (0, 1))
    bits.put((1, 1), (1, 1), (int(vui), 1))
    if vui:
        bits.put((1, 1), (255, 8), (4, 16), (3, 16), (1, 1), (0, 1))
        bits.put((1, 1), (5, 3), (0, 1), (1, 1), (9, 8), (transfer, 8), (9, 8))
        bits.put((1, 1)).golomb(0, 0).put((0, 3), (1, 1)).golomb(0, 0, 0, 0)
        bits.put((1, 1), (1001, 32), (60_000, 32))
    # Emulation prevention, as an encoder puts it in (ITU-T H.265, 7.4.2).
    return re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", bits.put((0, 7), (1, 1)).done())


def put_scaling_lists(bits: BitWriter) -> None:
    bits.put((1, 1))
    for size in range(4):
        for matrix in range(2 if size == 3 else 6):
            if matrix:
                bits.put((0, 1)).golomb(1)
            else:
                bits.put((1, 1)).golomb(*[0] * (min(64, 1 << (4 + 2 * size)) + (size > 1)))


def put_reference_sets(bits: BitWriter) -> None:
    bits.golomb(2)
    bits.golomb(2, 1).put(*[(1, 1), (1, 1)] * 3)  # three pictures, each one further and used
    bits.put((1, 1), (0, 1)).golomb(0)  # predicted: of four, one is used, one kept, two are not
    bits.put((1, 1), (0, 1), (1, 1), (0, 2), (0, 2))


def record(*nals: bytes, head: bytes = b"\x01\x01\x60\0\0\0\x90\0\0\0\0\0\x5d") -> bytes:
    text = head + b"\xf0\0\xfc\xfd\xf8\xf8\0\0\x0f" + bytes([len(nals)])
    for nal in nals:
        text += bytes([nal[0] >> 1, 0, 1]) + len(nal).to_bytes(2, "big") + nal
    return text


@pytest.mark.parametrize("size", [(128, 72), (642, 362)])
def test_what_x265_writes_is_read(size: tuple[int, int]) -> None:
    config = coded_frames("hevc", None, 1, size)[0]
    assert isinstance(config, VideoConfig)
    level = {128: 30, 642: 63}[size[0]]
    assert read_video_config(config) == VideoInfo(f"hvc1.1.6.L{level}.90", *size, 25.0, 4)


@pytest.mark.parametrize("sub_layers", [0, 2])
@pytest.mark.parametrize("scaling", [False, True])
@pytest.mark.parametrize("pcm", [False, True])
@pytest.mark.parametrize("long_term", [False, True])
def test_everything_before_the_vui(
    sub_layers: int, scaling: bool, pcm: bool, long_term: bool
) -> None:
    text = sps(sub_layers=sub_layers, scaling=scaling, pcm=pcm, long_term=long_term, transfer=16)
    info = parse_hevc_record(record(b"\x40\x01vps", text))
    assert (info.width, info.height, info.video_range) == (1920, 1088, "PQ")
    assert info.fps == pytest.approx(59.94, abs=0.01)


@pytest.mark.parametrize(("transfer", "wanted"), [(1, "SDR"), (16, "PQ"), (18, "HLG")])
def test_the_range_of_brightness(transfer: int, wanted: str) -> None:
    assert parse_sps(sps(transfer=transfer)).video_range == wanted


def test_without_a_vui() -> None:
    info = parse_sps(sps(vui=False))
    assert (info.fps, info.video_range) == (None, "SDR")


def test_a_vui_cut_short_is_no_reason_to_refuse() -> None:
    whole = sps(transfer=16)
    info = parse_sps(whole[: len(whole) - 12])
    assert (info.width, info.height, info.fps) == (1920, 1088, None)


@pytest.mark.parametrize(
    ("chroma", "size"), [(0, (1917, 1081)), (1, (1914, 1074)), (2, (1914, 1081)), (3, (1917, 1081))]
)
def test_cropping_counts_in_chroma_samples(chroma: int, size: tuple[int, int]) -> None:
    info = parse_sps(sps(crop=True, chroma=chroma))
    assert (info.width, info.height) == size


@pytest.mark.parametrize(
    ("head", "codec"),
    [
        (b"\x01\x01\x60\0\0\0\x90\0\0\0\0\0\x5d", "hvc1.1.6.L93.90"),
        (b"\x01\x22\x20\0\0\0\xb0\0\0\0\0\0\x99", "hvc1.2.4.H153.B0"),
        (b"\x01\x41\x60\0\0\0\x90\0\x01\0\0\0\x3c", "hvc1.A1.6.L60.90.0.1"),
        (b"\x01\x01\x60\0\0\0\0\0\0\0\0\0\x5d", "hvc1.1.6.L93"),
    ],
)
def test_codec_strings(head: bytes, codec: str) -> None:
    assert parse_hevc_record(record(sps(), head=head)).codec == codec


def test_records_cut_short() -> None:
    whole = record(b"\x40\x01vps", sps())
    for end in range(len(whole)):
        with pytest.raises(CodecError):
            parse_hevc_record(whole[:end])
    assert parse_hevc_record(whole + b"trailing") == parse_hevc_record(whole)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\0" + record(sps())[1:], "version"),
        (record(), "no sequence"),
        (record(b"\x40\x01vps"), "no sequence"),
        (record(sps())[:21] + b"\xfe" + record(sps())[22:], "reserved"),
        (record(*[b"\x4e\x01sei"] * (MAX_NAL_UNITS + 1)), "more than"),
        (record(sps(width=20_000)), "20000x1088"),
        (record(sps(width=0)), "0x1088"),
        (record(sps() + bytes(MAX_SPS_BYTES)), "bytes"),
        (record(b"\x42\x01\x01"), "cannot be read"),
    ],
)
def test_bad_records_say_why(data: bytes, words: str) -> None:
    with pytest.raises(CodecError, match=words):
        parse_hevc_record(data)
