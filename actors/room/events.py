"""What happens in a room, and what its members are told of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """A message that is committed: ``offset`` is its place in the room's order, from 1.

    ``at_ms`` is Unix time. ``client_id`` is the sender's own mark, None where there was none.
    """

    offset: int
    id: str
    user_id: str
    user_name: str
    content: str
    at_ms: int
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class MessagePosted:
    """A message has been committed."""

    room: str
    message: Message


@dataclass(frozen=True, slots=True)
class MembersCounted:
    """How many are in the room now. Sampled: a sum of joins and leaves, not one for each."""

    room: str
    count: int


@dataclass(frozen=True, slots=True)
class MemberRemoved:
    """To a member alone: it has been put out of the room. ``reason`` is a word for programs."""

    room: str
    reason: str


Push = MessagePosted | MembersCounted | MemberRemoved
