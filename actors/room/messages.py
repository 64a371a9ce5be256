"""What a room's actor can be told and asked."""

from collections.abc import Mapping
from dataclasses import dataclass

from actors.kernel import Ask
from actors.room.archive import RoomRecord
from actors.room.events import Message
from actors.room.roster import RoomMember
from storage.api import StoreError


@dataclass(frozen=True, slots=True)
class Joined:
    """Where the room stood when the member came in: pushes go on right after ``offset``.

    ``messages`` is all after the offset the member asked for where ``recovered``, else the newest.
    """

    epoch: str
    offset: int
    recovered: bool
    messages: tuple[Message, ...]
    members: int


@dataclass(frozen=True, slots=True)
class Join(Ask[Joined]):
    """Come in, with the last offset that was seen in an epoch. RoomError not_found, room_full.

    ``user_id`` is whose member it is, None of a guest. Whether they may come in has been looked
    at before; who asks looks once more when this is answered.
    """

    member: RoomMember
    after: int | None = None
    epoch: str | None = None
    user_id: str | None = None


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
    """A message is committed."""

    offset: int
    message_id: str


@dataclass(frozen=True, slots=True)
class Send(Ask[Sent]):
    """Say something. RoomError, any of its codes.

    A resend under the same ``client_id`` is answered with the first one's offset.
    """

    user_id: str
    user_name: str
    content: str
    client_id: str | None = None


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
class Committed:
    """The commit under way has landed."""

    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class CommitFailed:
    """The commit under way has failed, or nobody knows."""

    error: StoreError


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What the store holds after a failed commit.

    ``news`` are messages past the actor's last offset; ``earlier`` has, by draft id, messages
    that were sent before under the same client_id.
    """

    record: RoomRecord
    news: tuple[Message, ...]
    earlier: Mapping[str, Message]


@dataclass(frozen=True, slots=True)
class CountDue:
    """It is time to tell the members their number."""


RoomMessage = (
    Join
    | Leave
    | PutOut
    | ListUsers
    | Send
    | History
    | CountMembers
    | Committed
    | CommitFailed
    | Reconciled
    | CountDue
)
