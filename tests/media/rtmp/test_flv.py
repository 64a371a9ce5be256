import pytest
from support.coded import coded_frames
from support.enhanced import (
    MANY_CODECS,
    MANY_TRACKS,
    ONE_TRACK,
    audio_tag,
    modified,
    tracks,
    video_tag,
)

from media.frames import AudioConfig, AudioFrame, Codec, VideoConfig, VideoFrame
from media.rtmp.errors import ErrorCode, RtmpError
from media.rtmp.flv import FlvDemuxer
from media.timeline import MediaType


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


def test_tracks_half_a_turn_apart_each_go_on(demuxer) -> None:
    half = 1 << 31
    for n in range(20):
        (sound,) = demuxer.read_audio(n + 5, bytearray(b"\xaf\x01a"))
        (picture,) = demuxer.read_video(half + 2 * n, bytearray(b"\x17\x01\0\0\0i"))
        if n == 0:
            first_sound, first_picture = sound.dts_ms, picture.dts_ms
        assert sound.dts_ms - first_sound == n
        assert picture.dts_ms - first_picture == 2 * n


def config_of(video: str | None, audio: str | None) -> bytes:
    return coded_frames(video, audio)[0].record


def test_hevc_by_number_and_by_fourcc() -> None:
    record = config_of("hevc", None)
    config = (VideoConfig(Codec.HEVC, record),)
    for tag in (b"\x1c\0\0\0\0" + record, video_tag(0, b"hvc1", record)):
        demuxer = FlvDemuxer()
        assert demuxer.read_video(0, bytearray(tag)) == config
        by_number = demuxer.read_video(40, bytearray(b"\x2c\x01\xff\xff\xd8nal"))
        assert by_number == (VideoFrame(40, -40, False, b"nal"),)
        frame = video_tag(1, b"hvc1", b"\xff\xff\xd8nal", frame_type=2)
        assert demuxer.read_video(40, bytearray(frame)) == by_number
        without = video_tag(3, b"hvc1", b"nal")
        assert demuxer.read_video(80, bytearray(without)) == (VideoFrame(80, 0, True, b"nal"),)


def test_avc_and_aac_by_fourcc(client) -> None:
    demuxer = FlvDemuxer()
    video = video_tag(0, b"avc1", client.avc_record)
    assert demuxer.read_video(0, bytearray(video)) == (VideoConfig(Codec.H264, client.avc_record),)
    frame = demuxer.read_video(5, bytearray(video_tag(1, b"avc1", b"\0\0\x50nal")))
    assert frame == (VideoFrame(5, 80, True, b"nal"),)
    audio = audio_tag(0, b"mp4a", client.aac_record)
    assert demuxer.read_audio(0, bytearray(audio)) == (AudioConfig(Codec.AAC, client.aac_record),)
    assert demuxer.read_audio(6, bytearray(audio_tag(1, b"mp4a", b"aac"))) == (
        AudioFrame(6, b"aac"),
    )


@pytest.mark.parametrize("head", [b"\x2f", b"\xef", b"\x91.mp3"])
def test_mp3_by_number_and_by_fourcc(head) -> None:
    config, frame = coded_frames(None, "mp3")[:2]
    assert FlvDemuxer().read_audio(frame.dts_ms, bytearray(head + frame.data)) == (config, frame)


@pytest.mark.parametrize("codec", ["opus", "flac", "ac3", "eac3"])
def test_audio_has_no_composition_time(codec) -> None:
    fourcc = {"opus": b"Opus", "flac": b"fLaC", "ac3": b"ac-3", "eac3": b"ec-3"}[codec]
    config, frame = coded_frames(None, codec)[:2]
    demuxer = FlvDemuxer()
    sent = demuxer.read_audio(0, bytearray(audio_tag(0, fourcc, config.record)))
    sent += demuxer.read_audio(frame.dts_ms, bytearray(audio_tag(1, fourcc, frame.data)))
    assert sent == (config, frame)


