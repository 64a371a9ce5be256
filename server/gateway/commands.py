"""Client's commands: plain objects in, typed commands out, or a clear refusal."""

from collections.abc import Callable
from dataclasses import dataclass

from actors.room import MAX_HISTORY_MESSAGES
from actors.room.moderation import ModerationCommand
from server.gateway.direct import DIRECT_BUILDERS, DirectCommand
from server.gateway.fields import (
    MAX_ID_CHARACTERS,
    CommandId,
    CommandRefused,
    Fields,
    bad,
    command_id,
    mark,
    marks,
    optional_mark,
    optional_text,
    optional_whole,
    text,
)
from server.gateway.moderating import moderation
from server.gateway.watch_commands import WATCH_BUILDERS, WatchCommand

MAX_ROOM_CHARACTERS = 64
MAX_TOKEN_CHARACTERS = 4_096
MAX_EMOJI_CHARACTERS = 64
MAX_REASON_CHARACTERS = 2_000
"""The room's own bounds are narrower, and its refusals say more."""
DEFAULT_HISTORY_MESSAGES = 50


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
    client_id: str | None = None
    reply_to: str | None = None
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EditMessage:
    """Say something else instead."""

    room: str
    message: str
    content: str


@dataclass(frozen=True, slots=True)
class DeleteMessage:
    """Take a message away."""

    room: str
    message: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class PinMessage:
    """Put a message on top of the room, or (not ``on``) take it down."""

    room: str
    message: str
    on: bool


@dataclass(frozen=True, slots=True)
class ReactToMessage:
    """Put an emoji under a message, or (not ``on``) take it away."""

    room: str
    message: str
    emoji: str
    on: bool


@dataclass(frozen=True, slots=True)
class ReportMessage:
    """Tell the moderators that a message is wrong."""

    room: str
    message: str
    reason: str


@dataclass(frozen=True, slots=True)
class ModerateRoom:
    """Do what only moderators may."""

    room: str
    what: ModerationCommand


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """Read what was said before an offset."""

    room: str
    before: int | None
    limit: int


@dataclass(frozen=True, slots=True)
class TellTyping:
    """Say that one is writing."""

    room: str


@dataclass(frozen=True, slots=True)
class ListRoom:
    """Ask who is in a room, or how many."""

    room: str


TakingPart = (
    SendMessage
    | EditMessage
    | DeleteMessage
    | PinMessage
    | ReactToMessage
    | ReportMessage
    | ModerateRoom
    | TellTyping
)
"""Not for guests."""

Command = (
    Auth | JoinRoom | LeaveRoom | ReadHistory | ListRoom | TakingPart | DirectCommand | WatchCommand
)


def parse(value: object) -> tuple[CommandId, Command]:
    """Turn what a client sent into its id and the command. CommandRefused.

    Fields that no command has are passed over.
    """
    if not isinstance(value, dict):
        raise bad("A command is an object.")
    id_ = command_id(value.get("id"))
    try:
        build = _BUILDERS.get(text(value, "do", MAX_ID_CHARACTERS), _unknown)
        return id_, build(value)
    except CommandRefused as refused:
        refused.command_id = id_
        raise


def _auth(fields: Fields) -> Command:
    return Auth(text(fields, "token", MAX_TOKEN_CHARACTERS))


def _join(fields: Fields) -> Command:
    after = optional_whole(fields, "after", 0)
    return JoinRoom(_room(fields), after, optional_mark(fields, "epoch"))


def _leave(fields: Fields) -> Command:
    return LeaveRoom(_room(fields))


def _send(fields: Fields) -> Command:
    # The room says how long a content may be; the frame's limit bounds it here.
    return SendMessage(
        _room(fields),
        text(fields, "content", None),
        optional_mark(fields, "client_id"),
        optional_mark(fields, "reply_to"),
        marks(fields, "mentions"),
    )


def _edit(fields: Fields) -> Command:
    return EditMessage(_room(fields), mark(fields, "message"), text(fields, "content", None))


def _delete(fields: Fields) -> Command:
    reason = optional_text(fields, "reason", MAX_REASON_CHARACTERS)
    return DeleteMessage(_room(fields), mark(fields, "message"), reason)


def _pin(fields: Fields) -> Command:
    return PinMessage(_room(fields), mark(fields, "message"), on=True)


def _unpin(fields: Fields) -> Command:
    return PinMessage(_room(fields), mark(fields, "message"), on=False)


def _react(fields: Fields) -> Command:
    return ReactToMessage(_room(fields), mark(fields, "message"), _emoji(fields), on=True)


def _unreact(fields: Fields) -> Command:
    return ReactToMessage(_room(fields), mark(fields, "message"), _emoji(fields), on=False)


def _report(fields: Fields) -> Command:
    return ReportMessage(_room(fields), mark(fields, "message"), _reason(fields))


def _moderate(fields: Fields) -> Command:
    return ModerateRoom(_room(fields), moderation(fields))


def _history(fields: Fields) -> Command:
    limit = optional_whole(fields, "limit", 1)
    if limit is None:
        limit = DEFAULT_HISTORY_MESSAGES
    before = optional_whole(fields, "before", 0)
    return ReadHistory(_room(fields), before, min(limit, MAX_HISTORY_MESSAGES))


def _typing(fields: Fields) -> Command:
    return TellTyping(_room(fields))


def _members(fields: Fields) -> Command:
    return ListRoom(_room(fields))


def _unknown(fields: Fields) -> Command:
    raise CommandRefused("unknown_command", "There is no such command.")


_BUILDERS: dict[str, Callable[[Fields], Command]] = {
    "auth": _auth,
    "join": _join,
    "leave": _leave,
    "send": _send,
    "edit": _edit,
    "delete": _delete,
    "pin": _pin,
    "unpin": _unpin,
    "react": _react,
    "unreact": _unreact,
    "report": _report,
    "moderate": _moderate,
    "history": _history,
    "typing": _typing,
    "members": _members,
    **DIRECT_BUILDERS,
    **WATCH_BUILDERS,
}


def _room(fields: Fields) -> str:
    return text(fields, "room", MAX_ROOM_CHARACTERS)


def _emoji(fields: Fields) -> str:
    return text(fields, "emoji", MAX_EMOJI_CHARACTERS)


def _reason(fields: Fields) -> str:
    return text(fields, "reason", MAX_REASON_CHARACTERS)
