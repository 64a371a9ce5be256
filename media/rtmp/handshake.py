"""The RTMP handshake, server side: simple (RTMP 1.0, 5.2) and with digests, as Flash Player does.

The digest form is in no specification. A client that uses it hides an HMAC-SHA256 of its own
packet in one of two places of C1, and some expect S1 and S2 signed the same way. Whoever sends no
valid digest gets the simple form. C2 is read and not compared: encoders do not all echo S1.
"""

import hashlib
import hmac
import os
from collections.abc import Callable

from media.rtmp.errors import ErrorCode, RtmpError

PACKET_BYTES = 1536
DIGEST_BYTES = 32
VERSION = 3

_HELLO_BYTES = 1 + PACKET_BYTES  # C0 and C1
_GAP_BYTES = 728  # the digest's offset is taken modulo this
_OFFSET_AT = (8, 772)  # where each of the two layouts keeps the sum that places the digest
_SERVER_VERSION = bytes((5, 0, 3, 1))  # a first byte of 3 or more promises digests
_CLIENT_KEY = b"Genuine Adobe Flash Player 001"
_SERVER_KEY = b"Genuine Adobe Flash Media Server 001"
_SIGNING_KEY = _SERVER_KEY + bytes.fromhex(
    "f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae"
)


class Handshake:
    """Feed it what arrives until ``done``; it answers as soon as C0 and C1 are there."""

    def __init__(self, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        self.done = False
        self._random_bytes = random_bytes
        self._buffer = bytearray()
        self._answered = False

    def receive_data(self, data: bytes | bytearray | memoryview) -> bytes:
        """Take bytes; returns what to send, often nothing.

        Raises RtmpError(BAD_HANDSHAKE) on the first byte of anything that is not RTMP.
        """
        self._buffer += data
        if self._buffer and self._buffer[0] != VERSION and not self._answered:
            raise RtmpError(
                ErrorCode.BAD_HANDSHAKE,
                f"the first byte is {self._buffer[0]}, not RTMP's version {VERSION}",
            )
        reply = b""
        if not self._answered and len(self._buffer) >= _HELLO_BYTES:
            reply = self._answer(bytes(self._buffer[1:_HELLO_BYTES]))
            self._answered = True
        self.done = len(self._buffer) >= _HELLO_BYTES + PACKET_BYTES
        return reply

    def trailing_data(self) -> bytes:
        """What came after C2, once ``done``."""
        return bytes(self._buffer[_HELLO_BYTES + PACKET_BYTES :])

    def _answer(self, c1: bytes) -> bytes:
        """S0, S1 and S2."""
        for offset_at in _OFFSET_AT:
            at = _digest_offset(c1, offset_at)
            digest = c1[at : at + DIGEST_BYTES]
            if hmac.compare_digest(digest, _digest(c1, at, _CLIENT_KEY)):
                return bytes((VERSION,)) + self._signed_s1(offset_at) + self._signed_s2(digest)
        s1 = bytes(8) + self._random_bytes(PACKET_BYTES - 8)  # version 0: no digests
        return bytes((VERSION,)) + s1 + c1

    def _signed_s1(self, offset_at: int) -> bytes:
        s1 = bytes(4) + _SERVER_VERSION + self._random_bytes(PACKET_BYTES - 8)
        at = _digest_offset(s1, offset_at)
        return s1[:at] + _digest(s1, at, _SERVER_KEY) + s1[at + DIGEST_BYTES :]

    def _signed_s2(self, client_digest: bytes) -> bytes:
        body = self._random_bytes(PACKET_BYTES - DIGEST_BYTES)
        key = hmac.digest(_SIGNING_KEY, client_digest, hashlib.sha256)
        return body + hmac.digest(key, body, hashlib.sha256)


def _digest_offset(packet: bytes, offset_at: int) -> int:
    return offset_at + 4 + sum(packet[offset_at : offset_at + 4]) % _GAP_BYTES


def _digest(packet: bytes, at: int, key: bytes) -> bytes:
    """The HMAC of a packet without the 32 bytes where the HMAC stands."""
    return hmac.digest(key, packet[:at] + packet[at + DIGEST_BYTES :], hashlib.sha256)
