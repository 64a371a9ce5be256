"""The RTMP handshake, client side: the simple form (RTMP 1.0, 5.2), which every server takes."""

import os
from collections.abc import Callable

from media.rtmp.errors import ErrorCode, RtmpError
from media.rtmp.handshake import PACKET_BYTES, VERSION

_S0_S1_BYTES = 1 + PACKET_BYTES


class ClientHandshake:
    """Send ``hello`` first, then feed it what arrives until ``done``."""

    def __init__(self, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        self.done = False
        self.hello = bytes((VERSION,)) + bytes(8) + random_bytes(PACKET_BYTES - 8)  # C0 and C1
        self._buffer = bytearray()
        self._answered = False

    def receive_data(self, data: bytes | bytearray | memoryview) -> bytes:
        """Take bytes; returns what to send: C2, once S1 is there. Raises RtmpError(BAD_HANDSHAKE).

        S2 is read and not compared: servers do not all echo C1.
        """
        self._buffer += data
        if self._buffer and self._buffer[0] != VERSION:
            raise RtmpError(
                ErrorCode.BAD_HANDSHAKE,
                f"the first byte of its answer is {self._buffer[0]}: this is no RTMP",
            )
        self.done = len(self._buffer) >= _S0_S1_BYTES + PACKET_BYTES
        if self._answered or len(self._buffer) < _S0_S1_BYTES:
            return b""
        self._answered = True
        return bytes(self._buffer[1:_S0_S1_BYTES])

    def trailing_data(self) -> bytes:
        """What came after S2, once ``done``."""
        return bytes(self._buffer[_S0_S1_BYTES + PACKET_BYTES :])
