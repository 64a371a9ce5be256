"""The chunk layer (RTMP 1.0, 5.3), writing: the few small messages a server sends."""

import struct

from media.rtmp.message import MessageType

CHUNK_BYTES = 4096  # announced to the peer at connect

_DEFAULT_CHUNK_BYTES = 128
_CONTINUATION = 0xC0


class ChunkWriter:
    """Writes each message with a full header; its replies are few, and no codec compares them."""

    def __init__(self) -> None:
        self._chunk_bytes = _DEFAULT_CHUNK_BYTES

    def write(self, csid: int, type_id: int, stream_id: int, payload: bytes) -> bytes:
        """One message at time 0 on chunk stream ``csid``, 2 to 63."""
        header = struct.pack(">B3xI", csid, len(payload) << 8 | type_id)
        header += stream_id.to_bytes(4, "little")
        size = self._chunk_bytes
        bodies = (payload[at : at + size] for at in range(0, len(payload), size))
        return header + bytes((_CONTINUATION | csid,)).join(bodies)

    def write_chunk_size(self) -> bytes:
        """Set Chunk Size; what is written after it uses CHUNK_BYTES."""
        message = self.write(2, MessageType.SET_CHUNK_SIZE, 0, struct.pack(">I", CHUNK_BYTES))
        self._chunk_bytes = CHUNK_BYTES
        return message
