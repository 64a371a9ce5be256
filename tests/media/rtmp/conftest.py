"""Conversations with a connection, and chunks read back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from support.rtmp_client import Client

from media.rtmp import Event, PublishRequested, RtmpConnection
from media.rtmp.chunk import ChunkReader
from media.rtmp.message import Message


@dataclass
class Conversation:
    """What came of a session, with the connection to go on with."""

    connection: RtmpConnection
    events: list[Event] = field(default_factory=list)
    sent: bytes = b""

    def say(self, data: bytes, step: int | None = None) -> list[Event]:
        """Give ``data`` in pieces of ``step`` bytes, accept who asks; returns the new events."""
        before = len(self.events)
        for at in range(0, len(data), step or max(1, len(data))):
            self.connection.receive_data(data[at : at + step] if step else data)
            self.take_events()
            self.sent += self.connection.data_to_send()
        return self.events[before:]

    def take_events(self) -> None:
        while (event := self.connection.next_event()) is not None:
            self.events.append(event)
            if isinstance(event, PublishRequested):
                self.connection.accept_publish()


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def conversation() -> Conversation:
    return Conversation(RtmpConnection())


@pytest.fixture
def converse() -> Callable[..., Conversation]:
    def start(data: bytes, step: int | None = None) -> Conversation:
        begun = Conversation(RtmpConnection())
        begun.say(data, step)
        return begun

    return start


def _read_all(reader: ChunkReader) -> Iterator[Message]:
    while (message := reader.next_message()) is not None:
        yield message


Read = Callable[..., list[tuple[int, int, int, bytes]]]


@pytest.fixture(params=["whole", "byte by byte", "with trailing data"])
def read(request: pytest.FixtureRequest) -> Read:
    """Chunks to messages as (type, time, stream, payload), in each of the three ways."""

    def run(data: bytes, reader: ChunkReader | None = None) -> list[tuple[int, int, int, bytes]]:
        reader = reader or ChunkReader()
        messages: list[Message] = []
        if request.param == "with trailing data":
            data += b"\x04\x00\x00"
        pieces = [bytes((b,)) for b in data] if request.param == "byte by byte" else [data]
        for piece in pieces:
            reader.receive_data(piece)
            messages += _read_all(reader)
        return [(m.type_id, m.timestamp_ms, m.stream_id, bytes(m.payload)) for m in messages]

    return run


@pytest.fixture
def responses() -> Callable[..., list[tuple[int, int, bytes]]]:
    """What a server sent after its handshake, as (type, stream, payload)."""

    def parse(sent: bytes, chunk_bytes: int = 128) -> list[tuple[int, int, bytes]]:
        reader = ChunkReader()
        reader.chunk_bytes = chunk_bytes
        reader.receive_data(sent)
        found = []
        for message in _read_all(reader):
            found.append((message.type_id, message.stream_id, bytes(message.payload)))
            if message.type_id == 1:
                reader.chunk_bytes = int.from_bytes(message.payload, "big")
        return found

    return parse