@pytest.mark.parametrize("codec", ["av1", "vp9"])
@pytest.mark.parametrize("packet_type", [1, 3])
def test_av1_and_vp9_have_no_composition_time(codec, packet_type) -> None:
    fourcc = {"av1": b"av01", "vp9": b"vp09"}[codec]
    config, frame = coded_frames(codec, None)[:2]
    demuxer = FlvDemuxer()
    sent = demuxer.read_video(0, bytearray(video_tag(0, fourcc, config.record)))
    sent += demuxer.read_video(0, bytearray(video_tag(packet_type, fourcc, frame.data)))
    assert sent[0].codec == codec
    assert sent[-1] == frame


@pytest.mark.parametrize(
    "tag",
    [
        video_tag(2, b"hvc1"),
        video_tag(4, b"hvc1", b"\x02\0\x09colorInfo\x03\0\0\x09"),
        video_tag(4, b"hvc1", b"junk", frame_type=5),
        video_tag(0, b"hvc1"),
        video_tag(1, b"hvc1", b"\0\0\0"),
        video_tag(1, b"hvc1", b"\0"),
        video_tag(3, b"hvc1"),
        video_tag(3, b"av01", b"of another codec"),
        b"\xd1\x00",
        b"\xd2",
    ],
)
def test_enhanced_video_that_carries_nothing(tag) -> None:
    demuxer = FlvDemuxer()
    demuxer.read_video(0, bytearray(video_tag(0, b"hvc1", config_of("hevc", None))))
    assert demuxer.read_video(0, bytearray(tag)) == ()


@pytest.mark.parametrize(
    "tag",
    [
        audio_tag(2, b"Opus"),
        audio_tag(4, b"Opus", b"\x01\x02\0\0\0\x03"),
        audio_tag(0, b"Opus"),
        audio_tag(1, b"Opus"),
        audio_tag(1, b"fLaC", b"of another codec"),
    ],
)
def test_enhanced_audio_that_carries_nothing(tag) -> None:
    demuxer = FlvDemuxer()
    demuxer.read_audio(0, bytearray(audio_tag(0, b"Opus", config_of(None, "opus"))))
    assert demuxer.read_audio(0, bytearray(tag)) == ()


@pytest.mark.parametrize("tag", [video_tag(8, b"hvc1"), video_tag(15, b"av01", b"x")])
def test_unknown_video_packets_are_refused(tag) -> None:
    with pytest.raises(RtmpError, match="no video packet of type") as caught:
        FlvDemuxer().read_video(0, bytearray(tag))
    assert caught.value.code == ErrorCode.BAD_MEDIA_TAG


def test_unknown_audio_packets_are_refused() -> None:
    with pytest.raises(RtmpError, match="no audio packet of type 3"):
        FlvDemuxer().read_audio(0, bytearray(audio_tag(3, b"Opus")))


def test_a_modifier_moves_the_time() -> None:
    demuxer = FlvDemuxer()
    demuxer.read_audio(0, bytearray(audio_tag(0, b"Opus", config_of(None, "opus"))))
    tag = modified(audio_tag(1, b"Opus", b"x"), (0, (7_900_000).to_bytes(3, "big")), (3, b"?"))
    assert demuxer.read_audio(100, bytearray(tag)) == (AudioFrame(107, b"x"),)


def test_the_first_track_is_played_and_others_are_counted() -> None:
    record = config_of("hevc", None)
    demuxer = FlvDemuxer()
    parts = [(b"av01", 2, b"other"), (b"hvc1", 0, record), (b"vp08", 1, b"unsupported")]
    assert demuxer.read_video(0, bytearray(tracks(0x96, 0, MANY_CODECS, parts))) == (
        VideoConfig(Codec.HEVC, record),
    )
    same = [(b"hvc1", 1, b"one"), (b"hvc1", 0, b"zero"), (b"hvc1", 2, b"two")]
    assert demuxer.read_video(9, bytearray(tracks(0xA6, 3, MANY_TRACKS, same))) == (
        VideoFrame(9, 0, False, b"zero"),
    )
    alone = tracks(0xA6, 3, ONE_TRACK, [(b"hvc1", 1, b"one")])
    assert demuxer.read_video(9, bytearray(alone)) == ()
    sound = tracks(0x95, 1, ONE_TRACK, [(b"Opus", 1, b"one")])
    assert demuxer.read_audio(9, bytearray(sound)) == ()
    assert demuxer.other_tracks == {
        (MediaType.VIDEO, 2): 2,
        (MediaType.VIDEO, 1): 3,
        (MediaType.AUDIO, 1): 1,
    }
