"""What the gateway makes of each push, in both encodings, is what the document says."""

import typing

import msgpack
import pytest
from support.chat_samples import EVENTS, PUSHES
from support.chat_schema import PUSHES as PUSH_SCHEMAS
from support.chat_schema import command_problems, item_problems

from actors.room import Push
from actors.stream import HealthNews, StreamNews
from server.gateway.encoding import JSON, MSGPACK
from server.gateway.wire import error


def test_there_is_a_sample_of_each_push():
    assert {type(event) for event in EVENTS} == set(typing.get_args(Push | StreamNews | HealthNews))


@pytest.mark.parametrize("item", PUSHES, ids=[each["push"] for each in PUSHES])
def test_each_push_is_as_documented(item):
    assert item_problems(item) == []


@pytest.mark.parametrize("item", PUSHES, ids=[each["push"] for each in PUSHES])
def test_a_field_more_or_less_or_of_another_kind_is_found(item):
    assert item_problems(item | {"more": 1})
    for name in PUSH_SCHEMAS[item["push"]]["required"]:
        assert item_problems({key: each for key, each in item.items() if key != name})
    for name, value in item.items():
        assert item_problems(item | {name: [value]})


def test_faults_within_are_found():
    (push,) = (each for each in PUSHES if each["push"] == "report")
    message = push["message"]
    for faulty in (
        message | {"at": "yesterday"},
        message | {"offset": "2"},
        message | {"offset": 0},
        message | {"offset": True},
        message | {"id": "msg_1"},
        message | {"deleted": False},
        message | {"mentions": []},
        message | {"reactions": {"🎸": 0}},
        message | {"user": message["user"] | {"address": "127.0.0.1"}},
        message | {"user": {"id": message["user"]["id"]}},
        message | {"client_id": "c-1"},
    ):
        assert item_problems(push | {"message": faulty}), faulty
    assert item_problems({"push": "rumour", "room": push["room"]})


def test_health_and_what_happened_are_apart():
    health, live = (
        next(each for each in PUSHES if each["push"] == "stream" and each["event"] == event)
        for event in ("health", "live")
    )
    assert item_problems(health | {"viewers": 3})
    assert item_problems({key: each for key, each in health.items() if key != "health"})
    assert item_problems(live | {"health": health["health"]})
    for name in ("at", "status", "on_air", "viewers"):
        assert item_problems({key: each for key, each in live.items() if key != name})
    for name in health["health"]:
        fewer = {key: each for key, each in health["health"].items() if key != name}
        assert item_problems(health | {"health": fewer})


def test_replies_are_known_by_their_command():
    assert item_problems({"re": 1, "ok": {"offset": 3}}, "edit") == []
    assert item_problems({"re": 1, "ok": {"offset": 3}}, "send")
    assert item_problems({"re": 1, "ok": {"offset": 3, "message": "msg_1"}}, "send")
    assert item_problems({"re": 1, "ok": {}, "error": {}})
    assert item_problems(error(1, "slow_mode", "Wait.", 2.55), "send") == []
    assert item_problems(error(1, "slow_mode", "Wait.", 2.55), "join")
    assert item_problems(error(1, "hurry_mode", "Run."))
    assert item_problems(error(1, "slow_mode", "Wait.", -1.0))
    assert item_problems({"re": 1.5, "ok": {}})
    assert item_problems("ok")


def test_faulty_commands_are_found():
    good = {"id": 1, "do": "moderate", "room": "r", "action": "slow", "seconds": 3}
    assert command_problems(good) == []
    for faulty in ({"seconds": 3_601}, {"action": "fast"}, {"seconds": None}, {"room": "r" * 65}):
        assert command_problems(good | faulty)


def test_both_encodings_say_the_same():
    assert JSON.loads(JSON.dumps(PUSHES)) == msgpack.unpackb(MSGPACK.dumps(PUSHES)) == PUSHES
