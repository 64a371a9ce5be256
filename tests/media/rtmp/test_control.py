import pytest

from media.rtmp.chunk import MAX_CHUNK_BYTES, ChunkReader
from media.rtmp.control import read_ping, take_control
from media.rtmp.errors import ErrorCode, RtmpError
from media.rtmp.message import Message, MessageType


def message(type_id: int, payload: bytes) -> Message:
    return Message(type_id, 0, 0, bytearray(payload))


def test_values() -> None:
    reader = ChunkReader()
    before = reader.chunk_bytes
    for type_id in (MessageType.WINDOW_ACK_SIZE, MessageType.SET_PEER_BANDWIDTH):
        assert take_control(message(type_id, b"\0\0\1\2more"), reader) == 258
    assert reader.chunk_bytes == before
    assert take_control(message(MessageType.SET_CHUNK_SIZE, b"\0\0\1\2"), reader) == 258
    assert reader.chunk_bytes == 258


def test_an_abort_drops_what_has_come_of_a_message() -> None:
    reader = ChunkReader()
    whole = b"\x04\0\0\0\0\0\xc8\x08\1\0\0\0" + bytes(128) + b"\xc4" + bytes(72)
    reader.receive_data(whole[:-1])
    assert reader.next_message() is None
    take_control(message(MessageType.ABORT, b"\0\0\0\4"), reader)
    assert reader.buffered_bytes == 72


@pytest.mark.parametrize("value", [0, MAX_CHUNK_BYTES + 1, 0xFFFFFFFF])
def test_chunk_sizes_that_cannot_be(value: int) -> None:
    asked = message(MessageType.SET_CHUNK_SIZE, value.to_bytes(4, "big"))
    with pytest.raises(RtmpError) as caught:
        take_control(asked, ChunkReader())
    assert caught.value.code is ErrorCode.BAD_CHUNK_SIZE


def test_too_short() -> None:
    with pytest.raises(RtmpError) as caught:
        take_control(message(MessageType.WINDOW_ACK_SIZE, b"\0\0\0"), ChunkReader())
    assert caught.value.code is ErrorCode.BAD_CONTROL_MESSAGE


def test_pings() -> None:
    assert read_ping(message(MessageType.USER_CONTROL, b"\0\x06time")) == b"time"
    assert read_ping(message(MessageType.USER_CONTROL, b"\0\x06times")) == b"time"
    for other in (b"", b"\0\x06tim", b"\0\x07time", b"\0\0\0\0\0\1"):
        assert read_ping(message(MessageType.USER_CONTROL, other)) is None
