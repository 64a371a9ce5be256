"""What holds in a room: who keeps order, what is laid on whom, the modes, words and the queue."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from actors.room.direct import is_direct
from actors.room.moderation.approval import Queue
from actors.room.moderation.modes import Modes
from actors.room.moderation.people import Person, Role
from actors.room.moderation.sanctions import Kind, Sanction, Sanctions, banned_addresses
from actors.room.moderation.words import WordFilter
from storage.api import Document, Put, Row

ROLES = "room_roles"
SETTINGS = "room_settings"
MAX_MODERATORS = 50


@dataclass(frozen=True, slots=True)
class Moderator:
    """Somebody whom the owner has made a moderator; ``version`` is that of the document."""

    user_id: str
    name: str
    at_ms: int
    version: int = 1


@dataclass(frozen=True)
class Rules:
    """All of it, as it is stored. ``settings_version`` is that of the modes' and words' document.

    Time is an argument of every question, for sanctions end by themselves.
    """

    room_id: str
    owner: str | None = None
    modes: Modes = field(default_factory=Modes)
    words: WordFilter = field(default_factory=WordFilter)
    settings_version: int = 0
    moderators: Mapping[str, Moderator] = field(default_factory=dict)
    sanctions: Sanctions = field(default_factory=dict)
    pending: Queue = field(default_factory=dict)

    def role_of(self, user_id: str | None) -> Role:
        """Give a user's role; None is a guest."""
        if user_id is None:
            return Role.GUEST
        if user_id == self.owner:
            return Role.OWNER
        return Role.MODERATOR if user_id in self.moderators else Role.MEMBER

    def role(self, person: Person) -> Role:
        """Give a person's role: an operator of the platform acts as the owner.

        In a direct room nobody is more than a member.
        """
        acts = person.admin and not is_direct(self.room_id)
        return Role.OWNER if acts else self.role_of(person.user_id)

    def sanction(self, user_id: str | None, kind: Kind, now_ms: int) -> Sanction | None:
        """Give what is laid on a user, unless it is over."""
        found = None if user_id is None else self.sanctions.get((user_id, kind))
        return found if found is not None and found.holds(now_ms) else None

    def ban(self, person: Person, now_ms: int) -> Sanction | None:
        """Give the ban that keeps a person out: of the user, or of all who come from there."""
        if self.role(person).moderates:
            return None
        own = self.sanction(person.user_id, Kind.BAN, now_ms)
        if own is not None:
            return own
        there = self._banned_addresses.get(person.address)
        return there if there is not None and there.holds(now_ms) else None

    def with_pending(self, queue: Queue) -> "Rules":
        """Give the rules with another queue."""
        return replace(self, pending=queue)

    @cached_property
    def _banned_addresses(self) -> dict[str, Sanction]:
        return banned_addresses(self.sanctions.values())


def put_settings(rules: Rules) -> Put:
    """Write the modes and the words over the document of ``settings_version``."""
    doc: Document = {
        "modes": rules.modes.document(),
        "words": sorted(rules.words.words),
    }
    return Put(SETTINGS, rules.room_id, doc, rules.settings_version)


def settings_of(row: Row | None) -> dict[str, Any]:
    """Read the modes and the words as fields of the rules."""
    if row is None:
        return {}
    return {
        "modes": Modes.of(row.doc["modes"]),
        "words": WordFilter(row.doc["words"]),
        "settings_version": row.version,
    }


def put_moderator(room_id: str, moderator: Moderator) -> Put:
    """Write a new moderator."""
    doc: Document = {
        "room": room_id,
        "user": moderator.user_id,
        "name": moderator.name,
        "role": Role.MODERATOR.value,
        "at": moderator.at_ms,
    }
    return Put(ROLES, f"{room_id}:{moderator.user_id}", doc, 0)


def moderator_of(row: Row) -> Moderator:
    """Read a moderator."""
    doc = row.doc
    return Moderator(doc["user"], doc["name"], doc["at"], row.version)
