"""Who somebody is, to a room, and what they are in it."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a room's door; ``user_id`` is None of a guest.

    ``address`` is the mark of the network address (see ``address_mark``), "" where none is known.
    """

    user_id: str | None
    name: str
    address: str = ""
    admin: bool = False
    holds_ticket: bool = False


GUEST = Person(None, "")


class Role(StrEnum):
    """What somebody is in a room."""

    OWNER = "owner"
    MODERATOR = "moderator"
    MEMBER = "member"
    GUEST = "guest"

    @property
    def rank(self) -> int:
        """The higher one stands above the lower one; equals do nothing to each other."""
        return _RANKS[self]

    @property
    def moderates(self) -> bool:
        """Whether this is one of those who keep order."""
        return self in (Role.OWNER, Role.MODERATOR)


_RANKS = {Role.GUEST: 0, Role.MEMBER: 1, Role.MODERATOR: 2, Role.OWNER: 3}
