import pytest

from media.rtmp.amf0 import AmfError
from media.rtmp.errors import ErrorCode, RtmpError
from media.rtmp.message import (
    MAX_AGGREGATE_TAGS,
    MAX_COMMAND_BYTES,
    Message,
    decode_body,
    split_aggregate,
)


def tag(type_id: int, time: int, body: bytes) -> bytes:
    head = bytes((type_id,)) + len(body).to_bytes(3, "big")
    head += (time & 0xFFFFFF).to_bytes(3, "big") + bytes((time >> 24, 0, 0, 0))
    return head + body + (11 + len(body)).to_bytes(4, "big")


def split(payload: bytes, time: int = 0) -> list[tuple[int, int, bytes]]:
    message = Message(22, time, 1, bytearray(payload))
    return [(m.type_id, m.timestamp_ms, bytes(m.payload)) for m in split_aggregate(message)]


def test_an_aggregate_is_moved_to_its_own_time() -> None:
    payload = tag(8, 5000, b"a") + tag(9, 5010, b"video") + tag(8, 5023, b"")
    assert split(payload, 90_000) == [(8, 90_000, b"a"), (9, 90_010, b"video"), (8, 90_023, b"")]


def test_an_aggregate_crosses_the_wrap_and_24_bits() -> None:
    payload = tag(8, 0x01FFFFFE, b"a") + tag(8, 0x02000001, b"b")
    assert [m[1] for m in split(payload, 0xFFFFFFFF)] == [0xFFFFFFFF, 2]


def test_an_aggregate_may_lack_the_last_back_pointer() -> None:
    assert split(tag(8, 0, b"a")[:-4]) == [(8, 0, b"a")]


@pytest.mark.parametrize("cut", [1, 5, 10, 12])
def test_an_aggregate_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(RtmpError) as caught:
        split(tag(8, 0, b"abc")[:cut])
    assert caught.value.code == ErrorCode.BAD_AGGREGATE


def test_an_aggregate_has_a_bounded_number_of_tags() -> None:
    assert len(split(tag(8, 0, b"") * MAX_AGGREGATE_TAGS)) == MAX_AGGREGATE_TAGS
    with pytest.raises(RtmpError):
        split(tag(8, 0, b"") * (MAX_AGGREGATE_TAGS + 1))


@pytest.mark.parametrize(
    ("type_id", "payload"), [(20, b"\x01\x01"), (18, b"\x01\x01"), (17, b"\0\1\1"), (15, b"\0\1\1")]
)
def test_bodies(type_id: int, payload: bytes) -> None:
    assert decode_body(Message(type_id, 0, 0, bytearray(payload))) == [True]


@pytest.mark.parametrize("payload", [b"", b"\x03\x05", b"\x0a"])
def test_amf3_proper_is_refused(payload: bytes) -> None:
    with pytest.raises(AmfError, match="AMF3"):
        decode_body(Message(17, 0, 0, bytearray(payload)))


def test_long_bodies_are_refused() -> None:
    with pytest.raises(AmfError, match="bytes"):
        decode_body(Message(20, 0, 0, bytearray(MAX_COMMAND_BYTES + 1)))
