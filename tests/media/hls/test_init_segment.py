import io

import av
import pytest
from support.coded import coded_frames

from media.codecs import read_audio_config, read_video_config
from media.frames import Codec, VideoConfig
from media.hls.init_segment import InitSegmentError, audio_init_segment, video_init_segment


def test_video_in_ticks_of_90_khz(material):
    config = material.video_config
    init = video_init_segment(3, config, read_video_config(config), material.keyframe)
    assert init.name == "init-3.mp4"
    assert init.timescale == 90_000
    assert config.record in init.data
    assert b"elst" not in init.data
    assert b"mvex" in init.data
    with av.open(io.BytesIO(init.data)) as source:
        (stream,) = source.streams
        assert (stream.codec_context.width, stream.codec_context.height) == (128, 72)


def test_the_head_of_the_picture_is_enough(material):
    config = material.video_config
    info = read_video_config(config)
    padded = material.keyframe + (100_000).to_bytes(4, "big") + b"\x65" + bytes(99_999)
    whole = video_init_segment(1, config, info, material.keyframe)
    assert video_init_segment(1, config, info, padded) == whole


@pytest.mark.parametrize("config", ["audio_config", "other_audio_config"])
def test_audio_in_ticks_of_its_sample_rate(material, config):
    given = getattr(material, config)
    init = audio_init_segment(1, given, material.access_unit)
    assert init.timescale == (48_000 if config == "audio_config" else 44_100)
    assert given.record in init.data
    assert b"elst" not in init.data


@pytest.mark.parametrize(
    "keyframe", [b"", b"\x00\x00\x00\x01\x09", b"\x00\x00\x00", b"\x00\x00\x00\x00\x00\x00"]
)
def test_a_key_frame_without_a_picture_is_refused(material, keyframe):
    config = material.video_config
    info = read_video_config(config)
    with pytest.raises(InitSegmentError, match="no picture"):
        video_init_segment(1, config, info, keyframe)


def test_a_record_ffmpeg_cannot_read_is_refused(material):
    config = VideoConfig(Codec.H264, b"\x01\x64\x00\x0a\xff\xe0\x00")
    info = read_video_config(material.video_config)
    with pytest.raises(InitSegmentError):
        video_init_segment(1, config, info, material.keyframe)


@pytest.mark.parametrize(("codec", "tag"), [("hevc", "hvc1"), ("av1", "av01"), ("vp9", "vp09")])
@pytest.mark.parametrize("size", [(128, 72), (642, 362)])
def test_other_video_codecs(codec, tag, size):
    config, keyframe = coded_frames(codec, None, 1, size)[:2]
    init = video_init_segment(1, config, read_video_config(config), keyframe.data)
    assert init.timescale == 90_000
    with av.open(io.BytesIO(init.data)) as source:
        context = source.streams[0].codec_context
        assert (context.name.replace("libdav1d", "av1"), context.codec_tag) == (codec, tag)
        assert (context.width, context.height) == size
    boxes = init.data
    assert (b"hvcC" in boxes, b"av1C" in boxes, b"vpcC" in boxes) == (
        codec == "hevc", codec == "av1", codec == "vp9",
    )  # fmt: skip
    if codec != "hevc":  # whose parameter sets FFmpeg marks as complete
        assert config.record[:12] in boxes


@pytest.mark.parametrize("codec", ["hevc", "av1", "vp9"])
def test_the_head_of_any_picture_is_enough(codec):
    config, keyframe = coded_frames(codec, None, 1, (642, 362))[:2]
    info = read_video_config(config)
    whole = video_init_segment(1, config, info, keyframe.data)
    for tail in (bytes(100_000), b"\xff" * 100_000, b"\xc9" * 7):
        assert video_init_segment(1, config, info, keyframe.data + tail) == whole
    for end in range(32, 96, 3):
        assert video_init_segment(1, config, info, keyframe.data[:end]).timescale == 90_000


@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1(side)"])
@pytest.mark.parametrize(
    ("codec", "box"),
    [("opus", b"dOps"), ("flac", b"dfLa"), ("ac3", b"dac3"), ("eac3", b"dec3"), ("mp3", b"esds")],
)
def test_other_audio_codecs(codec, box, layout):
    if layout == "5.1(side)" and codec in ("mp3", "opus"):
        layout = {"mp3": "stereo", "opus": "5.1"}[codec]
    config, packet = coded_frames(None, codec, 1, layout=layout)[:2]
    info = read_audio_config(config)
    init = audio_init_segment(1, config, packet.data)
    assert init.timescale == 48_000
    assert box in init.data
    assert init.data[-4:] != b"mdat"
    with av.open(io.BytesIO(init.data)) as source:
        (stream,) = source.streams
        assert stream.codec_context.name.removesuffix("float") == codec
        assert stream.codec_context.sample_rate == 48_000
        assert stream.codec_context.layout.nb_channels == info.channels


@pytest.mark.parametrize("codec", ["ac3", "eac3"])
def test_a_packet_that_ffmpeg_cannot_read_is_refused(codec):
    config = coded_frames(None, codec, 1)[0]
    with pytest.raises(InitSegmentError, match="cannot be made out"):
        audio_init_segment(1, config, b"\x0b\x77\0\0")
