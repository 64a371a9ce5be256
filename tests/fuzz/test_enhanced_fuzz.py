"""Enhanced tags, real ones with bytes changed included, give events or an RtmpError."""

from contextlib import suppress
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.coded import coded_flv
from support.enhanced import modified, tracks
from support.rtmp_client import Client
from support.shows import read_tags

from media.frames import AudioConfig, AudioFrame, VideoConfig, VideoFrame
from media.rtmp import Event, Media, PublishRequested, RtmpConnection, RtmpError
from media.rtmp.flv import FlvDemuxer

AUDIO, VIDEO = 8, 9
SHOWS = [("hevc", "opus"), ("av1", "flac"), ("vp9", "ac3"), ("h264", "mp3"), ("hevc", "eac3")]
TAGS_OF_A_SHOW = 12
FUZZ = settings(deadline=None)
EDITS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=4)
FOURCCS = [b"avc1", b"hvc1", b"av01", b"vp09", b"mp4a", b"Opus", b"fLaC", b"ac-3", b"ec-3", b".mp3"]

Tag = tuple[int, int, bytes]


@cache
def tags_of(show: tuple[str, str]) -> list[Tag]:
    """The first audio and video tags of a show that FFmpeg muxed: (type, time, body)."""
    tags = [tag for tag in read_tags(coded_flv(*show)) if tag[0] in (AUDIO, VIDEO)]
    return tags[:TAGS_OF_A_SHOW]


def read(tags: list[Tag]) -> list[object]:
    """The frames until the end or the error; any other exception fails the test."""
    demuxer, frames = FlvDemuxer(), []
    with suppress(RtmpError):
        for kind, time_ms, body in tags:
            reads = demuxer.read_video if kind == VIDEO else demuxer.read_audio
            frames += reads(time_ms, bytearray(body))
    for frame in frames:
        assert isinstance(frame, VideoConfig | AudioConfig | VideoFrame | AudioFrame)
    return frames


@pytest.mark.parametrize("show", SHOWS)
def test_the_shows_are_read(show: tuple[str, str]) -> None:
    frames = read(tags_of(show))
    assert {type(frame) for frame in frames} == {VideoConfig, AudioConfig, VideoFrame, AudioFrame}


@FUZZ
@given(
    show=st.sampled_from(SHOWS),
    edits=st.dictionaries(st.integers(0, TAGS_OF_A_SHOW - 1), EDITS, max_size=4),
    cuts=st.dictionaries(st.integers(0, TAGS_OF_A_SHOW - 1), st.integers(0, 40), max_size=2),
)
def test_edited_tags(
    show: tuple[str, str], edits: dict[int, list[tuple[int, int]]], cuts: dict[int, int]
) -> None:
    tags = []
    for index, (kind, time_ms, body) in enumerate(tags_of(show)):
        edited = bytearray(body[: cuts.get(index, len(body))])
        for at, value in edits.get(index, []):
            edited[at : at + 1] = bytes((value,))
        tags.append((kind, time_ms, bytes(edited)))
    read(tags)


@FUZZ
@given(
    kind=st.sampled_from([AUDIO, VIDEO]),
    heads=st.lists(st.tuples(st.integers(0, 255), st.sampled_from(FOURCCS)), max_size=6),
    body=st.binary(max_size=80),
)
def test_any_bytes_after_a_fourcc(kind: int, heads: list[tuple[int, bytes]], body: bytes) -> None:
    mark = 0x80 if kind == VIDEO else 0x90
    read([(kind, 0, bytes([mark | head]) + fourcc + body) for head, fourcc in heads])
    read([(kind, 0, bytes([mark | head]) + body) for head, _ in heads])


@FUZZ
@given(
    show=st.sampled_from(SHOWS),
    modifiers=st.lists(
        st.tuples(st.integers(0, 15), st.binary(min_size=1, max_size=300)), min_size=1, max_size=20
    ),
)
def test_modifiers_change_nothing_but_the_time(
    show: tuple[str, str], modifiers: list[tuple[int, bytes]]
) -> None:
    enhanced = [tag for tag in tags_of(show) if tag[0] == VIDEO and tag[2][0] & 0x80]
    changed = [(kind, time_ms, modified(body, *modifiers)) for kind, time_ms, body in enhanced]
    plain, moved = read(enhanced), read(changed)
    if len(modifiers) < 16:
        assert [type(frame) for frame in plain] == [type(frame) for frame in moved]
    else:
        assert moved == []


@FUZZ
@given(
    kinds=st.integers(0, 255),
    parts=st.lists(
        st.tuples(st.sampled_from(FOURCCS), st.integers(0, 255), st.binary(max_size=20)),
        min_size=1,
        max_size=5,
    ),
    end=st.integers(2, 120),
    step=st.integers(1, 50),
)
def test_tracks_over_a_connection(
    kinds: int, parts: list[tuple[bytes, int, bytes]], end: int, step: int
) -> None:
    tag = tracks(0x96, kinds & 0xF, kinds >> 4 & 3, parts)[:end]
    sound = tracks(0x95, kinds & 0xF, kinds >> 4 & 3, parts)[:end]
    client = Client()
    data = client.opening() + client.chunks(tag) + client.chunks(sound, type_id=AUDIO)
    assert play(data, step) == play(data, len(data))


def play(data: bytes, step: int) -> list[Event]:
    connection, events = RtmpConnection(), []
    with suppress(RtmpError):
        for at in range(0, len(data), step):
            connection.receive_data(data[at : at + step])
            while (event := connection.next_event()) is not None:
                events.append(event)
                if isinstance(event, PublishRequested):
                    connection.accept_publish()
    assert not any(isinstance(e, Media) and isinstance(e.frame, VideoFrame) for e in events)
    return events
