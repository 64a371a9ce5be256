"""Garbage gives events or an RtmpError, nothing else, and holds no more than it was sent."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.rtmp import Event, Media, PublishEnded, PublishRequested, RtmpConnection, RtmpError
from media.rtmp.connection import MAX_UNSENT_BYTES

# Three recorded encoders, the one of Enhanced RTMP with two tracks of each kind, and one session
# made to hold every trap of the chunk layer at once.
CORPUS = sorted((Path(__file__).parent / "corpus" / "rtmp").glob("*.bin"))
SESSIONS = [path.read_bytes() for path in CORPUS]
MEDIA = {"ffmpeg": 35, "gstreamer": 35, "traps": 12, "enhanced": 39}
HANDSHAKE_BYTES = 3073
MAX_REPLY_BYTES = 4096  # to one message
CUT_BYTES = 12_000
FUZZ = settings(deadline=None)  # a machine shared with others stalls now and then


def events_of(data: bytes, step: int) -> Iterator[Event]:
    """Play ``data`` as a driver would, watching what is held."""
    connection = RtmpConnection()
    for at in range(0, len(data), step):
        connection.receive_data(data[at : at + step])
        while (event := connection.next_event()) is not None:
            yield event
            if isinstance(event, PublishRequested):
                connection.accept_publish()
        assert connection.buffered_bytes <= connection.bytes_received
        assert len(connection.data_to_send()) <= MAX_UNSENT_BYTES + MAX_REPLY_BYTES


def play(data: bytes, step: int) -> list[Event]:
    """The events until the end or the error; any other exception fails the test."""
    events: list[Event] = []
    with suppress(RtmpError):
        for event in events_of(data, step):
            events.append(event)
    return events


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
@pytest.mark.parametrize("step", [1, 7, 1460, 1 << 20])
def test_the_corpus_plays(path: Path, step: int) -> None:
    events = list(events_of(path.read_bytes(), step))
    assert isinstance(events[0], PublishRequested)
    assert (events[0].app, events[0].stream_key) == ("live", "KEY")
    assert sum(isinstance(event, Media) for event in events) == MEDIA[path.stem]
    assert isinstance(events[-1], PublishEnded)


@FUZZ
@given(data=st.binary(max_size=4000), step=st.integers(1, 5000))
def test_any_bytes(data: bytes, step: int) -> None:
    play(data, step)
    play(b"\x03" + data, step)


@FUZZ
@given(data=st.binary(max_size=2000), step=st.integers(1, 3000), size=st.integers(1, 5000))
def test_any_bytes_after_the_handshake(data: bytes, step: int, size: int) -> None:
    hello = SESSIONS[0][:HANDSHAKE_BYTES]
    set_chunk_size = b"\x02\0\0\0\0\0\x04\x01\0\0\0\0" + size.to_bytes(4, "big")
    play(hello + data, step)
    play(hello + set_chunk_size + data, step)


@FUZZ
@given(
    session=st.sampled_from(SESSIONS),
    at=st.integers(HANDSHAKE_BYTES, CUT_BYTES),
    data=st.binary(max_size=500),
    step=st.integers(1, 3000),
)
def test_any_bytes_in_the_middle(session: bytes, at: int, data: bytes, step: int) -> None:
    play(session[:at] + data + session[at:CUT_BYTES], step)


@FUZZ
@given(
    session=st.sampled_from(SESSIONS),
    edits=st.lists(
        st.tuples(
            st.integers(HANDSHAKE_BYTES, CUT_BYTES), st.integers(0, 3), st.binary(max_size=4)
        ),
        min_size=1,
        max_size=8,
    ),
    step=st.integers(1, 4000),
)
def test_edited_sessions(session: bytes, edits: list[tuple[int, int, bytes]], step: int) -> None:
    edited = bytearray(session[:CUT_BYTES])
    for at, removed, added in edits:
        edited[at : at + removed] = added
    play(bytes(edited), step)


@FUZZ
@given(
    session=st.sampled_from(SESSIONS),
    edits=st.lists(
        st.tuples(st.integers(HANDSHAKE_BYTES, CUT_BYTES), st.integers(0, 255)), max_size=4
    ),
    step=st.integers(1, 600),
)
def test_how_it_is_cut_changes_nothing(
    session: bytes, edits: list[tuple[int, int]], step: int
) -> None:
    edited = bytearray(session[:CUT_BYTES])
    for at, value in edits:
        edited[at : at + 1] = bytes((value,))
    assert play(bytes(edited), step) == play(bytes(edited), len(edited))
