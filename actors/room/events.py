"""What happens in a room, and what its members are told of it.

Every durable event has the next ``offset`` of the room's order, and an ``id``, which is that of
its document. The pushes further down have neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from actors.room.moderation import Pending

ReactionCounts = Mapping[str, int]
"""How often each emoji was put under a message."""


@dataclass(frozen=True, slots=True)
class By:
    """Who did it."""

    user_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message in its present state: ``offset`` is its place in the room's order, from 1.

    Times are Unix time. ``client_id`` is the sender's own mark, None where there was none. ``role``
    is the sender's at that time, None of a plain member. A deleted one has no content. ``address``
    is the mark of where it came from, by which a ban reaches its sender; it is told to nobody.
    ``version`` is that of its document.
    """

    offset: int
    id: str
    user_id: str
    user_name: str
    content: str
    at_ms: int
    client_id: str | None = None
    role: str | None = None
    reply_to: str | None = None
    mentions: tuple[str, ...] = ()
    edited_at_ms: int | None = None
    deleted: bool = False
    reactions: tuple[tuple[str, int], ...] = ()
    address: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class MessagePosted:
    """A message has been committed."""

    room: str
    message: Message

    @property
    def offset(self) -> int:
        """The message's own."""
        return self.message.offset

    @property
    def id(self) -> str:
        """The message's own."""
        return self.message.id


@dataclass(frozen=True, slots=True)
class MessageEdited:
    """A message says something else now."""

    room: str
    offset: int
    id: str
    message: Message
    by: By


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """A message says nothing any more."""

    room: str
    offset: int
    id: str
    message_id: str
    by: By
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class UserPurged:
    """All of a user's messages with an offset below ``before`` are deleted."""

    room: str
    offset: int
    id: str
    user_id: str
    before: int
    by: By


@dataclass(frozen=True, slots=True)
class MessagePinned:
    """A message stands on top of the room now."""

    room: str
    offset: int
    id: str
    message: Message
    by: By


@dataclass(frozen=True, slots=True)
class MessageUnpinned:
    """A message does not stand on top any more."""

    room: str
    offset: int
    id: str
    message_id: str
    by: By


@dataclass(frozen=True, slots=True)
class ModesChanged:
    """The room's modes are these now, all of them: a JSON object."""

    room: str
    offset: int
    id: str
    modes: Mapping[str, int | bool]
    by: By


Event = (
    MessagePosted
    | MessageEdited
    | MessageDeleted
    | UserPurged
    | MessagePinned
    | MessageUnpinned
    | ModesChanged
)
"""What takes an offset, and is never lost."""


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


@dataclass(frozen=True, slots=True)
class ReactionsSummed:
    """The reactions under some messages, by message id, are these now."""

    room: str
    sums: Mapping[str, ReactionCounts]


@dataclass(frozen=True, slots=True)
class UsersTyping:
    """Who has been writing something in the last seconds. Sampled, and only the first few."""

    room: str
    users: tuple[By, ...]


@dataclass(frozen=True, slots=True)
class ShadowPosted:
    """To the sender alone, who shall not notice that nobody else sees the message."""

    room: str
    message: Message


@dataclass(frozen=True, slots=True)
class DirectPosted:
    """To the two of a direct room where they are not in it: a message is committed there."""

    room: str
    message: Message


@dataclass(frozen=True, slots=True)
class ReportMade:
    """To moderators: somebody finds a message wrong."""

    room: str
    message: Message
    by: By
    reason: str


@dataclass(frozen=True, slots=True)
class Sanctioned:
    """To moderators and the user: a sanction is laid, or (un…) lifted. ``until_ms`` None: for good.

    ``kind`` is timeout, untimeout, ban or unban.
    """

    room: str
    kind: str
    user: By
    until_ms: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class RoleChanged:
    """To a user: they are ``moderator`` or ``member`` now; to moderators with which ``user``."""

    room: str
    role: str
    user: By | None = None


@dataclass(frozen=True, slots=True)
class MessageHeld:
    """To moderators: a message waits for one of them."""

    room: str
    pending: Pending


@dataclass(frozen=True, slots=True)
class HeldResolved:
    """To moderators: a message waits no more. ``outcome`` is approved, rejected or expired."""

    room: str
    pending_id: str
    outcome: str


Push = (
    Event
    | MembersCounted
    | MemberRemoved
    | ReactionsSummed
    | UsersTyping
    | ShadowPosted
    | DirectPosted
    | ReportMade
    | Sanctioned
    | RoleChanged
    | MessageHeld
    | HeldResolved
)
