"""Protocol control messages (RTMP 1.0, 5.4) and pings (7.1.7), as either side takes them."""

import struct

from media.rtmp.chunk import MAX_CHUNK_BYTES, ChunkReader
from media.rtmp.errors import ErrorCode, RtmpError
from media.rtmp.message import Message, MessageType, UserControl

_VALUE_BYTES = 4
_PING = struct.pack(">H", UserControl.PING_REQUEST)


def take_control(message: Message, reader: ChunkReader) -> int:
    """Do what Set Chunk Size or Abort asks of the reader; gives a control message's value.

    Raises RtmpError(BAD_CONTROL_MESSAGE, BAD_CHUNK_SIZE).
    """
    # Accepted on any chunk stream: some encoders do not use number 2 for these.
    if len(message.payload) < _VALUE_BYTES:
        raise RtmpError(ErrorCode.BAD_CONTROL_MESSAGE, "a control message is too short")
    value: int = struct.unpack_from(">I", message.payload)[0]
    if message.type_id == MessageType.SET_CHUNK_SIZE:
        if not 0 < value <= MAX_CHUNK_BYTES:
            raise RtmpError(ErrorCode.BAD_CHUNK_SIZE, f"a chunk size of {value} is asked for")
        reader.chunk_bytes = value
    elif message.type_id == MessageType.ABORT:
        reader.abort(value)
    return value


def read_ping(message: Message) -> bytes | None:
    """The four bytes of a PingRequest, which its answer repeats; None where it is none."""
    if message.payload[:2] != _PING or len(message.payload) < 2 + _VALUE_BYTES:
        return None
    return bytes(message.payload[2 : 2 + _VALUE_BYTES])
