"""Replies that many clients get: the same as if each were encoded alone, and encoded once."""

import json
from dataclasses import replace

import msgpack
import pytest

from actors.room import HistoryPage, Joined, Message, MessageDeleted, MessagePosted
from actors.room.events import By
from actors.room.moderation.modes import Modes
from server.gateway import JSON, MSGPACK, encoding, wire

ROOM = "str_" + "0" * 26
HELLO = Message(1, "msg_" + "1" * 26, "usr_" + "1" * 26, "Ada", "héllo ☃", 1_700_000_000_000)
EVENTS = (
    MessagePosted(ROOM, HELLO),
    MessageDeleted(ROOM, 2, "evt_" + "0" * 26, "msg_" + "0" * 26, By("usr_" + "1" * 26, "Ada")),
)
LIMIT = 5


def joined(messages=(), events=(), pinned=()):
    modes, recovered = Modes(), bool(events)
    return Joined("epoch", 3, recovered, messages, events, {}, 2, pinned, modes, None, None)


def alone(item):
    """The item as it would be without anything shared."""
    result = {
        name: [wire.told(thing) for thing in value.things]
        if isinstance(value, wire.Told)
        else value
        for name, value in item["ok"].items()
    }
    return {**item, "ok": result}


def payload(frame):
    return frame[2:] if frame[1] < 126 else frame[4:]


def decoded(subprotocol, frame):
    """What a client makes of a frame; with no limits, as those are for what clients send."""
    loads = json.loads if subprotocol is JSON else msgpack.unpackb
    return loads(payload(frame))


@pytest.mark.parametrize("subprotocol", [JSON, MSGPACK])
@pytest.mark.parametrize("id_", [7, "seven", None])
@pytest.mark.parametrize(
    "result",
    [
        wire.joined(ROOM, joined()),
        wire.joined(ROOM, joined((HELLO,), (), (HELLO,))),
        wire.joined(ROOM, joined((), EVENTS)),
        wire.joined(ROOM, joined(tuple(replace(HELLO, offset=n) for n in range(1, 40)))),
        wire.history(ROOM, HistoryPage((HELLO, HELLO), more=True)),
        {"room": ROOM},
        {},
    ],
)
def test_a_reply_says_what_it_would_say_alone(subprotocol, id_, result):
    item = wire.ok(id_, result)
    for _ in range(2):  # also when it is encoded already
        assert decoded(subprotocol, subprotocol.reply(item)) == [alone(item)]


@pytest.mark.parametrize("subprotocol", [JSON, MSGPACK])
def test_an_error_is_a_reply(subprotocol):
    item = wire.error(7, "slow_mode", "Not so fast.", 2.5)
    assert decoded(subprotocol, subprotocol.reply(item)) == [item]


def test_a_thing_is_encoded_once_until_it_changes(monkeypatch):
    made = []
    monkeypatch.setattr(wire, "told", lambda thing: made.append(thing) or {"id": thing.offset})
    message = replace(HELLO)
    for _ in range(3):
        JSON.reply(wire.ok(1, wire.joined(ROOM, joined((message,)))))
    assert len(made) == 1
    edited = replace(message, content="hullo")
    JSON.reply(wire.ok(1, wire.joined(ROOM, joined((edited,)))))
    assert made[1:] == [edited]


def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr(encoding, "MAX_KEPT_THINGS", LIMIT)
    JSON._kept.clear()
    for number in range(1, 4 * LIMIT):
        message = replace(HELLO, offset=number)
        reply = JSON.reply(wire.ok(1, wire.joined(ROOM, joined((message,)))))
        assert decoded(JSON, reply)[0]["ok"]["messages"][0]["offset"] == number
        assert len(JSON._kept) <= LIMIT
