"""Every number of the chat's document is the constant that the server goes by."""

import pytest
from support.chat_schema import CHANNEL, OPERATIONS, PUSHES, SCHEMAS, command_schema, result_schema

from actors.room import (
    EDIT_WINDOW_S,
    FIRST_MESSAGES,
    MAX_HISTORY_MESSAGES,
    MAX_MEMBERS,
    MAX_MESSAGE_CHARACTERS,
    amending,
    direct_blocks,
    direct_messages,
    emoji,
    limits,
    posting,
    presence,
    reactions,
    recent,
    text,
    typing,
)
from actors.room.moderation import modes, on_user, sanctions, words
from actors.stream.health.monitor import MAX_ENCODER_CHARACTERS
from server.gateway import (
    addresses,
    commands,
    connection,
    encoding,
    fields,
    inbound,
    outbox,
    registry,
    session,
    watching,
)

BOUNDS = {"minimum", "maximum", "minLength", "maxLength", "pattern", "minItems", "maxItems",
          "maxProperties"}  # fmt: skip
LIMITS = {
    "frame_bytes": inbound.MAX_FRAME_BYTES,
    "frame_fragments": inbound.MAX_FRAGMENTS,
    "malformed_commands": connection.MAX_MALFORMED_COMMANDS,
    "commands_per_s": connection.COMMANDS_PER_S,
    "burst_commands": connection.BURST_COMMANDS,
    "address_commands_per_s": addresses.COMMANDS_PER_S,
    "address_burst_commands": addresses.BURST_COMMANDS,
    "address_connections": addresses.MAX_CONNECTIONS_PER_ADDRESS,
    "address_handshakes_per_s": addresses.HANDSHAKES_PER_S,
    "address_burst_handshakes": addresses.BURST_HANDSHAKES,
    "user_connections": registry.MAX_CONNECTIONS_PER_USER,
    "rooms": session.MAX_ROOMS_PER_CONNECTION,
    "room_members": MAX_MEMBERS,
    "map_keys": encoding.MAX_MAP_KEYS,
    "list_items": encoding.MAX_LIST_ITEMS,
    "outbox_bytes": outbox.MAX_OUTBOX_BYTES,
    "ping_interval_s": connection.PING_INTERVAL_S,
    "pong_timeout_s": connection.PONG_TIMEOUT_S,
    "user_messages_per_s": limits.USER_MESSAGES_PER_S,
    "user_burst_messages": limits.USER_BURST_MESSAGES,
    "room_messages_per_s": limits.ROOM_MESSAGES_PER_S,
    "room_burst_messages": limits.ROOM_BURST_MESSAGES,
    "user_reactions_per_s": limits.USER_REACTIONS_PER_S,
    "user_burst_reactions": limits.USER_BURST_REACTIONS,
    "user_reports_per_s": limits.USER_REPORTS_PER_S,
    "user_burst_reports": limits.USER_BURST_REPORTS,
    "message_emoji": reactions.MAX_EMOJI_PER_MESSAGE,
    "message_emoji_of_user": reactions.MAX_EMOJI_PER_USER,
    "edit_window_s": EDIT_WINDOW_S,
    "pinned_messages": amending.MAX_PINNED_MESSAGES,
    "first_messages": FIRST_MESSAGES,
    "recovered_events": recent.MAX_RECOVERED_EVENTS,
    "listed_members": presence.MAX_LISTED_MEMBERS,
    "typing_members": typing.MAX_TYPING_MEMBERS,
    "user_burst_conversations": direct_messages.USER_BURST_CONVERSATIONS,
    "user_conversations_per_minute": direct_messages.USER_CONVERSATIONS_PER_S * 60,
    "watched_streams": session.MAX_WATCHED_PER_CONNECTION,
    "viewers_interval_s": watching.VIEWERS_INTERVAL_S,
}

