"""What a room's actor tells itself: how a child task went, and that it is time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.api import StoreError

if TYPE_CHECKING:
    from actors.room.drafts import Commit, Landed
    from actors.room.events import Message
    from actors.room.messages import Report
    from actors.room.purges import Purge
    from actors.room.reactions import BatchOutcome
    from actors.room.state import RoomState


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

    report: "Report"
    message: "Message"


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """What a purge hid is blank in the store."""

    user_id: str
    purge: "Purge"


@dataclass(frozen=True, slots=True)
class TickDue:
    """It is time for the next commit."""


@dataclass(frozen=True, slots=True)
class CountDue:
    """It is time to tell the members their number."""


@dataclass(frozen=True, slots=True)
class TypingDue:
    """It is time to tell who is writing."""


Outcome = (
    Committed
    | CommitFailed
    | Reconciled
    | ReactionsWritten
    | Reported
    | Scrubbed
    | TickDue
    | CountDue
    | TypingDue
)
