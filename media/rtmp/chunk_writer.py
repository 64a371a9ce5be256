"""The chunk layer (RTMP 1.0, 5.3), writing: a server's few replies, and a client's media."""

import struct

from media.rtmp.message import MessageType

CHUNK_BYTES = 4096  # announced to the peer at connect

_DEFAULT_CHUNK_BYTES = 128
_CONTINUATION = 0xC0
_EXTENDED = 0xFFFFFF


class ChunkWriter:
    """Writes each message with a full header, which for media is 4 bytes more than it must be."""

    def __init__(self) -> None:
        self._chunk_bytes = _DEFAULT_CHUNK_BYTES

    def write(
        self, csid: int, type_id: int, stream_id: int, payload: bytes, timestamp_ms: int = 0
    ) -> bytes:
        """One message on chunk stream ``csid``, 2 to 63; its time is of 32 bits.

        A time of 24 bits or more is repeated in each chunk (5.3.1.3), as most readers expect.
        """
        extended = struct.pack(">I", timestamp_ms) if timestamp_ms >= _EXTENDED else b""
        short_ms = min(timestamp_ms, _EXTENDED)
        header = struct.pack(">II", csid << 24 | short_ms, len(payload) << 8 | type_id)
        header += stream_id.to_bytes(4, "little") + extended
        size = self._chunk_bytes
        bodies = (payload[at : at + size] for at in range(0, len(payload), size))
        return header + (bytes((_CONTINUATION | csid,)) + extended).join(bodies)

    def write_chunk_size(self) -> bytes:
        """Set Chunk Size; what is written after it uses CHUNK_BYTES."""
        message = self.write(2, MessageType.SET_CHUNK_SIZE, 0, struct.pack(">I", CHUNK_BYTES))
        self._chunk_bytes = CHUNK_BYTES
        return message
