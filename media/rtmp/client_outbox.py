"""What a publishing client says, each message by its name, as bytes that wait to be sent."""

import struct

from media.rtmp.flv_writer import Tag
from media.rtmp.message import MessageType
from media.rtmp.message_queue import MessageQueue

# Answers are told apart by these (7.2.1): each is used once.
CONNECT, RELEASE_STREAM, FC_PUBLISH, CREATE_STREAM, PUBLISH, FC_UNPUBLISH, DELETE_STREAM = range(
    1, 8
)

_COMMAND_CSID, _STREAM_CSID = 3, 8
_MEDIA_CSID = {MessageType.AUDIO: 4, MessageType.VIDEO: 6, MessageType.DATA_AMF0: _STREAM_CSID}
_WRAP = 1 << 32


class ClientOutbox(MessageQueue):
    """A publishing client's side of the queue."""

    def connect(self, properties: dict[str, object]) -> None:
        """Connect (7.2.1.1)."""
        self._command(_COMMAND_CSID, 0, "connect", CONNECT, properties)

    def create_stream(self, stream_key: str) -> None:
        """What comes before publish; the first two, of Flash Media Live Encoder, some wait for."""
        self._unsent += self._writer.write_chunk_size()
        self._command(_COMMAND_CSID, 0, "releaseStream", RELEASE_STREAM, None, stream_key)
        self._command(_COMMAND_CSID, 0, "FCPublish", FC_PUBLISH, None, stream_key)
        self._command(_COMMAND_CSID, 0, "createStream", CREATE_STREAM, None)

    def publish(self, stream_id: int, stream_key: str) -> None:
        """Ask to publish (7.2.2.6)."""
        self._command(_STREAM_CSID, stream_id, "publish", PUBLISH, None, stream_key, "live")

    def end(self, stream_id: int, stream_key: str) -> None:
        """Say that the show is over, and not only the connection."""
        self._command(_COMMAND_CSID, 0, "FCUnpublish", FC_UNPUBLISH, None, stream_key)
        self._command(_COMMAND_CSID, 0, "deleteStream", DELETE_STREAM, None, stream_id)

    def window(self, window_bytes: int) -> None:
        """Window Acknowledgement Size (5.4.4), which answers Set Peer Bandwidth (5.4.5)."""
        self._control(MessageType.WINDOW_ACK_SIZE, struct.pack(">I", window_bytes))

    def media(self, stream_id: int, tag: Tag, time_ms: int) -> None:
        """A tag at a time, which wraps at 2^32."""
        csid = _MEDIA_CSID[tag.type_id]
        self._unsent += self._writer.write(csid, tag.type_id, stream_id, tag.body, time_ms % _WRAP)
