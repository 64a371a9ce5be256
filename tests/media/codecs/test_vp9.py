import pytest
from support.bits import BitWriter
from support.coded import coded_frames

from media.codecs import CodecError, VideoInfo, read_video_config
from media.codecs.vp9 import complete_vp9_record, parse_vp9_record
from media.frames import VideoConfig, VideoFrame

FIELDS = b"\x00\x1f\x82\x02\x02\x02\0\0"  # profile 0, level 3.1, 8 bits
RECORD = b"\x01\0\0\0" + FIELDS


def keyframe(width: int = 1280, height: int = 720, *, profile: int = 0, rgb: bool = False) -> bytes:
    bits = BitWriter().put((2, 2), (profile & 1, 1), (profile >> 1, 1))
    if profile == 3:
        bits.put((0, 1))
    bits.put((0, 1), (0, 1), (1, 1), (0, 1), (0x498342, 24))
    if profile >= 2:
        bits.put((0, 1))
    bits.put((7 if rgb else 2, 3))
    if not rgb:
        bits.put((0, 1))
        bits.put((0, 3 if profile & 1 else 0))
    elif profile & 1:
        bits.put((0, 1))
    return bits.put((width - 1, 16), (height - 1, 16), (0, 64)).done()


@pytest.mark.parametrize("size", [(128, 72), (642, 362)])
def test_what_libvpx_writes_is_read(size: tuple[int, int]) -> None:
    config = coded_frames("vp9", None, 1, size)[0]
    assert isinstance(config, VideoConfig)
    level = {128: 10, 642: 21}[size[0]]
    assert read_video_config(config) == VideoInfo(f"vp09.00.{level}.08", *size)


def test_the_size_is_in_key_frames_only() -> None:
    pictures = [f for f in coded_frames("vp9", None, 2) if isinstance(f, VideoFrame)]
    assert complete_vp9_record(RECORD, pictures[0].data) == RECORD + b"\0\x80\0\x48"
    assert [p.keyframe for p in pictures] == [n % 25 == 0 for n in range(50)]
    for picture in pictures:
        if not picture.keyframe:
            with pytest.raises(CodecError):
                complete_vp9_record(RECORD, picture.data)
    assert complete_vp9_record(RECORD, b"") is None


@pytest.mark.parametrize("profile", [0, 1, 2, 3])
@pytest.mark.parametrize("rgb", [False, True])
def test_key_frames_of_every_profile(profile: int, rgb: bool) -> None:
    record = complete_vp9_record(RECORD, keyframe(640, 480, profile=profile, rgb=rgb))
    assert record == RECORD + b"\x02\x80\x01\xe0"


def test_with_or_without_version_and_flags() -> None:
    assert complete_vp9_record(FIELDS, keyframe()) == complete_vp9_record(RECORD, keyframe())
    assert complete_vp9_record(RECORD + b"init", keyframe()) == RECORD + b"\x05\0\x02\xd0"


@pytest.mark.parametrize(
    ("fields", "codec", "video_range"),
    [
        (FIELDS, "vp09.00.31.08", "SDR"),
        (b"\x02\x29\xa3\x09\x10\x09\0\0", "vp09.02.41.10.01.09.16.09.01", "PQ"),
        (b"\x02\x29\xa2\x09\x12\x09\0\0", "vp09.02.41.10.01.09.18.09.00", "HLG"),
        # Level 0 is "not known", and no codec string that a browser takes.
        (b"\x00\x00\x82\x01\x01\x01\0\0", "vp09.00.10.08", "SDR"),
    ],
)
def test_codec_strings(fields: bytes, codec: str, video_range: str) -> None:
    record = complete_vp9_record(fields, keyframe())
    assert record is not None
    assert parse_vp9_record(record) == VideoInfo(codec, 1280, 720, video_range=video_range)


def test_cut_short() -> None:
    whole = complete_vp9_record(RECORD, keyframe()) or b""
    for end in range(len(whole)):
        with pytest.raises(CodecError):
            parse_vp9_record(whole[:end])
    for end in range(1, 9):
        with pytest.raises(CodecError):
            complete_vp9_record(RECORD, keyframe()[:end])
    for end in range(len(FIELDS)):
        with pytest.raises(CodecError):
            complete_vp9_record(FIELDS[:end], b"")


@pytest.mark.parametrize(
    ("record", "frame", "words"),
    [
        (RECORD, b"\x42" + keyframe()[1:], "begin as a frame"),
        (RECORD, b"\x88" + keyframe()[1:], "is none"),
        (RECORD, b"\x86" + keyframe()[1:], "is none"),
        (RECORD, keyframe()[:1] + b"\x49\x83\x43" + keyframe()[4:], "sync code"),
    ],
)
def test_what_is_no_key_frame_says_why(record: bytes, frame: bytes, words: str) -> None:
    with pytest.raises(CodecError, match=words):
        complete_vp9_record(record, frame)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (b"\x01\0\0\0\x04\x1f\x82\2\2\2\0\0\5\0\2\xd0", "profile 4"),
        (b"\x01\0\0\0\x00\x1f\x92\2\2\2\0\0\5\0\2\xd0", "9 bits"),
        (RECORD + b"\0\0\2\xd0", "0x720"),
        (RECORD + b"\xff\xff\2\xd0", "65535x720"),
        (bytes(70_000), "70000 bytes"),
    ],
)
def test_bad_records_say_why(record: bytes, words: str) -> None:
    with pytest.raises(CodecError, match=words):
        parse_vp9_record(record)
