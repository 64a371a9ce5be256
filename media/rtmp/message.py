"""RTMP messages (RTMP 1.0, 5.4, 6.2 and 7.1): what the chunk layer carries."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from media.rtmp.amf0 import AmfError, decode_values
from media.rtmp.errors import ErrorCode, RtmpError

MAX_COMMAND_BYTES = 65_536
MAX_AGGREGATE_TAGS = 1024

_TAG_HEADER_BYTES = 11  # Adobe Flash Video File Format 10.1, E.4.1
_BACK_POINTER_BYTES = 4
_WRAP = 0xFFFFFFFF


class MessageType(IntEnum):
    """Message type ids; there are others, and they are ignored."""

    SET_CHUNK_SIZE = 1
    ABORT = 2
    ACKNOWLEDGEMENT = 3
    USER_CONTROL = 4
    WINDOW_ACK_SIZE = 5
    SET_PEER_BANDWIDTH = 6
    AUDIO = 8
    VIDEO = 9
    DATA_AMF3 = 15
    COMMAND_AMF3 = 17
    DATA_AMF0 = 18
    COMMAND_AMF0 = 20
    AGGREGATE = 22


class UserControl(IntEnum):
    """The user control events that are spoken here (7.1.7)."""

    STREAM_BEGIN = 0
    PING_REQUEST = 6
    PING_RESPONSE = 7


@dataclass(slots=True)
class Message:
    """A whole message: ``timestamp_ms`` as sent, 32 bits, wrapping; ``payload`` is the reader's."""

    type_id: int
    timestamp_ms: int
    stream_id: int
    payload: bytearray


def decode_body(message: Message) -> list[object]:
    """The AMF values of a command or data message; raises AmfError."""
    body = memoryview(message.payload)
    if len(body) > MAX_COMMAND_BYTES:
        raise AmfError(f"the message has {len(body)} bytes; {MAX_COMMAND_BYTES} are taken")
    if message.type_id in (MessageType.COMMAND_AMF3, MessageType.DATA_AMF3):
        # The first byte selects the format of what follows; everyone sends 0, which is AMF0.
        if len(body) == 0 or body[0] != 0:
            raise AmfError("the message is in AMF3; only AMF0 is spoken")
        body = body[1:]
    return decode_values(body)


def split_aggregate(message: Message) -> Iterator[Message]:
    """The FLV tags in an aggregate (7.1.6) as messages, moved in time so that the first is at its.

    Raises RtmpError(BAD_AGGREGATE) where a tag is cut short or there are too many.
    """
    payload, at, count = message.payload, 0, 0
    shift_ms: int | None = None
    while at < len(payload):
        count += 1
        if count > MAX_AGGREGATE_TAGS:
            raise RtmpError(
                ErrorCode.BAD_AGGREGATE,
                f"an aggregate message holds more than {MAX_AGGREGATE_TAGS} tags",
            )
        header = payload[at : at + _TAG_HEADER_BYTES]
        size = int.from_bytes(header[1:4], "big")
        at += _TAG_HEADER_BYTES
        if at + size > len(payload):
            raise RtmpError(ErrorCode.BAD_AGGREGATE, "an aggregate message ends inside a tag")
        tag_ms = int.from_bytes(header[4:7], "big") | header[7] << 24
        if shift_ms is None:
            shift_ms = message.timestamp_ms - tag_ms
        timestamp_ms = (tag_ms + shift_ms) & _WRAP
        yield Message(header[0], timestamp_ms, message.stream_id, payload[at : at + size])
        at += size + _BACK_POINTER_BYTES
