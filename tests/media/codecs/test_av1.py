import pytest
from support.bits import BitWriter
from support.coded import coded_frames

from media.codecs import CodecError, VideoInfo, read_video_config
from media.codecs.av1 import (
    MAX_OBUS,
    MAX_SEQUENCE_HEADER_BYTES,
    TEMPORAL_DELIMITER,
    complete_av1_record,
    parse_av1_record,
)
from media.frames import VideoConfig, VideoFrame

HEAD = b"\x81\x08\x0c\0"  # main profile, level 4.0, 8 bits, 4:2:0


def sequence_header(
    *, width: int = 1920, height: int = 1080, reduced: bool = False, timed: bool = False,
    model: bool = False, points: int = 1, frame_ids: bool = False, order_hint: bool = True,
    screen: tuple[tuple[int, int], ...] = ((1, 1), (1, 1)), profile: int = 0,
    transfer: int | None = None,
) -> bytes:  # fmt: skip
    bits = BitWriter().put((profile, 3), (0, 1), (int(reduced), 1))
    if reduced:
        bits.put((8, 5))
    else:
        bits.put((int(timed), 1))
        if timed:
            bits.put((1001, 32), (60_000, 32), (1, 1)).golomb(1).put((int(model), 1))
            if model:
                bits.put((9, 5), (1, 32), (4, 5), (4, 5))
        bits.put((1, 1), (points - 1, 5))
        for point in range(points):
            bits.put((0, 12), (8 + point, 5), (1, 1))
            if timed and model:
                bits.put((1, 1), (3, 10), (3, 10), (0, 1))
            bits.put((1, 1), (5, 4))
    bits.put((15, 4), (15, 4), (width - 1, 16), (height - 1, 16))
    if not reduced:
        bits.put((int(frame_ids), 1))
        if frame_ids:
            bits.put((3, 4), (3, 3))
    bits.put((7, 3))
    if not reduced:
        bits.put((15, 4), (int(order_hint), 1))
        if order_hint:
            bits.put((3, 2))
        bits.put(*screen)
        if order_hint:
            bits.put((6, 3))
    bits.put((7, 3), (1 if profile == 2 else 0, 1))
    if profile == 2:
        bits.put((1, 1))
    if profile != 1:
        bits.put((0, 1))
    bits.put((int(transfer is not None), 1))
    if transfer is not None:
        bits.put((9, 8), (transfer, 8), (9, 8))
    return bits.put((1, 1)).done()


def obu(payload: bytes, kind: int = 1, *, extended: bool = False) -> bytes:
    assert len(payload) < 128
    head = bytes([kind << 3 | 2 | (4 if extended else 0)]) + (b"\0" if extended else b"")
    return head + bytes([len(payload)]) + payload


@pytest.mark.parametrize("size", [(128, 72), (642, 362)])
def test_what_svt_av1_writes_is_read(size: tuple[int, int]) -> None:
    config, frame = coded_frames("av1", None, 1, size)[:2]
    assert isinstance(config, VideoConfig)
    assert isinstance(frame, VideoFrame)
    level = {128: 0, 642: 1}[size[0]]
    assert read_video_config(config) == VideoInfo(f"av01.0.{level:02}M.08", *size)
    # The key frame brings one too, for encoders that leave it out of the record.
    completed = complete_av1_record(config.record[:4], frame.data)
    assert completed is not None
    assert parse_av1_record(completed) == read_video_config(config)
    assert not frame.data.startswith(TEMPORAL_DELIMITER)


@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize("model", [False, True])
@pytest.mark.parametrize("points", [1, 3])
@pytest.mark.parametrize("frame_ids", [False, True])
def test_everything_before_the_colors(
    timed: bool, model: bool, points: int, frame_ids: bool
) -> None:
    header = sequence_header(
        timed=timed, model=model, points=points, frame_ids=frame_ids, transfer=16
    )
    info = parse_av1_record(HEAD + obu(header))
    assert (info.width, info.height, info.video_range) == (1920, 1080, "PQ")
    assert info.fps == (pytest.approx(29.97, abs=0.01) if timed else None)


@pytest.mark.parametrize("order_hint", [False, True])
@pytest.mark.parametrize(
    "screen", [((1, 1), (1, 1)), ((0, 1), (0, 1)), ((0, 1), (1, 1), (0, 1), (1, 1))]
)
def test_screen_content_tools(order_hint: bool, screen: tuple[tuple[int, int], ...]) -> None:
    header = sequence_header(order_hint=order_hint, screen=screen, transfer=18)
    assert parse_av1_record(HEAD + obu(header)).video_range == "HLG"


def test_a_reduced_header() -> None:
    info = parse_av1_record(HEAD + obu(sequence_header(reduced=True, width=1, height=1)))
    assert (info.width, info.height) == (1, 1)


@pytest.mark.parametrize(
    ("fields", "profile", "transfer", "codec"),
    [
        (b"\x08\x0c", 0, None, "av01.0.08M.08"),
        (b"\x08\x4c", 0, 1, "av01.0.08M.10"),
        (b"\x0d\xcd", 0, 16, "av01.0.13H.10.0.111.09.16.09.0"),
        (b"\x28\x00", 1, 18, "av01.1.08M.08.0.000.09.18.09.0"),
        (b"\x48\x68", 2, 18, "av01.2.08M.12.0.100.09.18.09.0"),
    ],
)
def test_codec_strings(fields: bytes, profile: int, transfer: int | None, codec: str) -> None:
    record = b"\x81" + fields + b"\0" + obu(sequence_header(profile=profile, transfer=transfer))
    assert parse_av1_record(record).codec == codec


def test_the_sequence_header_is_found_among_others() -> None:
    header = obu(sequence_header(), extended=True)
    before = TEMPORAL_DELIMITER + obu(b"metadata", 5)
    assert parse_av1_record(HEAD + before + header + obu(b"padding", 15)).width == 1920
    assert complete_av1_record(HEAD, before + header + b"\x32\x01f") == HEAD + header
    unsized = bytes([1 << 3]) + sequence_header()
    assert parse_av1_record(HEAD + unsized).width == 1920
    assert complete_av1_record(HEAD, b"") is None
    assert complete_av1_record(HEAD, obu(b"frame", 6)) is None


def test_records_cut_short() -> None:
    whole = HEAD + obu(sequence_header())
    for end in range(len(whole)):
        with pytest.raises(CodecError):
            parse_av1_record(whole[:end])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x82" + HEAD[1:], "version"),
        (HEAD, "no sequence header"),
        (HEAD + b"\x8a\x00", "that is none"),
        (HEAD + b"\x0a\x7f", "that is none"),
        (HEAD + b"\x0a" + b"\xff" * 9, "does not end"),
        (HEAD + b"\x0a\xff", "does not end"),
        (HEAD + obu(sequence_header()[:6]), "cannot be read"),
        (HEAD + b"\x08" + bytes(MAX_SEQUENCE_HEADER_BYTES + 1), "bytes"),
        (HEAD + obu(sequence_header(width=16_385)), "16385x1080"),
        (HEAD + obu(b"", 15) * MAX_OBUS + obu(sequence_header()), "no sequence header"),
        (bytes(70_000), "70000 bytes"),
    ],
)
def test_bad_records_say_why(data: bytes, words: str) -> None:
    with pytest.raises(CodecError, match=words):
        parse_av1_record(data)
