"""A client's side of RTMP, just enough to build sessions byte by byte."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from media.rtmp import Event, PublishRequested, RtmpConnection
from media.rtmp.amf0 import encode_values
from media.rtmp.chunk import ChunkReader
from media.rtmp.message import Message

AVC_RECORD = bytes.fromhex(
    "0142c00cffe100176742c00cda05067e7c0440000003004000000c83c50aa801000468ce0fc8"
)
AAC_RECORD = bytes.fromhex("118856e500")


class Client:
    """Builds what an encoder sends; remembers nothing, so a test sees every choice."""

    avc_record = AVC_RECORD
    aac_record = AAC_RECORD

    @staticmethod
    def hello() -> bytes:
        return b"\x03" + bytes(1536) + b"?" * 1536

    @staticmethod
    def basic_header(form: int, csid: int) -> bytes:
        if csid < 64:
            return bytes((form << 6 | csid,))
        if csid < 320:
            return bytes((form << 6, csid - 64))
        return bytes((form << 6 | 1, (csid - 64) % 256, (csid - 64) // 256))

    def chunks(
        self,
        payload: bytes,
        *,
        type_id: int = 9,
        time: int = 0,
        form: int = 0,
        csid: int = 4,
        stream_id: int = 1,
        size: int = 128,
        extended_on_form_3: bytes = b"",
        length: int | None = None,
    ) -> bytes:
        """A message cut into chunks; ``time`` is absolute in form 0, a delta in 1 and 2."""
        out = self.basic_header(form, csid)
        if form < 3:
            out += min(time, 0xFFFFFF).to_bytes(3, "big")
        if form < 2:
            out += (len(payload) if length is None else length).to_bytes(3, "big")
            out += bytes((type_id,))
        if form == 0:
            out += stream_id.to_bytes(4, "little")
        if form < 3 and time >= 0xFFFFFF:
            out += time.to_bytes(4, "big")
        if form == 3:
            out += extended_on_form_3
        joint = self.basic_header(3, csid) + extended_on_form_3
        return out + joint.join(payload[at : at + size] for at in range(0, len(payload), size))

    def command(self, *values: object, stream_id: int = 0, type_id: int = 20) -> bytes:
        body = encode_values(*values)
        return self.chunks(body, type_id=type_id, csid=3, stream_id=stream_id)

    def connect(self, app: str = "live", **properties: object) -> bytes:
        asked = {"app": app, "tcUrl": f"rtmp://host/{app}", "flashVer": "FMLE/3.0", **properties}
        return self.command("connect", 1, asked)

    def publish(self, name: object = "KEY") -> bytes:
        return self.command("publish", 5, None, name, "live", stream_id=1)

    def opening(self) -> bytes:
        """Everything up to the first frame."""
        return (
            self.hello() + self.connect() + self.command("createStream", 4, None) + self.publish()
        )

    def avc_config(self, time: int = 0) -> bytes:
        return self.chunks(b"\x17\x00\x00\x00\x00" + AVC_RECORD, time=time, csid=6)

    def aac_config(self, time: int = 0) -> bytes:
        return self.chunks(b"\xaf\x00" + AAC_RECORD, type_id=8, time=time)

    def video(self, data: bytes, time: int = 0, cts: int = 0, key: bool = True) -> bytes:
        head = bytes((0x17 if key else 0x27, 1)) + cts.to_bytes(3, "big", signed=True)
        return self.chunks(head + data, time=time, csid=6)

    def audio(self, data: bytes, time: int = 0) -> bytes:
        return self.chunks(b"\xaf\x01" + data, type_id=8, time=time)


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
