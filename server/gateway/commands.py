"""Client's commands: plain objects in, typed commands out, or a clear refusal."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from actors.room import MAX_HISTORY_MESSAGES

MAX_ID_CHARACTERS = 64
MAX_ROOM_CHARACTERS = 64
MAX_TOKEN_CHARACTERS = 4_096
DEFAULT_HISTORY_MESSAGES = 50
MAX_INT = 2**53 - 1
"""What a number of JavaScript holds exactly."""
MARK = re.compile(r"[!-~]{1,64}")
"""Printable ASCII without spaces: client_ids and epochs."""

CommandId = int | str | None


class CommandRefused(Exception):
    """A command that is not one. ``code`` is bad_request or unknown_command."""

    def __init__(self, code: str, message: str, command_id: CommandId = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.command_id = command_id


@dataclass(frozen=True, slots=True)
class Auth:
    """Say who one is."""

    token: str


@dataclass(frozen=True, slots=True)
class JoinRoom:
    """Come into a room, with the last offset seen in an epoch."""

    room: str
    after: int | None
    epoch: str | None


@dataclass(frozen=True, slots=True)
class LeaveRoom:
    """Go out of a room."""

    room: str


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Say something in a room."""

    room: str
    content: str
    client_id: str | None


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """Read what was said before an offset."""

    room: str
    before: int | None
    limit: int


@dataclass(frozen=True, slots=True)
class CountRoom:
    """Ask how many are in a room."""

    room: str


Command = Auth | JoinRoom | LeaveRoom | SendMessage | ReadHistory | CountRoom


def parse(value: object) -> tuple[CommandId, Command]:
    """Turn what a client sent into its id and the command. CommandRefused.

    Fields that no command has are passed over.
    """
    if not isinstance(value, dict):
        raise CommandRefused("bad_request", "A command is an object.")
    command_id = _command_id(value.get("id"))
    try:
        build = _BUILDERS.get(_text(value, "do", MAX_ID_CHARACTERS), _unknown)
        return command_id, build(value)
    except CommandRefused as refused:
        refused.command_id = command_id
        raise


def _auth(fields: Mapping[str, Any]) -> Command:
    return Auth(_text(fields, "token", MAX_TOKEN_CHARACTERS))


def _join(fields: Mapping[str, Any]) -> Command:
    return JoinRoom(_room(fields), _whole(fields, "after", 0), _mark(fields, "epoch"))


def _leave(fields: Mapping[str, Any]) -> Command:
    return LeaveRoom(_room(fields))


def _send(fields: Mapping[str, Any]) -> Command:
    # The room says how long a content may be; the frame's limit bounds it here.
    return SendMessage(_room(fields), _text(fields, "content", None), _mark(fields, "client_id"))


def _history(fields: Mapping[str, Any]) -> Command:
    limit = _whole(fields, "limit", 1)
    if limit is None:
        limit = DEFAULT_HISTORY_MESSAGES
    return ReadHistory(_room(fields), _whole(fields, "before", 0), min(limit, MAX_HISTORY_MESSAGES))


def _members(fields: Mapping[str, Any]) -> Command:
    return CountRoom(_room(fields))


def _unknown(fields: Mapping[str, Any]) -> Command:
    raise CommandRefused("unknown_command", "There is no such command.")


_BUILDERS: dict[str, Callable[[Mapping[str, Any]], Command]] = {
    "auth": _auth,
    "join": _join,
    "leave": _leave,
    "send": _send,
    "history": _history,
    "members": _members,
}


def _command_id(value: object) -> CommandId:
    if value is None or (type(value) is int and abs(value) <= MAX_INT):
        return value
    if isinstance(value, str) and len(value) <= MAX_ID_CHARACTERS and _is_unicode(value):
        return value
    raise CommandRefused("bad_request", "id is a whole number or a short text.")


def _room(fields: Mapping[str, Any]) -> str:
    return _text(fields, "room", MAX_ROOM_CHARACTERS)


def _text(fields: Mapping[str, Any], name: str, max_characters: int | None) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not _is_unicode(value):
        raise CommandRefused("bad_request", f"{name} is a text.")
    if max_characters is not None and len(value) > max_characters:
        raise CommandRefused("bad_request", f"{name} is too long.")
    return value


def _mark(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is None or (isinstance(value, str) and MARK.fullmatch(value)):
        return value
    raise CommandRefused("bad_request", f"{name} is 1 to 64 letters, digits or signs.")


def _whole(fields: Mapping[str, Any], name: str, least: int) -> int | None:
    value = fields.get(name)
    if value is None or (type(value) is int and least <= value <= MAX_INT):
        return value
    raise CommandRefused("bad_request", f"{name} is a whole number, {least} or more.")


def _is_unicode(text: str) -> bool:
    # JSON can escape half of a surrogate pair, which no UTF-8 can say again.
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
