"""What a room's actor can be told and asked."""

from collections.abc import Mapping
from dataclasses import dataclass

from actors.kernel import Ask
from actors.room.events import Event, Message, ReactionCounts
from actors.room.moderation import (
    GUEST,
    ModerationCommand,
    Modes,
    Person,
    RemoveMessage,
    Sanction,
)
from actors.room.outcomes import Outcome
from actors.room.roster import RoomMember


@dataclass(frozen=True, slots=True)
class Joined:
    """Where the room stood when the member came in: pushes go on right after ``offset``.

    Where ``recovered``, ``events`` is all after the offset that the member asked for, and ``sums``
    are the reactions that may have changed since; else ``messages`` are the newest.
    """

    epoch: str
    offset: int
    recovered: bool
    messages: tuple[Message, ...]
    events: tuple[Event, ...]
    sums: Mapping[str, ReactionCounts]
    members: int
    pinned: tuple[Message, ...]
    modes: Modes
    role: str | None
    sanction: Sanction | None


@dataclass(frozen=True, slots=True)
class Join(Ask[Joined]):
    """Come in, with the last offset that was seen in an epoch. RoomError not_found, room_full.

    ``by`` is whose member it is. Whether they may come in has been looked at before; who asks
    looks once more when this is answered.
    """

    member: RoomMember
    after: int | None = None
    epoch: str | None = None
    by: Person = GUEST


@dataclass(frozen=True, slots=True)
class Leave(Ask[None]):
    """Go; fine for one who is not in."""

    member: RoomMember


@dataclass(frozen=True, slots=True)
class PutOut(Ask[None]):
    """Put all of a user's members out (None: the guests); fine where there are none.

    Each is told ``reason``. Answered once they are out.
    """

    user_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class ListUsers(Ask[frozenset[str | None]]):
    """Whose members are in; None stands for the guests."""


@dataclass(frozen=True, slots=True)
class ReadBlocks(Ask[None]):
    """Go by the blocks that are stored now; answered once the room does. For direct rooms."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message is committed, or waits for a moderator as ``pending``.

    One that has an id and no offset has no place in the order: nobody but its author sees it.
    """

    offset: int | None
    message_id: str | None
    pending: str | None = None


@dataclass(frozen=True, slots=True)
class Send(Ask[Sent]):
    """Say something. RoomError, any of its codes.

    A resend under the same ``client_id`` is answered with the first one's offset.
    """

    by: Person
    content: str
    client_id: str | None = None
    reply_to: str | None = None
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit(Ask[int | None]):
    """Have a message of one's own say something else; gives the offset of this.

    RoomError message_not_found, forbidden, too_old, and what a send is refused with.
    """

    by: Person
    message_id: str
    content: str


@dataclass(frozen=True, slots=True)
class Delete(Ask[int | None]):
    """Have a message say nothing any more; gives the offset of this.

    RoomError message_not_found, forbidden.
    """

    by: Person
    message_id: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Pin(Ask[int | None]):
    """Put a message on top, or (not ``on``) take it down; gives the offset, None without a change.

    RoomError message_not_found, forbidden, too_many_pins.
    """

    by: Person
    message_id: str
    on: bool


@dataclass(frozen=True, slots=True)
class React(Ask[None]):
    """Put an emoji under a message, or (not ``on``) take one's own away; fine if it is so.

    RoomError message_not_found, bad_emoji, too_many_reactions, rate_limited.
    """

    by: Person
    message_id: str
    emoji: str
    on: bool


@dataclass(frozen=True, slots=True)
class Report(Ask[None]):
    """Tell the moderators that a message is wrong. RoomError message_not_found, rate_limited."""

    by: Person
    message_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Moderate(Ask[int | None]):
    """Do what only moderators may; gives its offset, None of what has none, or changes nothing.

    RoomError forbidden, message_not_found, too_many_purges, and the others of
    ``Moderation.decide``.
    """

    by: Person
    command: ModerationCommand


@dataclass(frozen=True, slots=True)
class NoteTyping(Ask[None]):
    """Somebody is writing something."""

    by: Person


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Messages in their order; ``more`` tells whether there are earlier ones."""

    messages: tuple[Message, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class History(Ask[HistoryPage]):
    """The last ``limit`` messages before an offset (None: the newest). RoomError banned, busy."""

    before: int | None
    limit: int
    by: Person = GUEST


@dataclass(frozen=True, slots=True)
class CountMembers(Ask[int]):
    """How many are in the room. RoomError not_found, banned."""

    by: Person = GUEST


@dataclass(frozen=True, slots=True)
class Listed:
    """One of the users in a room; ``role`` is None of a plain member."""

    user_id: str
    name: str
    role: str | None


@dataclass(frozen=True, slots=True)
class MemberList:
    """How many are in, and, where they are few, those of them who are no guests."""

    count: int
    users: tuple[Listed, ...] | None


@dataclass(frozen=True, slots=True)
class ListMembers(Ask[MemberList]):
    """Who is in the room. RoomError not_found, banned."""

    by: Person = GUEST


@dataclass(frozen=True, slots=True)
class Found:
    """A question about a message that was not in memory, with the message.

    Or a command on a user whom the room does not know, with the last message of theirs, if any.
    """

    question: "OnMessage"
    message: Message | None


OnMessage = Send | Edit | Delete | Pin | React | Report | Moderate
"""Questions that may be about a message that exists: a send where it is a reply, for one."""


def message_of(question: OnMessage) -> str | None:
    """Give the id of the message that a question is about, if it is about one."""
    match question:
        case Send(reply_to=message_id):
            return message_id
        case Moderate(command=RemoveMessage(message_id)):
            return message_id
        case Moderate():
            return None
        case _:
            return question.message_id


Question = (
    Join
    | Leave
    | PutOut
    | ListUsers
    | ReadBlocks
    | OnMessage
    | NoteTyping
    | History
    | CountMembers
    | ListMembers
)

RoomMessage = Question | Found | Outcome
