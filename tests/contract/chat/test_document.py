"""The chat's document against the sources, in both directions: nothing more, nothing less."""

import typing

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from support.chat_samples import PUSHES as SAMPLES
from support.chat_schema import (
    CHANNEL,
    DOCUMENT,
    OPERATIONS,
    PUSHES,
    SCHEMAS,
    command_problems,
    command_schema,
    error_codes,
    item_problems,
    problems,
    references,
    resolve,
    result_schema,
)
from support.said_in_source import codes_raised, kinds_pushed

from actors.ports import CloseReason
from actors.room.moderation import ACTIONS
from actors.stream.health.rules import RULES
from server.gateway import closing, commands, moderating
from server.gateway.encoding import ENCODINGS

SPEAKERS = (
    "actors/room/**/*.py",
    "actors/services/access_tokens.py",
    "server/gatekeeper.py",
    "server/gateway/*.py",
)
"""Whose refusals a client may get."""
ERRORS = ("RoomError", "Refusal", "CommandRefused", "AccountError", "WatchRefused")
ELSEWHERE = "actors/room/reports.py"
"""Its refusals are told over REST alone."""
NOT_FOR_GUESTS = typing.get_args(commands.TakingPart | commands.DirectCommand)


def codes_in_sources() -> set[str]:
    raised = codes_raised(ERRORS, 0, *SPEAKERS) - codes_raised(ERRORS, 0, ELSEWHERE)
    return raised | codes_raised(("error",), 1, "server/gateway/connection.py")


def test_references_lead_somewhere_and_everything_is_referred_to():
    known = set(references(DOCUMENT))
    for reference in known:
        resolve(reference)
    spoken_of = known | {"#/components/schemas/CommandFrame"}
    assert spoken_of >= {f"#/components/schemas/{name}" for name in SCHEMAS}
    assert spoken_of >= {f"#/channels/chat/messages/{name}" for name in CHANNEL["messages"]} - {
        "#/channels/chat/messages/frame"
    }


@pytest.mark.parametrize("draft", [Draft7Validator, Draft202012Validator])
def test_schemas_are_schemas_in_both_drafts(draft):
    for schema in SCHEMAS.values():
        draft.check_schema(schema)
        assert "$ref" not in schema or len(schema) == 1, "Draft 7 passes over what stands beside"


def test_commands_are_those_that_the_gateway_knows():
    assert OPERATIONS.keys() == commands._BUILDERS.keys()
    for name in OPERATIONS:
        do = command_schema(name)["properties"]["do"]
        assert do == {"const": name} or name in do["enum"]


def test_actions_are_those_that_moderators_have():
    options = command_schema("moderate")["oneOf"]
    named = {option["properties"]["action"]["const"] for option in options}
    assert named == moderating._ACTIONS.keys() == set(ACTIONS.values())


def test_error_codes_are_those_that_are_raised():
    listed = set(SCHEMAS["ErrorCode"]["enum"])
    assert listed == codes_in_sources()
    of_commands = set().union(*(error_codes(name) for name in OPERATIONS))
    assert of_commands | set(CHANNEL["x-errors"]) == listed
    for name in OPERATIONS:
        assert "bad_request" in error_codes(name)
        guests_may = issubclass(type(commands.parse(_example(name))[1]), NOT_FOR_GUESTS)
        assert ("unauthenticated" in error_codes(name)) == guests_may


def test_push_kinds_are_those_that_are_sent():
    assert PUSHES.keys() == {item["push"] for item in SAMPLES} | kinds_pushed("server/gateway/*.py")


def test_verdicts_are_those_of_the_rules():
    assert SCHEMAS["Verdict"]["properties"]["code"]["enum"] == [rule.code for rule in RULES]


def test_close_codes_are_those_that_connections_are_closed_with():
    reasons = [each for each in vars(closing).values() if isinstance(each, CloseReason)]
    sent = {(each.code, each.reason) for each in reasons if each is not closing.GONE}
    sent.add((closing.RESTART_CODE, closing.restart(7).reason.replace("7", "N")))
    assert {(each["code"], each["reason"]) for each in CHANNEL["x-close-codes"]} == sent


def test_refused_handshakes_are_those_of_the_gateway():
    of_head = codes_raised(("Refused",), 1, "server/gateway/handshake.py")
    of_address = codes_raised(("TooMuch",), 0, "server/gateway/addresses.py")
    listed = CHANNEL["x-handshake-errors"]
    assert {each["code"] for each in listed if each["status"] != 429} == of_head
    assert {each["code"] for each in listed if each["status"] == 429} == of_address


def test_subprotocols_are_those_of_the_gateway():
    headers = CHANNEL["bindings"]["ws"]["headers"]
    assert set(headers["properties"]["Sec-WebSocket-Protocol"]["enum"]) == ENCODINGS.keys()


@pytest.mark.parametrize("name", OPERATIONS)
def test_examples_of_commands_are_commands(name):
    assert command_problems(_example(name)) == []
    id_, _ = commands.parse(_example(name))
    assert id_ == 7


@pytest.mark.parametrize("name", [name for name in SCHEMAS if "examples" in SCHEMAS[name]])
def test_examples_keep_to_their_schemas(name):
    for example in SCHEMAS[name]["examples"]:
        assert problems(SCHEMAS[name], example) == []


@pytest.mark.parametrize("kind", PUSHES)
def test_pushes_have_examples(kind):
    for example in PUSHES[kind]["examples"]:
        assert item_problems(example) == []


def test_what_the_server_sends_has_no_other_fields():
    sent = [*PUSHES.values(), *(result_schema(name) for name in OPERATIONS)]
    sent += [SCHEMAS[name] for name in ("Done", "Refused", "Error", "Message", "User", "Modes")]
    objects = [each for schema in sent for each in _objects(schema)]
    open_ones = [each for each in objects if "additionalProperties" not in each]
    assert open_ones == [{"type": "object"}], "only Done's ok is open: each command has its own"


def _objects(schema):
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for name, each in schema.items():
            if name != "examples":
                yield from _objects(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _objects(each)


def _example(name):
    return CHANNEL["messages"][name]["examples"][0]["payload"]
