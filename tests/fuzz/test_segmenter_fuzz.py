"""Whatever ingest lets through, the segmenter cuts it or says why it cannot."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.coded import coded_frames

from media.codecs import CodecError
from media.codecs.ac3 import parse_ac3_record
from media.frames import AudioConfig, AudioFrame, Codec, Frame, VideoConfig, VideoFrame
from media.hls import InitSegmentError, Segmenter
from media.hls.silence import silent_packet

SHOWS = [("hevc", "opus"), ("av1", "flac"), ("vp9", "ac3"), ("h264", "mp3"), ("hevc", "eac3")]
FRAMES = 60
FUZZ = settings(deadline=None, max_examples=60)
EDITS = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 255)), min_size=1, max_size=4)


def edit(frame: Frame, edits: list[tuple[int, int]]) -> Frame:
    data = bytearray(frame.record if isinstance(frame, VideoConfig | AudioConfig) else frame.data)
    for at, value in edits:
        if at < len(data):
            data[at] = value
    if isinstance(frame, VideoConfig | AudioConfig):
        return replace(frame, record=bytes(data))
    assert isinstance(frame, VideoFrame | AudioFrame)
    return replace(frame, data=bytes(data))


@pytest.mark.parametrize("show", SHOWS)
@FUZZ
@given(
    changes=st.dictionaries(st.integers(0, 8), EDITS, min_size=1, max_size=3), cut=st.integers(0, 9)
)
def test_edited_frames(
    show: tuple[str, str], changes: dict[int, list[tuple[int, int]]], cut: int
) -> None:
    frames = coded_frames(*show, 4)[:FRAMES]
    frames = [edit(f, changes[i]) if i in changes else f for i, f in enumerate(frames)]
    del frames[cut : cut + 1]
    segmenter = Segmenter("shw_A")
    with suppress(CodecError, InitSegmentError):
        segmenter.push(frames, 0)
    segmenter.end()
    segmenter.window()


@pytest.mark.parametrize("enhanced", [0, 1])
@pytest.mark.parametrize("rate_index", range(3))
@pytest.mark.parametrize("lfe", [0, 1])
def test_there_is_silence_for_every_kind_of_ac3(enhanced: int, rate_index: int, lfe: int) -> None:
    for acmod in range(8):
        record = bytes([enhanced, rate_index, acmod, lfe])
        config = AudioConfig(Codec.EAC3 if enhanced else Codec.AC3, record)
        assert silent_packet(config, parse_ac3_record(record))[:2] == b"\x0b\x77"
