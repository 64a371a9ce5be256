import io

import av
import pytest

from media.codecs import read_video_config
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
