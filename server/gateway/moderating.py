"""The command ``moderate``: its action and that action's own fields."""

from collections.abc import Callable

from actors.room.moderation import (
    Approve,
    Ban,
    ChangeWords,
    LiftBan,
    LiftShadowBan,
    LiftTimeout,
    ModerationCommand,
    PurgeUser,
    Reject,
    RemoveMessage,
    SetModes,
    SetRole,
    SetSlow,
    ShadowBan,
    TimeOut,
)
from server.gateway.fields import (
    MAX_ID_CHARACTERS,
    Fields,
    bad,
    mark,
    optional_flag,
    optional_text,
    optional_whole,
    text,
    texts,
)

MAX_REASON_CHARACTERS = 2_000
"""The room's own bound is narrower, and its refusal says more."""
MAX_WORD_CHARACTERS = 200


def moderation(fields: Fields) -> ModerationCommand:
    """Read what is to be done. CommandRefused."""
    build = _ACTIONS.get(text(fields, "action", MAX_ID_CHARACTERS))
    if build is None:
        raise bad(f"action is one of {', '.join(_ACTIONS)}.")
    return build(fields)


def _delete(fields: Fields) -> ModerationCommand:
    return RemoveMessage(mark(fields, "message"), _reason(fields))


def _time_out(fields: Fields) -> ModerationCommand:
    return TimeOut(mark(fields, "user"), _seconds(fields), _reason(fields))


def _ban(fields: Fields) -> ModerationCommand:
    seconds = optional_whole(fields, "seconds", 1)
    address = bool(optional_flag(fields, "address"))
    return Ban(mark(fields, "user"), _reason(fields), seconds, address)


def _mode(fields: Fields) -> ModerationCommand:
    names = ("ticket_holders", "emote_only", "approval")
    return SetModes(**{name: optional_flag(fields, name) for name in names})


def _words(fields: Fields) -> ModerationCommand:
    add, remove = (texts(fields, name, MAX_WORD_CHARACTERS) for name in ("add", "remove"))
    return ChangeWords(add, remove)


def _role(fields: Fields) -> ModerationCommand:
    match text(fields, "role", MAX_ID_CHARACTERS):
        case "moderator":
            return SetRole(mark(fields, "user"), "moderator")
        case "member":
            return SetRole(mark(fields, "user"), "member")
        case _:
            raise bad("role is moderator or member.")


_ACTIONS: dict[str, Callable[[Fields], ModerationCommand]] = {
    "delete": _delete,
    "purge": lambda fields: PurgeUser(mark(fields, "user")),
    "timeout": _time_out,
    "untimeout": lambda fields: LiftTimeout(mark(fields, "user")),
    "ban": _ban,
    "unban": lambda fields: LiftBan(mark(fields, "user")),
    "shadowban": lambda fields: ShadowBan(mark(fields, "user"), _reason(fields)),
    "unshadowban": lambda fields: LiftShadowBan(mark(fields, "user")),
    "slow": lambda fields: SetSlow(_seconds(fields)),
    "mode": _mode,
    "words": _words,
    "role": _role,
    "approve": lambda fields: Approve(mark(fields, "pending")),
    "reject": lambda fields: Reject(mark(fields, "pending")),
}


def _seconds(fields: Fields) -> int:
    seconds = optional_whole(fields, "seconds", 0)
    if seconds is None:
        raise bad("seconds is missing.")
    return seconds


def _reason(fields: Fields) -> str:
    return optional_text(fields, "reason", MAX_REASON_CHARACTERS) or ""
