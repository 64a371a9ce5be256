"""What a moderator can have done."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class RemoveMessage:
    """Have a message say nothing any more."""

    message: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PurgeUser:
    """Delete all that a user has said."""

    user: str


@dataclass(frozen=True, slots=True)
class TimeOut:
    """Have a user be silent for some seconds."""

    user: str
    seconds: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LiftTimeout:
    """Let a user speak again."""

    user: str


@dataclass(frozen=True, slots=True)
class Ban:
    """Put a user out, for some seconds or for good; with ``address``, all who come from there."""

    user: str
    reason: str = ""
    seconds: int | None = None
    address: bool = False


@dataclass(frozen=True, slots=True)
class LiftBan:
    """Let a user come in again, and who comes from the same address."""

    user: str


@dataclass(frozen=True, slots=True)
class ShadowBan:
    """Have a user speak to nobody, without noticing."""

    user: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LiftShadowBan:
    """Let everybody hear a user again."""

    user: str


@dataclass(frozen=True, slots=True)
class SetSlow:
    """Have users wait between their messages; 0 for no more."""

    seconds: int


@dataclass(frozen=True, slots=True)
class SetModes:
    """Turn modes on or off; None leaves one as it is."""

    ticket_holders: bool | None = None
    emote_only: bool | None = None
    approval: bool | None = None


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """Put words on the list of those that nobody may write, or take them off."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetRole:
    """Make a user a moderator, or a plain member again."""

    user: str
    role: Literal["moderator", "member"]


@dataclass(frozen=True, slots=True)
class Approve:
    """Let a message that waits pass."""

    pending: str


@dataclass(frozen=True, slots=True)
class Reject:
    """Drop a message that waits."""

    pending: str


OnUser = PurgeUser | TimeOut | LiftTimeout | Ban | LiftBan | ShadowBan | LiftShadowBan | SetRole
"""What is done to a user."""

ModerationCommand = OnUser | RemoveMessage | SetSlow | SetModes | ChangeWords | Approve | Reject

ACTIONS: dict[type, str] = {
    RemoveMessage: "delete",
    PurgeUser: "purge",
    TimeOut: "timeout",
    LiftTimeout: "untimeout",
    Ban: "ban",
    LiftBan: "unban",
    ShadowBan: "shadowban",
    LiftShadowBan: "unshadowban",
    SetSlow: "slow",
    SetModes: "mode",
    ChangeWords: "words",
    SetRole: "role",
    Approve: "approve",
    Reject: "reject",
}
"""Their names on the wire and in the audit log."""
