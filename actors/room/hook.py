"""Who somebody is, to a room, and what they may do in it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from storage.api import Store


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a room's door; ``user_id`` is None of a guest."""

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


class Moderation:
    """The owner, for now."""

    def __init__(self, owner: str | None) -> None:
        self._owner = owner

    @classmethod
    async def load(cls, store: Store, room_id: str) -> Self:
        """Read who the owner is. StoreUnavailable."""
        row = await store.get("streams", room_id)
        return cls(None if row is None else row.doc["owner"])

    def role_of(self, user_id: str | None) -> Role:
        """Give a user's role."""
        if user_id is None:
            return Role.GUEST
        return Role.OWNER if user_id == self._owner else Role.MEMBER
