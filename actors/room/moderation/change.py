"""What a decision comes to, as data: the room commits it, and only then does anything of it."""

from dataclasses import dataclass

from actors.room.moderation.approval import Pending
from actors.room.moderation.modes import Modes
from actors.room.moderation.people import Role
from actors.room.moderation.rules import Rules
from actors.room.moderation.sanctions import Sanction
from storage.api import Delete, Put


@dataclass(frozen=True, slots=True)
class ModesSet:
    """Takes an offset: the modes are these."""

    modes: Modes


@dataclass(frozen=True, slots=True)
class Purged:
    """Takes an offset: all that a user said is deleted."""

    user_id: str


@dataclass(frozen=True, slots=True)
class MessageRemoved:
    """Takes an offset: a message is deleted."""

    message_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class PendingPosted:
    """Takes an offset: a message that waited is posted under its author's name."""

    pending: Pending


@dataclass(frozen=True, slots=True)
class PutOutBanned:
    """Members whom ``Moderation.check_join`` refuses now are put out."""


@dataclass(frozen=True, slots=True)
class SanctionTold:
    """To moderators and the one concerned. ``kind``: timeout, untimeout, ban or unban.

    A shadow ban is told to nobody. ``until_ms`` is Unix time, None for good or where it is over.
    """

    kind: str
    user_id: str
    name: str
    until_ms: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class PendingTold:
    """To moderators: a message waits."""

    pending: Pending


@dataclass(frozen=True, slots=True)
class PendingResolved:
    """To moderators and its author: a message waits no more.

    ``outcome``: approved, rejected or expired.
    """

    pending_id: str
    user_id: str
    outcome: str


@dataclass(frozen=True, slots=True)
class RolesChanged:
    """To moderators and the one concerned: a role is another one now, moderator or member."""

    user_id: str
    name: str
    role: Role


Effect = (
    ModesSet
    | Purged
    | MessageRemoved
    | PendingPosted
    | PutOutBanned
    | SanctionTold
    | PendingTold
    | PendingResolved
    | RolesChanged
)


@dataclass(frozen=True, slots=True)
class Change:
    """What a room's rules become, with the documents to write (the audit entry is one of them).

    ``rules`` are those after the commit of ``ops``; ``effects`` are done in their order. A command
    that finds everything as it wants it has no ops and no effects.
    """

    rules: Rules
    ops: tuple[Put | Delete, ...] = ()
    effects: tuple[Effect, ...] = ()


def told(kind: str, sanction: Sanction) -> SanctionTold:
    """Tell of a sanction; one that is lifted has no end any more."""
    until_ms = None if kind.startswith("un") else sanction.until_ms
    return SanctionTold(kind, sanction.user_id, sanction.name, until_ms, sanction.reason)
