"""What a room's actor can be told and asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actors.kernel import Ask
from actors.room.events import Event, Message, ReactionCounts
from actors.room.hook import GUEST, Person
from actors.room.roster import RoomMember
from storage.api import StoreError

if TYPE_CHECKING:
    from actors.room.drafts import Commit, Landed
    from actors.room.reactions import BatchOutcome
    from actors.room.state import RoomState


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
    role: str | None


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
class Sent:
    """A message is committed. Without an offset it has no place in the order: a shadow."""

    offset: int | None
    message_id: str


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
    """The last ``limit`` messages before an offset (None: the newest). RoomError."""

    before: int | None
    limit: int


@dataclass(frozen=True, slots=True)
class CountMembers(Ask[int]):
    """How many are in the room. RoomError not_found."""


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
    """Who is in the room. RoomError not_found."""


@dataclass(frozen=True, slots=True)
class Found:
    """A question about a message that was not in memory, with the message."""

    question: "OnMessage"
    message: Message


@dataclass(frozen=True, slots=True)
class Committed:
    """The commit under way has landed."""

    commit: "Commit"


@dataclass(frozen=True, slots=True)
class CommitFailed:
    """The commit under way has failed, or nobody knows."""

    error: StoreError


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What the store holds after a failed commit, and, by draft id, which drafts it has."""

    state: "RoomState"
    landed: Mapping[str, "Landed"]


@dataclass(frozen=True, slots=True)
class ReactionsWritten:
    """A batch of reactions has been written, or has failed."""

    outcome: "BatchOutcome"


@dataclass(frozen=True, slots=True)
class Reported:
    """A report is stored."""

    report: Report
    message: Message


@dataclass(frozen=True, slots=True)
class TickDue:
    """It is time for the next commit."""


@dataclass(frozen=True, slots=True)
class CountDue:
    """It is time to tell the members their number."""


@dataclass(frozen=True, slots=True)
class TypingDue:
    """It is time to tell who is writing."""


OnMessage = Send | Edit | Delete | Pin | React | Report
"""Questions that are about a message that exists; a send where it is a reply."""

Outcome = (
    Committed
    | CommitFailed
    | Reconciled
    | ReactionsWritten
    | Reported
    | TickDue
    | CountDue
    | TypingDue
)
"""What a room tells itself: how a child task went, and that it is time."""

Question = (
    Join
    | Leave
    | PutOut
    | ListUsers
    | OnMessage
    | NoteTyping
    | History
    | CountMembers
    | ListMembers
)

RoomMessage = Question | Found | Outcome
