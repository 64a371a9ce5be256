"""The opening handshake: who is let in, and what the others are told."""

import json

import pytest

from server.door import HeadParser
from server.gateway.handshake import Refused, accept

GOOD = {
    "Host": "stage.example",
    "Connection": "keep-alive, Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "chat, bandstand.json",
}


def head(first_line="GET /ws HTTP/1.1", **changes):
    fields = GOOD | {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    parsed = HeadParser().feed("\r\n".join([first_line, *lines, "", ""]).encode())
    assert parsed is not None
    return parsed


def test_accepted_with_the_key_of_the_rfc():
    accepted = accept(head(), ())
    assert accepted.encoding.subprotocol == "bandstand.json"
    lines = accepted.response.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 101 Switching Protocols"
    assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in lines
    assert "Sec-WebSocket-Protocol: bandstand.json" in lines


def test_the_clients_first_choice_that_we_know_is_taken():
    wanted = head(Sec_WebSocket_Protocol="x, bandstand.msgpack, bandstand.json")
    assert accept(wanted, ()).encoding.subprotocol == "bandstand.msgpack"


def test_compression_is_never_accepted():
    accepted = accept(head(Sec_WebSocket_Extensions="permessage-deflate"), ())
    assert b"extensions" not in accepted.response.lower()


@pytest.mark.parametrize(
    "origin",
    [None, "https://stage.example", "HTTPS://Stage.Example", "https://other.example"],
)
def test_origins_that_are_welcome(origin):
    accept(head(Origin=origin), {"https://other.example"})


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"first_line": "POST /ws HTTP/1.1"}, 426, "upgrade_required"),
        ({"first_line": "GET /ws HTTP/1.0"}, 426, "upgrade_required"),
        ({"Upgrade": None}, 426, "upgrade_required"),
        ({"Upgrade": "h2c"}, 426, "upgrade_required"),
        ({"Connection": "close"}, 426, "upgrade_required"),
        ({"Sec_WebSocket_Version": "8"}, 426, "version_unsupported"),
        ({"Sec_WebSocket_Version": None}, 426, "version_unsupported"),
        ({"Sec_WebSocket_Key": None}, 400, "bad_request"),
        ({"Sec_WebSocket_Key": "short"}, 400, "bad_request"),
        ({"Sec_WebSocket_Key": "c2hvcnQ="}, 400, "bad_request"),
        ({"Sec_WebSocket_Protocol": None}, 400, "subprotocol_required"),
        ({"Sec_WebSocket_Protocol": "chat"}, 400, "subprotocol_required"),
        ({"Origin": "https://evil.example"}, 403, "forbidden_origin"),
        ({"Origin": "https://stage.example.evil.example"}, 403, "forbidden_origin"),
        ({"Origin": "https://stage.example:8443"}, 403, "forbidden_origin"),
        ({"Origin": "null"}, 403, "forbidden_origin"),
        ({"Origin": "http://[bad"}, 403, "forbidden_origin"),
        ({"Origin": ""}, 403, "forbidden_origin"),
    ],
)
def test_refusals(changes, status, code):
    with pytest.raises(Refused) as refused:
        accept(head(**changes), ())
    assert refused.value.status == status
    answer, _, body = refused.value.response.partition(b"\r\n\r\n")
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert f"Content-Length: {len(body)}".encode() in answer
    assert b"Connection: close" in answer
    assert json.loads(body)["error"]["code"] == code
