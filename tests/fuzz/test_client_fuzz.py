"""Whatever a server sends back, the client gives events or an RtmpError, and answers no more."""

from collections.abc import Iterator
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from support.rtmp_client import AVC_RECORD

from media.frames import Codec, VideoConfig, VideoFrame
from media.rtmp import (
    ClientEvent,
    PublishDenied,
    PublishRequested,
    PublishStarted,
    RtmpClient,
    RtmpConnection,
    RtmpError,
)
from media.rtmp.amf0 import encode_values
from media.rtmp.chunk_writer import ChunkWriter
from media.rtmp.client_outbox import CONNECT, CREATE_STREAM
from media.rtmp.message import MessageType

FUZZ = settings(deadline=None)  # a machine shared with others stalls now and then
HANDSHAKE_BYTES = 3073
MAX_OPENING_BYTES = 4096  # of all that a client says before its first frame
STEPS = st.integers(1, 5000)
"""How many bytes come at once."""


def recorded() -> bytes:
    """All that our own server says to a client, up to the end of a show."""
    client, server = RtmpClient("live", "rtmp://host/live", "KEY"), RtmpConnection()
    said = b""
    while sent := client.data_to_send():
        server.receive_data(sent)
        while (event := server.next_event()) is not None:
            if isinstance(event, PublishRequested):
                server.accept_publish()
        answer = server.data_to_send()
        client.receive_data(answer)
        said += answer
    server.refuse_publish("NetStream.Publish.Denied", "No more.")
    return said + server.data_to_send()


SAID = recorded()


def events_of(data: bytes, step: int) -> Iterator[ClientEvent]:
    """Play ``data`` as a driver would."""
    client = RtmpClient("live", "rtmp://host/live", "KEY")
    answered = len(client.data_to_send())
    for at in range(0, len(data), step):
        client.receive_data(data[at : at + step])
        answered += len(client.data_to_send())
        assert answered <= HANDSHAKE_BYTES + MAX_OPENING_BYTES + 2 * (at + step)
        events = list(iter(client.next_event, None))
        yield from events
        if events and isinstance(events[-1], PublishStarted):
            client.send([VideoConfig(Codec.H264, AVC_RECORD), VideoFrame(0, 0, True, b"k")])
            assert client.data_to_send()


def play(data: bytes, step: int) -> list[ClientEvent]:
    events: list[ClientEvent] = []
    with suppress(RtmpError):
        for event in events_of(data, step):
            events.append(event)
    return events


@FUZZ
@given(step=STEPS)
def test_what_our_server_says(step: int) -> None:
    wanted = [PublishStarted(), PublishDenied("NetStream.Publish.Denied", "No more.")]
    assert list(events_of(SAID, step)) == wanted


@FUZZ
@given(data=st.binary(max_size=4000), step=STEPS)
def test_any_bytes(data: bytes, step: int) -> None:
    play(data, step)


@FUZZ
@given(data=st.binary(max_size=4000), step=STEPS)
def test_any_bytes_after_a_handshake(data: bytes, step: int) -> None:
    play(SAID[:HANDSHAKE_BYTES] + data, step)


@FUZZ
@given(
    damage=st.lists(st.tuples(st.integers(HANDSHAKE_BYTES, len(SAID) - 1), st.integers(0, 255))),
    cut=st.integers(HANDSHAKE_BYTES, len(SAID)),
    step=STEPS,
)
def test_damaged_answers(damage: list[tuple[int, int]], cut: int, step: int) -> None:
    data = bytearray(SAID)
    for at, value in damage:
        data[at] = value
    play(bytes(data[:cut]), step)


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@FUZZ
@given(
    answers=st.lists(
        st.tuples(
            st.sampled_from(["_result", "_error", "onStatus", "close", "onBWDone"]),
            st.sampled_from([CONNECT, CREATE_STREAM, 0]) | st.floats(),
            st.lists(VALUES, max_size=3),
        ),
        max_size=6,
    )
)
def test_any_answers(answers: list[tuple[str, float, list[object]]]) -> None:
    writer = ChunkWriter()
    data = b"".join(
        writer.write(3, MessageType.COMMAND_AMF0, 0, encode_values(name, number, *values))
        for name, number, values in answers
    )
    play(SAID[:HANDSHAKE_BYTES] + data, 5000)
