import pytest

from media.frames import AudioConfig, AudioFrame, Codec, VideoConfig, VideoFrame
from media.rtmp.errors import ErrorCode, RtmpError
from media.rtmp.flv import FlvDemuxer


@pytest.fixture
def demuxer(client) -> FlvDemuxer:
    """One that has both configurations."""
    begun = FlvDemuxer()
    begun.read_video(0, bytearray(b"\x17\0\0\0\0" + client.avc_record))
    begun.read_audio(0, bytearray(b"\xaf\0" + client.aac_record))
    return begun


def test_configurations(client) -> None:
    demuxer = FlvDemuxer()
    video = bytearray(b"\x17\0\0\0\0" + client.avc_record)
    audio = bytearray(b"\xaf\0" + client.aac_record)
    for _ in range(2):  # a repeat is handed on: who holds the last one compares
        assert demuxer.read_video(0, video) == (VideoConfig(Codec.H264, client.avc_record),)
        assert demuxer.read_audio(0, audio) == (AudioConfig(Codec.AAC, client.aac_record),)


@pytest.mark.parametrize(
    ("cts", "wanted"),
    [
        (b"\0\0\0", 0),
        (b"\0\0\x50", 80),
        (b"\xff\xff\xff", -1),
        (b"\xff\xff\xb0", -80),
        (b"\x80\0\0", -8_388_608),
        (b"\x7f\xff\xff", 8_388_607),
    ],
)
def test_composition_time_is_signed(demuxer, cts, wanted) -> None:
    (frame,) = demuxer.read_video(40, bytearray(b"\x27\x01" + cts + b"nal"))
    assert frame == VideoFrame(40, wanted, False, b"nal")


def test_frames(demuxer) -> None:
    assert demuxer.read_video(7, bytearray(b"\x17\x01\0\0\0i")) == (VideoFrame(7, 0, True, b"i"),)
    assert demuxer.read_audio(9, bytearray(b"\xaf\x01a")) == (AudioFrame(9, b"a"),)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x17",
        b"\x17\x01",
        b"\x17\x02",
        b"\x17\x02\0\0\0",
        b"\x17\x01\0\0\0",
        b"\x17\x00\0\0\0",
        b"\x57\x00",
        b"\x17\x02\0\0\0x",
        b"\x17\x09\0\0\0x",
    ],
)
def test_video_tags_that_carry_nothing(demuxer, body) -> None:
    assert demuxer.read_video(0, bytearray(body)) == ()


@pytest.mark.parametrize("body", [b"", b"\xaf", b"\xaf\x00", b"\xaf\x01", b"\xaf\x02x"])
def test_audio_tags_that_carry_nothing(demuxer, body) -> None:
    assert demuxer.read_audio(0, bytearray(body)) == ()


def test_an_empty_audio_configuration_waits_for_a_real_one(client) -> None:
    demuxer = FlvDemuxer()
    assert demuxer.read_audio(0, bytearray(b"\xaf\x00")) == ()
    assert demuxer.read_audio(0, bytearray(b"\xaf\x01early")) == ()
    assert demuxer.read_audio(0, bytearray(b"\xaf\x00" + client.aac_record))
    assert demuxer.read_audio(5, bytearray(b"\xaf\x01aac")) == (AudioFrame(5, b"aac"),)


def test_video_before_its_configuration_is_dropped() -> None:
    assert FlvDemuxer().read_video(0, bytearray(b"\x17\x01\0\0\0nal")) == ()


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"\x12x", "Sorenson H.263"),
        (b"\x90vvc1x", "VVC"),
        (b"\xa1vp08x", "VP8"),
        (b"\x95av01x", "AV1 as in MPEG-2 TS"),
        (b"\x90????", r"b'\?\?\?\?'"),
        (b"\x1fx", "codec 15"),
    ],
)
def test_video_codecs_are_refused_by_name(body, name) -> None:
    with pytest.raises(RtmpError, match=f"{name} video is not supported.*H.264") as caught:
        FlvDemuxer().read_video(0, bytearray(body))
    assert caught.value.code == ErrorCode.CODEC_UNSUPPORTED


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"\x00x", "PCM"),
        (b"\xb6x", "Speex"),
        (b"\x91????x", r"codec b.\?+."),
        (b"\xc0", "codec 12"),
    ],
)
def test_audio_codecs_are_refused_by_name(body, name) -> None:
    with pytest.raises(RtmpError, match=f"{name} audio is not supported.*AAC") as caught:
        FlvDemuxer().read_audio(0, bytearray(body))
    assert caught.value.code == ErrorCode.CODEC_UNSUPPORTED


def test_bad_configurations_are_refused() -> None:
    with pytest.raises(RtmpError) as caught:
        FlvDemuxer().read_video(0, bytearray(b"\x17\0\0\0\0\x01\x42"))
    assert caught.value.code == ErrorCode.BAD_CODEC_CONFIG
    with pytest.raises(RtmpError) as caught:
        FlvDemuxer().read_audio(0, bytearray(b"\xaf\0\xff"))
    assert caught.value.code == ErrorCode.BAD_CODEC_CONFIG


def audio_times(demuxer: FlvDemuxer, times: list[int]) -> list[int]:
    return [f.dts_ms for t in times for f in demuxer.read_audio(t, bytearray(b"\xaf\x01a"))]


def test_times_unwrap_per_track(demuxer) -> None:
    times = [0xFFFFFFF0, 5, 0x80000000, 0xFFFFFFFF, 3]
    turn = 1 << 32
    wanted = [0xFFFFFFF0, turn + 5, turn + 0x80000000, turn + 0xFFFFFFFF, 2 * turn + 3]
    assert audio_times(demuxer, times) == wanted


def test_time_may_go_back(demuxer) -> None:
    assert audio_times(demuxer, [100_000, 50_000, 100]) == [100_000, 50_000, 100]


def test_a_track_that_begins_after_the_wrap_stands_by_the_other(demuxer) -> None:
    assert audio_times(demuxer, [0xFFFFFFF0]) == [0xFFFFFFF0]
    (frame,) = demuxer.read_video(4, bytearray(b"\x17\x01\0\0\0i"))
    assert frame.dts_ms == (1 << 32) + 4
