"""What a server says, each reply by its name, as bytes that wait to be sent."""

import struct
from collections.abc import Mapping

from media.rtmp.message import MessageType, UserControl
from media.rtmp.message_queue import MessageQueue

WINDOW_BYTES = 2_500_000  # announced; the peer acknowledges once per so many

_COMMAND_CSID, _STATUS_CSID = 3, 5
_DYNAMIC_LIMIT = 2


class Outbox(MessageQueue):
    """A server's side of the queue."""

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