MARK = f"^[!-~]{{1,{fields.MAX_ID_CHARACTERS}}}$"
ULID = "[0-9A-HJKMNP-TV-Z]{26}"
REASON = {"minLength": 1, "maxLength": text.MAX_REASON_CHARACTERS}
WHOLE = {"maximum": fields.MAX_INT}

HEALTH_FIGURES = {
    "IngestHealth": ("uptime_s", "reconnects", "viewers", "kbps", "jumps", "dropped_frames",
                     "long_gops", "read_lag_ms"),
    "VideoHealth": ("width", "height", "fps", "keyframe_interval_s", "kbps"),
    "AudioHealth": ("sample_rate", "channels", "kbps"),
    "HealthPoint": ("kbps", "fps", "read_lag_ms", "viewers"),
}  # fmt: skip

BOUNDS_OF = {
    "CommandFrame.do": {"maxLength": fields.MAX_ID_CHARACTERS},
    "CommandId": WHOLE | {"minimum": -fields.MAX_INT, "maxLength": fields.MAX_ID_CHARACTERS},
    "RoomName": {"maxLength": commands.MAX_ROOM_CHARACTERS},
    "Content": {"minLength": 1, "maxLength": MAX_MESSAGE_CHARACTERS},
    "ActReason": {"maxLength": on_user.MAX_REASON_CHARACTERS},
    "Words": {"maxItems": encoding.MAX_LIST_ITEMS},
    "Words[]": {"minLength": 1, "maxLength": words.MAX_WORD_CHARACTERS},
    "Mark": {"pattern": MARK},
    "OptionalMark": {"pattern": MARK},
    "Offset": WHOLE | {"minimum": 1},
    "OptionalOffset": WHOLE | {"minimum": 1},
    "Time": {"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"},
    "MessageId": {"pattern": f"^msg_{ULID}$"},
    "PendingId": {"pattern": f"^pnd_{ULID}$"},
    "UserId": {"pattern": f"^usr_{ULID}$"},
    "StreamId": {"pattern": f"^str_{ULID}$"},
    "ShowId": {"pattern": f"^shw_{ULID}$"},
    "DirectRoomId": {"pattern": f"^dmr_{ULID}$"},
    "Frame": {"minItems": 1},
    "Error.retry_after": {"minimum": 0},
    "Auth.token": {"maxLength": commands.MAX_TOKEN_CHARACTERS},
    "Join.after": WHOLE | {"minimum": 0},
    "Send.mentions": {"maxItems": posting.MAX_MENTIONS},
    "Delete.reason": REASON,
    "Reaction.emoji": {"minLength": 1, "maxLength": emoji.MAX_EMOJI_CHARACTERS},
    "Report.reason": REASON,
    "History.before": WHOLE | {"minimum": 0},
    "History.limit": WHOLE | {"minimum": 1},
    "Moderate.timeout.seconds": {"minimum": 1, "maximum": sanctions.MAX_TIMEOUT_S},
    "Moderate.ban.seconds": {"minimum": 1, "maximum": sanctions.MAX_BAN_S},
    "Moderate.slow.seconds": {"minimum": 0, "maximum": modes.MAX_SLOW_S},
    "AuthResult.limits.message_characters": {"minimum": 1},
    "AuthResult.limits.burst_messages": {"minimum": 1},
    "AuthResult.limits.rooms": {"minimum": 1},
    "JoinResult.offset": {"minimum": 0},
    "JoinResult.messages": {"maxItems": FIRST_MESSAGES},
    "JoinResult.events": {"maxItems": recent.MAX_RECOVERED_EVENTS},
    "JoinResult.members": {"minimum": 1},
    "JoinResult.pinned": {"maxItems": amending.MAX_PINNED_MESSAGES},
    "JoinResult.sanction.reason": REASON,
    "HistoryResult.messages": {"maxItems": MAX_HISTORY_MESSAGES},
    "MembersResult.count": {"minimum": 0},
    "MembersResult.members": {"maxItems": presence.MAX_LISTED_MEMBERS},
    "DmsResult.rooms": {"maxItems": direct_messages.MAX_LISTED_ROOMS},
    "BlocksResult.users": {"maxItems": direct_blocks.MAX_BLOCKS_PER_USER},
    "WatchResult.viewers": {"minimum": 0},
    "StreamPush.viewers": {"minimum": 0},
    "EditedPush.message.content": {"maxLength": MAX_MESSAGE_CHARACTERS},
    "DeletedPush.reason": REASON,
    "TypingPush.users": {"maxItems": typing.MAX_TYPING_NAMES},
    "MembersPush.count": {"minimum": 0},
    "SanctionPush.reason": REASON,
    "ReportPush.reason": REASON,
    "Message.content": {"maxLength": MAX_MESSAGE_CHARACTERS},
    "Message.mentions": {"minItems": 1, "maxItems": posting.MAX_MENTIONS},
    "Modes.slow_s": {"minimum": 0, "maximum": modes.MAX_SLOW_S},
    "ReactionCounts": {"maxProperties": reactions.MAX_EMOJI_PER_MESSAGE},
    "ReactionCounts{}": {"minimum": 1},
    "IngestHealth.encoder": {"maxLength": MAX_ENCODER_CHARACTERS},
    **{f"{of}.{each}": {"minimum": 0} for of, names in HEALTH_FIGURES.items() for each in names},
}
"""By place in the document. All that are there stand here."""


