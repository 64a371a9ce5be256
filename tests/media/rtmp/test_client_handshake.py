import pytest

from media.rtmp.client_handshake import ClientHandshake
from media.rtmp.errors import ErrorCode, RtmpError
from media.rtmp.handshake import Handshake


@pytest.mark.parametrize("step", [1, 100, 5000])
def test_with_our_own_server(step: int) -> None:
    client, server = ClientHandshake(lambda size: b"c" * size), Handshake()
    answer = server.receive_data(client.hello) + b"more"
    sent = b""
    for at in range(0, len(answer), step):
        sent += client.receive_data(answer[at : at + step])
    assert client.done
    server.receive_data(sent)
    assert server.done
    assert client.trailing_data() == b"more"[: len(client.trailing_data())]
    assert sent == answer[1:1537]


def test_c2_is_sent_before_s2_has_come() -> None:
    client = ClientHandshake()
    assert client.receive_data(b"\x03" + bytes(1535)) == b""
    assert client.receive_data(b"!") == bytes(1535) + b"!"
    assert client.receive_data(b"S2") == b""
    assert not client.done


def test_what_is_no_rtmp() -> None:
    with pytest.raises(RtmpError) as caught:
        ClientHandshake().receive_data(b"\x06")
    assert caught.value.code is ErrorCode.BAD_HANDSHAKE
