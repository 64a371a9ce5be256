"""Messages that wait to be sent, as bytes: what both sides of a connection say."""

import struct

from media.rtmp.amf0 import encode_values
from media.rtmp.chunk_writer import ChunkWriter
from media.rtmp.message import MessageType, UserControl

_CONTROL_CSID = 2
_WRAP = 1 << 32


class MessageQueue:
    """Queues messages; ``drain`` hands over the bytes."""

    def __init__(self) -> None:
        self._writer = ChunkWriter()
        self._unsent = bytearray()

    def __len__(self) -> int:
        return len(self._unsent)

    def drain(self) -> bytes:
        """All bytes queued since the last call."""
        unsent, self._unsent = bytes(self._unsent), bytearray()
        return unsent

    def handshake(self, data: bytes) -> None:
        """Bytes from before the chunk layer."""
        self._unsent += data

    def acknowledge(self, bytes_received: int) -> None:
        """Acknowledgement (5.4.3); the count wraps at 2^32."""
        self._control(MessageType.ACKNOWLEDGEMENT, struct.pack(">I", bytes_received % _WRAP))

    def pong(self, ping: bytes) -> None:
        """PingResponse (7.1.7) to a request's four bytes."""
        self._user_control(UserControl.PING_RESPONSE, ping)

    def _control(self, message_type: MessageType, payload: bytes) -> None:
        self._unsent += self._writer.write(_CONTROL_CSID, message_type, 0, payload)

    def _user_control(self, event: UserControl, payload: bytes) -> None:
        self._control(MessageType.USER_CONTROL, struct.pack(">H", event) + payload)

    def _command(self, csid: int, stream_id: int, *values: object) -> None:
        payload = encode_values(*values)
        self._unsent += self._writer.write(csid, MessageType.COMMAND_AMF0, stream_id, payload)