def test_limits_are_the_servers():
    assert CHANNEL["x-limits"] == LIMITS


def test_bounds_are_the_servers():
    found = {}
    for name, schema in SCHEMAS.items():
        found |= _bounds(schema, name)
    assert found == BOUNDS_OF


def test_the_default_of_history_is_the_servers():
    default = SCHEMAS["History"]["properties"]["limit"]["default"]
    _, command = commands.parse({"do": "history", "room": "r"})
    assert command.limit == default == commands.DEFAULT_HISTORY_MESSAGES


@pytest.mark.parametrize("name", OPERATIONS)
def test_fields_that_are_required_are_and_others_are_not(name):
    """The sources' own reading of each command against the document's."""
    schema = command_schema(name)
    example = CHANNEL["messages"][name]["examples"][0]["payload"]
    options = schema.get("oneOf", [{}])
    required = set(schema["required"]).union(options[0].get("required", ()))
    for field in schema["properties"]:
        smaller = {key: each for key, each in example.items() if key != field}
        if field in required:
            with pytest.raises(fields.CommandRefused):
                commands.parse(smaller)
        else:
            commands.parse(smaller)
            commands.parse(smaller | {field: None})


@pytest.mark.parametrize("name", OPERATIONS)
def test_texts_past_their_length_and_of_other_types_are_refused(name):
    example = CHANNEL["messages"][name]["examples"][0]["payload"]
    for field in command_schema(name)["properties"].keys() - {"do", "action"}:
        for wrong in (1.5, {"a": 1}, "x" * 5_000 if field != "content" else 3):
            with pytest.raises(fields.CommandRefused) as refused:
                commands.parse(example | {field: wrong})
            assert refused.value.code == "bad_request"


def test_every_result_and_push_stands_in_the_schemas():
    named = [SCHEMAS[f"{kind.title()}Push"] for kind in PUSHES]
    assert named == list(PUSHES.values())
    assert all(result_schema(name) in SCHEMAS.values() for name in OPERATIONS)


def _bounds(schema, at):
    """Give the bounds in a schema by their places; a list's own items have the place ``[]``."""
    found = {}
    mine = {word: schema[word] for word in schema.keys() & BOUNDS}
    if mine:
        found[at] = mine
    for name, each in schema.get("properties", {}).items():
        found |= _bounds(each, f"{at}.{name}")
    for option in schema.get("oneOf", ()):
        action = option.get("properties", {}).get("action", {}).get("const")
        found |= _bounds(option, at if action is None else f"{at}.{action}")
    for word, sign in (("items", "[]"), ("additionalProperties", "{}")):
        if isinstance(schema.get(word), dict):
            found |= _bounds(schema[word], at + sign)
    return found
