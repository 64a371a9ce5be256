"""What a server says, each reply by its name, as bytes that wait to be sent."""

import struct
from collections.abc import Mapping

from media.rtmp.amf0 import encode_values
from media.rtmp.chunk_writer import ChunkWriter
from media.rtmp.message import MessageType, UserControl

WINDOW_BYTES = 2_500_000  # announced; the peer acknowledges once per so many

_CONTROL_CSID, _COMMAND_CSID, _STATUS_CSID = 2, 3, 5
_DYNAMIC_LIMIT = 2
_WRAP = 1 << 32


class Outbox:
    """Queues replies; ``drain`` hands over the bytes."""

    def __init__(self) -> None:
        self._writer = ChunkWriter()
        self._unsent = bytearray()

    def __len__(self) -> int:
        return len(self._unsent)

    def drain(self) -> bytes:
        """All bytes queued since the last call."""
        unsent, self._unsent = bytes(self._unsent), bytearray()
        return unsent

    def handshake(self, reply: bytes) -> None:
        """Bytes from before the chunk layer."""
        self._unsent += reply

    def acknowledge(self, bytes_received: int) -> None:
        """Acknowledgement (5.4.3); the count wraps at 2^32."""
        self._control(MessageType.ACKNOWLEDGEMENT, struct.pack(">I", bytes_received % _WRAP))

    def pong(self, ping: bytes) -> None:
        """PingResponse (7.1.7) to a request's four bytes."""
        self._user_control(UserControl.PING_RESPONSE, ping)

    def connected(
        self, transaction: float, object_encoding: float, properties: Mapping[str, object]
    ) -> None:
        """What answers connect (7.2.1.1), the sizes before the result.

        ``properties`` are told beside the server's own.
        """
        self._control(MessageType.WINDOW_ACK_SIZE, struct.pack(">I", WINDOW_BYTES))
        limit = struct.pack(">IB", WINDOW_BYTES, _DYNAMIC_LIMIT)
        self._control(MessageType.SET_PEER_BANDWIDTH, limit)
        self._unsent += self._writer.write_chunk_size()
        self.result(
            transaction,
            {"fmsVer": "FMS/3,0,1,123", "capabilities": 31, **properties},
            {
                "level": "status",
                "code": "NetConnection.Connect.Success",
                "description": "Connection succeeded.",
                "objectEncoding": object_encoding,
            },
        )

    def result(self, transaction: float, *values: object) -> None:
        """_result of a call; transaction 0 asks for none."""
        if transaction:
            self._command(_COMMAND_CSID, 0, "_result", transaction, *values)

    def error(self, transaction: float, description: str) -> None:
        """_error of a call; transaction 0 asks for none."""
        if transaction:
            info = {
                "level": "error",
                "code": "NetConnection.Call.Failed",
                "description": description,
            }
            self._command(_COMMAND_CSID, 0, "_error", transaction, None, info)

    def fc_publish(self) -> None:
        """OnFCPublish, as Flash Media Live Encoder expects after FCPublish."""
        info = {"code": "NetStream.Publish.Start", "description": "Publish the stream."}
        self._command(_COMMAND_CSID, 0, "onFCPublish", 0, None, info)

    def fc_unpublish(self) -> None:
        """OnFCUnpublish, after FCUnpublish."""
        info = {"code": "NetStream.Unpublish.Success", "description": "The show has ended."}
        self._command(_COMMAND_CSID, 0, "onFCUnpublish", 0, None, info)

    def stream_begin(self, stream_id: int) -> None:
        """StreamBegin (7.1.7)."""
        self._user_control(UserControl.STREAM_BEGIN, struct.pack(">I", stream_id))

    def status(self, stream_id: int, level: str, code: str, description: str) -> None:
        """An onStatus (7.2.2); ``level`` is status or error."""
        info = {"level": level, "code": code, "description": description}
        self._command(_STATUS_CSID, stream_id, "onStatus", 0, None, info)

    def _control(self, message_type: MessageType, payload: bytes) -> None:
        self._unsent += self._writer.write(_CONTROL_CSID, message_type, 0, payload)

    def _user_control(self, event: UserControl, payload: bytes) -> None:
        self._control(MessageType.USER_CONTROL, struct.pack(">H", event) + payload)

    def _command(self, csid: int, stream_id: int, *values: object) -> None:
        payload = encode_values(*values)
        self._unsent += self._writer.write(csid, MessageType.COMMAND_AMF0, stream_id, payload)
