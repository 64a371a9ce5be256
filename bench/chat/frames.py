"""WebSocket from a client's side with as little as will do (RFC 6455, sections 4.1 and 5.2)."""

import json
import resource
import struct
from collections.abc import Iterator

SUBPROTOCOL = "bandstand.json"
OPCODE_MASK = 0x0F
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
SHORT_BYTES, TWO_BYTE_LENGTH, EIGHT_BYTE_LENGTH = 125, 126, 127
SPARE_FILES = 200
HEAD_END = b"\r\n\r\n"


def upgrade_request(path: str) -> bytes:
    """Ask for a WebSocket. The key is always the same one: nobody here checks the answer to it."""
    lines = (
        f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {'A' * 22}==",
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}",
    )  # fmt: skip
    return "\r\n".join((*lines, "", "")).encode()


def command(**fields: object) -> bytes:
    """Make a command's frame."""
    return frame(TEXT, json.dumps(fields).encode())


def frame(opcode: int, payload: bytes) -> bytes:
    """Make a whole frame. The mask is of zeros, so that it costs nothing to mask."""
    size = len(payload)
    if size <= SHORT_BYTES:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
    else:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | TWO_BYTE_LENGTH, size)
    return head + bytes(4) + payload


def split(data: bytes) -> Iterator[bytes]:
    """Give the whole frames at the beginning of what came; what remains is the caller's."""
    start = 0
    while (size := frame_bytes(data, start)) and start + size <= len(data):
        yield data[start : start + size]
        start += size


def frame_bytes(data: bytes, start: int) -> int:
    """Tell how long the frame is that begins at ``start``; 0 where its head is not whole."""
    if len(data) < start + 2:
        return 0
    short = data[start + 1]
    if short == TWO_BYTE_LENGTH:
        return (
            4 + int(struct.unpack_from("!H", data, start + 2)[0]) if len(data) >= start + 4 else 0
        )
    if short == EIGHT_BYTE_LENGTH:
        return (
            10 + int(struct.unpack_from("!Q", data, start + 2)[0]) if len(data) >= start + 10 else 0
        )
    return 2 + short


def payload_of(whole: bytes) -> bytes:
    """Give what a whole frame of a server carries."""
    return whole[{TWO_BYTE_LENGTH: 4, EIGHT_BYTE_LENGTH: 10}.get(whole[1], 2) :]


def close_code(whole: bytes) -> int | None:
    """Give the code of a close frame; None where it is another frame."""
    if whole[0] & OPCODE_MASK != CLOSE:
        return None
    return int.from_bytes(payload_of(whole)[:2], "big")


def allow_open_files(count: int) -> None:
    """Raise the limit of open files to what so many sockets need. ValueError."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = count + SPARE_FILES
    if hard not in (resource.RLIM_INFINITY,) and hard < needed:
        raise ValueError(f"{count} sockets need RLIMIT_NOFILE of {needed}; at most {hard} may be")
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
