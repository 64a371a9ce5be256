import pytest
from support.enhanced import (
    MANY_CODECS,
    MANY_TRACKS,
    MODEX,
    ONE_TRACK,
    audio_tag,
    modified,
    tracks,
    video_tag,
)

from media.rtmp.enhanced import (
    MAX_MODIFIERS,
    MAX_TRACKS,
    AudioPacket,
    EnhancedTag,
    Track,
    VideoPacket,
    read_enhanced_tag,
)
from media.rtmp.errors import ErrorCode, RtmpError

VIDEO_TRACKS, AUDIO_TRACKS = 0x96, 0x95


def read_video(body: bytes, **settings: bool) -> EnhancedTag:
    return read_enhanced_tag(body, multitrack=VideoPacket.MULTITRACK, **settings)


def read_audio(body: bytes) -> EnhancedTag:
    return read_enhanced_tag(body, multitrack=AudioPacket.MULTITRACK)


def test_one_track() -> None:
    assert read_video(video_tag(1, b"hvc1", b"data")) == EnhancedTag(
        1, 0, [Track(0, b"hvc1", b"data")]
    )
    assert read_audio(audio_tag(0, b"Opus")) == EnhancedTag(0, 0, [Track(0, b"Opus", b"")])


def test_a_command_has_no_track_but_metadata_has() -> None:
    assert read_video(b"\xd0\x00", is_command=True).tracks == []
    tag = video_tag(VideoPacket.METADATA, b"hvc1", b"amf", frame_type=5)
    assert read_video(tag, is_command=True).tracks == [Track(0, b"hvc1", b"amf")]


def test_one_track_of_several() -> None:
    tag = tracks(VIDEO_TRACKS, 3, ONE_TRACK, [(b"av01", 7, b"frame")])
    assert read_video(tag) == EnhancedTag(3, 0, [Track(7, b"av01", b"frame")])


@pytest.mark.parametrize("count", [0, 1, 3])
def test_many_tracks_of_one_codec(count: int) -> None:
    parts = [(b"fLaC", number, bytes([number]) * number) for number in range(count)]
    tag = tracks(AUDIO_TRACKS, 1, MANY_TRACKS, parts or [(b"fLaC", 0, b"")])
    wanted = [Track(number, fourcc, body) for fourcc, number, body in parts]
    assert read_audio(tag).tracks == (wanted or [Track(0, b"fLaC", b"")])


def test_many_tracks_of_many_codecs() -> None:
    parts = [(b"av01", 0, b"one"), (b"hvc1", 1, b""), (b"vp09", 255, b"three")]
    tag = tracks(VIDEO_TRACKS, 0, MANY_CODECS, parts)
    assert read_video(tag).tracks == [Track(n, fourcc, body) for fourcc, n, body in parts]
    assert read_video(tracks(VIDEO_TRACKS, 0, MANY_CODECS, [])).tracks == []


@pytest.mark.parametrize(
    ("modifiers", "delay_ms"),
    [
        ([(0, (999_999).to_bytes(3, "big"))], 0),
        ([(0, (16_000_000).to_bytes(3, "big"))], 16),
        ([(0, (2_500_000).to_bytes(3, "big")), (0, (500_000).to_bytes(3, "big"))], 3),
        ([(5, b"unknown")], 0),
        ([(5, bytes(255)), (0, (1_000_000).to_bytes(3, "big")), (6, bytes(256))], 1),
        ([(9, bytes(60_000))], 0),
        ([(0, b"\x01")], 0),
    ],
)
def test_modifiers(modifiers: list[tuple[int, bytes]], delay_ms: int) -> None:
    video = modified(video_tag(1, b"hvc1", b"data"), *modifiers)
    assert read_video(video) == EnhancedTag(1, delay_ms, [Track(0, b"hvc1", b"data")])
    audio = modified(audio_tag(1, b"Opus", b"data"), *modifiers)
    assert read_audio(audio) == EnhancedTag(1, delay_ms, [Track(0, b"Opus", b"data")])


def test_modifiers_before_several_tracks() -> None:
    tag = tracks(VIDEO_TRACKS, 1, MANY_TRACKS, [(b"av01", 0, b"one"), (b"av01", 1, b"two")])
    read = read_video(modified(tag, (0, (3_000_000).to_bytes(3, "big"))))
    assert read == EnhancedTag(1, 3, [Track(0, b"av01", b"one"), Track(1, b"av01", b"two")])


WHOLE = modified(
    tracks(VIDEO_TRACKS, 1, MANY_CODECS, [(b"av01", 0, b"one"), (b"hvc1", 1, b"two")]),
    (0, b"\0\0\1"),
)
BETWEEN = {len(WHOLE) - 11, len(WHOLE) - 22}  # before the second track, and before the first


@pytest.mark.parametrize("end", range(1, len(WHOLE)))
def test_tags_cut_short(end: int) -> None:
    if end in BETWEEN:
        assert len(read_video(WHOLE[:end]).tracks) == (end == max(BETWEEN))
        return
    with pytest.raises(RtmpError, match="too early") as caught:
        read_video(WHOLE[:end])
    assert caught.value.code == ErrorCode.BAD_MEDIA_TAG


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"\x96\x06av01\x00", "tracks within tracks"),
        (b"\x96\x31av01\x00", "of kind 3"),
        (b"\x96\x11av01" + bytes(4 * (MAX_TRACKS + 1)), "more than 256 tracks"),
        (b"\x97" + (b"\0\0" + bytes([0xF0 | MODEX])) * MAX_MODIFIERS, "more than 16 modifiers"),
    ],
)
def test_bad_tags_say_why(body: bytes, words: str) -> None:
    with pytest.raises(RtmpError, match=words) as caught:
        read_video(body)
    assert caught.value.code == ErrorCode.BAD_MEDIA_TAG
