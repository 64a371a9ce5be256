"""Commands out of plain objects, and encodings that hold no surprises."""

import math

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.gateway.commands import (
    Auth,
    DeleteMessage,
    EditMessage,
    JoinRoom,
    LeaveRoom,
    ListRoom,
    PinMessage,
    ReactToMessage,
    ReadHistory,
    ReportMessage,
    SendMessage,
    TellTyping,
    parse,
)
from server.gateway.encoding import JSON, MSGPACK, Malformed
from server.gateway.fields import CommandRefused


@pytest.mark.parametrize(
    ("value", "command"),
    [
        ({"do": "auth", "token": "t"}, Auth("t")),
        ({"do": "join", "room": "r"}, JoinRoom("r", None, None)),
        ({"do": "join", "room": "r", "after": 0, "epoch": "e"}, JoinRoom("r", 0, "e")),
        ({"do": "join", "room": "r", "after": None, "epoch": None}, JoinRoom("r", None, None)),
        ({"do": "leave", "room": "r"}, LeaveRoom("r")),
        ({"do": "send", "room": "r", "content": "hi"}, SendMessage("r", "hi", None)),
        ({"do": "send", "room": "r", "content": "", "client_id": "c", "user": "x"},
         SendMessage("r", "", "c")),
        ({"do": "history", "room": "r"}, ReadHistory("r", None, 50)),
        ({"do": "history", "room": "r", "before": 7, "limit": 10**9}, ReadHistory("r", 7, 100)),
        ({"do": "members", "room": "r"}, ListRoom("r")),
        ({"do": "typing", "room": "r"}, TellTyping("r")),
        ({"do": "send", "room": "r", "content": "hi", "reply_to": "m", "mentions": ["a", "b"]},
         SendMessage("r", "hi", None, "m", ("a", "b"))),
        ({"do": "edit", "room": "r", "message": "m", "content": "x"}, EditMessage("r", "m", "x")),
        ({"do": "delete", "room": "r", "message": "m"}, DeleteMessage("r", "m", None)),
        ({"do": "delete", "room": "r", "message": "m", "reason": "why"},
         DeleteMessage("r", "m", "why")),
        ({"do": "pin", "room": "r", "message": "m"}, PinMessage("r", "m", on=True)),
        ({"do": "unpin", "room": "r", "message": "m"}, PinMessage("r", "m", on=False)),
        ({"do": "react", "room": "r", "message": "m", "emoji": "👍"},
         ReactToMessage("r", "m", "👍", on=True)),
        ({"do": "unreact", "room": "r", "message": "m", "emoji": "👍"},
         ReactToMessage("r", "m", "👍", on=False)),
        ({"do": "report", "room": "r", "message": "m", "reason": "spam"},
         ReportMessage("r", "m", "spam")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command_id", [None, 0, -7, 2**53 - 1, "", "abc"])
def test_good_commands(value, command, command_id):
    assert parse({"id": command_id, **value}) == (command_id, command)


SEND = {"do": "send", "room": "r", "content": "hi"}


@pytest.mark.parametrize(
    "value",
    [
        None, 7, "send", [], [SEND], {}, {"do": None}, {"do": 7}, {"do": ["send"]},
        {"do": "auth"}, {"do": "auth", "token": 7}, {"do": "auth", "token": "x" * 5000},
        {"do": "join"}, {"do": "join", "room": 7}, {"do": "join", "room": "x" * 65},
        {"do": "join", "room": "r", "after": -1}, {"do": "join", "room": "r", "after": "1"},
        {"do": "join", "room": "r", "after": True}, {"do": "join", "room": "r", "after": 1.0},
        {"do": "join", "room": "r", "after": 2**53}, {"do": "join", "room": "r", "epoch": 7},
        {"do": "send", "room": "r"}, {**SEND, "content": b"hi"}, {**SEND, "content": "\ud83d"},
        {**SEND, "client_id": ""}, {**SEND, "client_id": "x" * 65}, {**SEND, "client_id": "a b"},
        {**SEND, "client_id": "a\n"}, {**SEND, "client_id": 7}, {**SEND, "id": 1.5},
        {**SEND, "id": True}, {**SEND, "id": []}, {**SEND, "id": "x" * 65},
        {**SEND, "id": "\ud83d"}, {**SEND, "id": 2**60}, {**SEND, "reply_to": 7},
        {**SEND, "reply_to": "a b"},
        {**SEND, "mentions": "x"}, {**SEND, "mentions": [7]}, {**SEND, "mentions": ["a b"]},
        {"do": "edit", "room": "r", "content": "x"}, {"do": "edit", "room": "r", "message": "m"},
        {"do": "delete", "room": "r", "message": "m", "reason": 7}, {"do": "pin", "room": "r"},
        {"do": "react", "room": "r", "message": "m"}, {"do": "report", "room": "r", "message": "m"},
        {"do": "history", "room": "r", "limit": 0},
    ],
)  # fmt: skip
def test_bad_commands(value):
    with pytest.raises(CommandRefused) as refused:
        parse(value)
    assert refused.value.code == "bad_request"


def test_an_unknown_command_is_answered_under_its_id():
    with pytest.raises(CommandRefused) as refused:
        parse({"id": 7, "do": "dance", "room": "r"})
    assert refused.value.code == "unknown_command"
    assert refused.value.command_id == 7


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"nul", b"NaN", b"[Infinity]", b"\xff", b"1" * 5000, b"[" * 8000, b'{"a":' * 1500],
)
def test_malformed_json(data):
    with pytest.raises(Malformed):
        JSON.loads(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"\x91" * 8000,
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\xa1\xff",
        b"\x81\x01\x01",
        msgpack.packb(list(range(100))),
        msgpack.packb({str(n): n for n in range(100)}),
        msgpack.packb(msgpack.Timestamp(1)),
        msgpack.packb(1) + b"\x01",
    ],
)
def test_malformed_msgpack(data):
    with pytest.raises(Malformed):
        MSGPACK.loads(data)


@given(st.binary(max_size=200))
@pytest.mark.parametrize("encoding", [JSON, MSGPACK])
def test_any_bytes_are_a_command_or_refused(encoding, data):
    try:
        parse(encoding.loads(data))
    except (Malformed, CommandRefused):
        return


def test_retry_after_and_numbers_survive_both_encodings():
    item = {"re": 1, "error": {"retry_after": 2.5}}
    assert JSON.loads(JSON.dumps([item])) == MSGPACK.loads(MSGPACK.dumps([item])) == [item]
    assert not math.isnan(JSON.loads(b"2.5"))
