"""Garbage, and real records with bytes changed or missing, are information or a CodecError."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.coded import AUDIO_ENCODERS, VIDEO_ENCODERS, coded_frames

from media.codecs import CodecError, packet_samples, read_audio_config, read_video_config
from media.codecs.ac3 import ac3_record
from media.codecs.av1 import complete_av1_record
from media.codecs.flac import flac_streaminfo
from media.codecs.mp3 import mp3_record
from media.codecs.vp9 import complete_vp9_record
from media.frames import AudioConfig, AudioFrame, Codec, VideoConfig, VideoFrame

FUZZ = settings(deadline=None)
EDITS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=6)
RECORDLESS = {Codec.AC3: ac3_record, Codec.EAC3: ac3_record, Codec.MP3: mp3_record}


def edited(data: bytes, edits: list[tuple[int, int]], end: int) -> bytes:
    changed = bytearray(data[:end])
    for at, value in edits:
        changed[at : at + 1] = bytes((value,))
    return bytes(changed)


@pytest.mark.parametrize("codec", VIDEO_ENCODERS)
@FUZZ
@given(edits=EDITS, end=st.integers(0, 2500), junk=st.binary(max_size=60))
def test_video(codec: str, edits: list[tuple[int, int]], end: int, junk: bytes) -> None:
    config, frame = coded_frames(codec, None)[:2]
    assert isinstance(config, VideoConfig)
    assert isinstance(frame, VideoFrame)
    for record in (edited(config.record, edits, end), config.record[:9] + junk, junk):
        with suppress(CodecError):
            info = read_video_config(VideoConfig(config.codec, record))
            assert 0 < info.width <= 16_384
            assert 0 < info.height <= 16_384
    for complete in (complete_av1_record, complete_vp9_record):
        for keyframe in (edited(frame.data, edits, end), junk):
            with suppress(CodecError):
                complete(config.record[:12], keyframe)


@pytest.mark.parametrize("codec", AUDIO_ENCODERS)
@FUZZ
@given(edits=EDITS, end=st.integers(0, 2500), junk=st.binary(max_size=60))
def test_audio(codec: str, edits: list[tuple[int, int]], end: int, junk: bytes) -> None:
    config, frame = coded_frames(None, codec)[:2]
    assert isinstance(config, AudioConfig)
    assert isinstance(frame, AudioFrame)
    for record in (edited(config.record, edits, end), junk):
        with suppress(CodecError):
            info = read_audio_config(AudioConfig(config.codec, record))
            assert info.sample_rate > 0
            assert info.channels > 0
        with suppress(CodecError):
            flac_streaminfo(record)
    if config.codec is Codec.AAC:
        return
    for packet in (edited(frame.data, edits, end), frame.data[:2] + junk, junk):
        with suppress(CodecError):
            assert packet_samples(config.codec, packet) > 0
        with suppress(CodecError):
            RECORDLESS.get(config.codec, mp3_record)(packet)
