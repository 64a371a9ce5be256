import hashlib
import hmac

import pytest

from media.rtmp.errors import ErrorCode, RtmpError
from media.rtmp.handshake import Handshake

PLAYER = b"Genuine Adobe Flash Player 001"
SERVER = b"Genuine Adobe Flash Media Server 001"
SECRET = bytes.fromhex("f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae")


def offset(packet: bytes, first: int) -> int:
    return sum(packet[first : first + 4]) % 728 + first + 4


def sign(key: bytes, packet: bytes, at: int) -> bytes:
    return hmac.new(key, packet[:at] + packet[at + 32 :], hashlib.sha256).digest()


def signed_c1(first: int) -> bytes:
    """C1 with its digest in the layout whose offset bytes begin at ``first``."""
    packet = bytes(4) + bytes((9, 0, 124, 2)) + bytes(i * 7 % 256 for i in range(1528))
    at = offset(packet, first)
    return packet[:at] + sign(PLAYER, packet, at) + packet[at + 32 :]


def answer(data: bytes, step: int | None = None) -> tuple[Handshake, bytes]:
    shake = Handshake()
    step = step or len(data)
    out = b"".join(shake.receive_data(data[at : at + step]) for at in range(0, len(data), step))
    return shake, out


@pytest.mark.parametrize("step", [None, 1, 1000])
def test_simple(step: int | None) -> None:
    c1 = bytes(8) + b"c" * 1528
    shake, out = answer(b"\x03" + c1 + b"2" * 1536, step)
    assert shake.done
    assert out[0] == 3
    assert len(out) == 3073
    assert out[5:9] == bytes(4)
    assert out[1537:] == c1
    assert shake.trailing_data() == b""


@pytest.mark.parametrize("first", [8, 772])
@pytest.mark.parametrize("step", [None, 1])
def test_digest(first: int, step: int | None) -> None:
    c1 = signed_c1(first)
    shake, out = answer(b"\x03" + c1 + bytes(1536), step)
    assert shake.done
    s1, s2 = out[1:1537], out[1537:]
    assert s1[4] >= 3
    at = offset(s1, first)
    assert s1[at : at + 32] == sign(SERVER, s1, at)
    at = offset(c1, first)
    key = hmac.new(SERVER + SECRET, c1[at : at + 32], hashlib.sha256).digest()
    assert s2[-32:] == hmac.new(key, s2[:-32], hashlib.sha256).digest()


def test_a_wrong_digest_gets_the_simple_form() -> None:
    c1 = bytearray(signed_c1(8))
    c1[-1] ^= 1
    _, out = answer(b"\x03" + bytes(c1))
    assert out[1537:] == bytes(c1)


def test_the_answer_does_not_wait_for_c2() -> None:
    shake, out = answer(b"\x03" + bytes(1536))
    assert len(out) == 3073
    assert not shake.done
    assert shake.receive_data(b"anything at all" * 200) == b""
    assert shake.done


def test_trailing_data_is_kept() -> None:
    shake, _ = answer(b"\x03" + bytes(3072) + b"next")
    assert shake.trailing_data() == b"next"


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n", b"\x06", b"\x16\x03\x01", b"\x00"])
def test_other_protocols_are_refused_at_once(data: bytes) -> None:
    with pytest.raises(RtmpError) as caught:
        Handshake().receive_data(data)
    assert caught.value.code == ErrorCode.BAD_HANDSHAKE
