"""WebSocket frames from a server: RFC 6455, section 5.2, unmasked and unfragmented."""

import struct

from wsproto.frame_protocol import Opcode

FIN = 0x80
MAX_SHORT_BYTES = 125
MAX_TWO_BYTE_LENGTH_BYTES = 0xFFFF


def frame(opcode: int, payload: bytes) -> bytes:
    """Make one whole frame.

    The data frames are made here, not by a connection's wsproto object, as one frame goes out on
    many connections: without extensions nothing in it depends on the connection.
    """
    size = len(payload)
    if size <= MAX_SHORT_BYTES:
        return struct.pack("!BB", FIN | opcode, size) + payload
    if size <= MAX_TWO_BYTE_LENGTH_BYTES:
        return struct.pack("!BBH", FIN | opcode, 126, size) + payload
    return struct.pack("!BBQ", FIN | opcode, 127, size) + payload


def close_frame(code: int, reason: str) -> bytes:
    """Make a close frame (section 5.5.1); the reason is cut where it is too long for one."""
    text = reason.encode()[: MAX_SHORT_BYTES - 2].decode(errors="ignore").encode()
    return frame(Opcode.CLOSE, struct.pack("!H", code) + text)
