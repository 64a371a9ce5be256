import pytest
from support.coded import SIZE, coded_frames

from media.codecs.vp9 import SIZE_BYTES
from media.frames import AudioConfig, AudioFrame, Codec, VideoConfig, VideoFrame
from media.rtmp.errors import ErrorCode, RtmpError
from media.rtmp.feed import AudioFeed, VideoFeed


def first_frames(
    video: str | None, audio: str | None, size: tuple[int, int] = SIZE
) -> tuple[bytes, bytes]:
    """The record and the first frame's bytes."""
    config, frame = coded_frames(video, audio, 1, size)[:2]
    assert isinstance(config, VideoConfig | AudioConfig)
    assert isinstance(frame, VideoFrame | AudioFrame)
    return config.record, frame.data


def test_vp9_is_configured_by_its_key_frames() -> None:
    sized, keyframe = first_frames("vp9", None)
    _, other = first_frames("vp9", None, (64, 48))
    feed = VideoFeed()
    record = sized[:-SIZE_BYTES]
    assert feed.frame(0, 0, True, keyframe) == ()
    assert feed.configure(Codec.VP9, record) == ()
    config = VideoConfig(Codec.VP9, sized)
    assert feed.frame(0, 0, False, b"delta") == ()
    assert feed.frame(40, 0, True, keyframe) == (config, VideoFrame(40, 0, True, keyframe))
    assert feed.configure(Codec.VP9, record) == ()
    assert feed.frame(80, 0, False, b"delta") == (VideoFrame(80, 0, False, b"delta"),)
    assert feed.frame(120, 0, True, keyframe) == (VideoFrame(120, 0, True, keyframe),)
    changed, frame = feed.frame(160, 0, True, other)
    assert changed == VideoConfig(Codec.VP9, record + b"\0\x40\0\x30")
    assert frame == VideoFrame(160, 0, True, other)


def test_av1_is_configured_by_its_record_or_by_a_key_frame() -> None:
    record, keyframe = first_frames("av1", None)
    feed = VideoFeed()
    assert feed.configure(Codec.AV1, record) == (VideoConfig(Codec.AV1, record),)
    assert feed.frame(0, 0, True, b"\x12\0" + keyframe) == (VideoFrame(0, 0, True, keyframe),)
    feed = VideoFeed()
    assert feed.configure(Codec.AV1, record[:4]) == ()
    config, frame = feed.frame(0, 0, True, b"\x12\0" + keyframe)
    assert isinstance(config, VideoConfig)
    assert config.record.startswith(record[:4])
    assert frame == VideoFrame(0, 0, True, keyframe)
    assert feed.frame(40, 0, True, keyframe) == (VideoFrame(40, 0, True, keyframe),)


@pytest.mark.parametrize("codec", ["hevc", "h264"])
def test_the_others_are_configured_at_once(codec: str) -> None:
    record, _ = first_frames(codec, None)
    feed = VideoFeed()
    for _ in range(2):
        assert feed.configure(Codec(codec), record) == (VideoConfig(Codec(codec), record),)
        assert feed.frame(0, -4, False, b"x") == (VideoFrame(0, -4, False, b"x"),)


def feed_video(codec: Codec, record: bytes, keyframe: bytes | None) -> None:
    feed = VideoFeed()
    feed.configure(codec, record)
    if keyframe is not None:
        feed.frame(0, 0, True, keyframe)


@pytest.mark.parametrize(
    ("codec", "record", "keyframe"),
    [
        (Codec.HEVC, b"\x01", None),
        (Codec.AV1, b"\x81\0\0", None),
        (Codec.AV1, b"\x81\0\0\0", b"\xff\xff"),
        (Codec.VP9, b"\x01\0\0\0\0", None),
        (Codec.VP9, b"\x01\0\0\0\0\x1f\x82\2\2\2\0\0", b"junk"),
        (Codec.VP9, b"\x01\0\0\0\x09\x1f\x82\2\2\2\0\0", b"\x82\x49\x83\x42" + bytes(12)),
    ],
)
def test_bad_video_configurations(codec: Codec, record: bytes, keyframe: bytes | None) -> None:
    with pytest.raises(RtmpError) as caught:
        feed_video(codec, record, keyframe)
    assert caught.value.code == ErrorCode.BAD_CODEC_CONFIG


@pytest.mark.parametrize("codec", ["ac3", "eac3", "mp3"])
def test_codecs_without_a_record_are_configured_by_their_packets(codec: str) -> None:
    record, packet = first_frames(None, codec)
    feed = AudioFeed()
    assert feed.configure(Codec(codec), b"whatever") == ()
    config = AudioConfig(Codec(codec), record)
    assert feed.frame(Codec(codec), 0, packet) == (config, AudioFrame(0, packet))
    assert feed.frame(Codec(codec), 32, packet) == (AudioFrame(32, packet),)
    assert feed.frame(Codec(codec), 64, b"no packet") == ()
    mono = next(f for f in coded_frames(None, codec, 1, layout="mono") if isinstance(f, AudioFrame))
    changed = feed.frame(Codec(codec), 64, mono.data)
    assert [type(frame) for frame in changed] == [AudioConfig, AudioFrame]


@pytest.mark.parametrize("codec", [Codec.AC3, Codec.MP3])
def test_a_first_packet_that_is_none_is_refused(codec: Codec) -> None:
    with pytest.raises(RtmpError) as caught:
        AudioFeed().frame(codec, 0, b"no packet")
    assert caught.value.code == ErrorCode.BAD_CODEC_CONFIG


@pytest.mark.parametrize("codec", ["aac", "opus", "flac"])
def test_codecs_with_a_record(codec: str) -> None:
    record, packet = first_frames(None, codec)
    feed = AudioFeed()
    assert feed.frame(Codec(codec), 0, packet) == ()
    assert feed.configure(Codec(codec), b"") == ()
    for _ in range(2):
        assert feed.configure(Codec(codec), record) == (AudioConfig(Codec(codec), record),)
    assert feed.frame(Codec(codec), 0, packet) == (AudioFrame(0, packet),)
    other = Codec.OPUS if codec == "flac" else Codec.FLAC
    assert feed.frame(other, 0, packet) == ()
    with pytest.raises(RtmpError):
        feed.configure(Codec(codec), b"\xff")


def test_an_opus_comment_header_is_no_configuration() -> None:
    assert AudioFeed().configure(Codec.OPUS, b"OpusTags\x05\0\0\0maker") == ()


def test_flac_is_handed_on_as_streaminfo_alone() -> None:
    record, _ = first_frames(None, "flac")
    whole = b"fLaC\x80\0\0\x22" + record
    assert AudioFeed().configure(Codec.FLAC, whole) == (AudioConfig(Codec.FLAC, record),)


def test_a_change_from_one_codec_to_another() -> None:
    _, mp3 = first_frames(None, "mp3")
    aac, unit = first_frames(None, "aac")
    feed = AudioFeed()
    feed.frame(Codec.MP3, 0, mp3)
    assert feed.configure(Codec.AAC, aac) == (AudioConfig(Codec.AAC, aac),)
    assert feed.frame(Codec.AAC, 24, unit) == (AudioFrame(24, unit),)
    assert [type(f) for f in feed.frame(Codec.MP3, 48, mp3)] == [AudioConfig, AudioFrame]
