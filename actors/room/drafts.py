"""Events that are not committed yet."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from actors.kernel import Reply
from actors.room.archive import EVENTS, RoomRecord
from actors.room.errors import RoomError
from actors.room.events import Event, Message, MessagePosted
from actors.room.messages import Sent
from actors.room.moderation import Change
from actors.room.state import RoomState
from storage import MAX_COMMIT_OPS, Delete, Put

MAX_WAITING_DRAFTS = 1_000
MAX_COMMIT_CHANGES = MAX_COMMIT_OPS - 1
"""The room's record goes along in every commit."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a draft comes to, in the commit that takes it.

    ``amended`` are messages as they become, each at the version that it is stored at. ``pinned``
    are all pins after it, None where they stay. ``ops`` are other documents of the same commit,
    ``change`` is what the room's rules become by them.
    """

    events: tuple[Event, ...] = ()
    amended: tuple[Message, ...] = ()
    pinned: tuple[str, ...] | None = None
    ops: tuple[Put | Delete, ...] = ()
    change: Change | None = None

    @property
    def changes(self) -> int:
        """How many documents it writes."""
        return len(self.events) + len(self.amended) + len(self.ops)


@dataclass(frozen=True, slots=True)
class Landed:
    """Where a draft was found in the store; an offset of None if it has no event."""

    offset: int | None
    message_id: str


@dataclass(slots=True, kw_only=True, eq=False)
class Draft(ABC):
    """Something on its way into the order, and all who wait for it.

    ``id`` is of the document that proves that it has landed: its event's, in ``collection``.
    ``client_key`` is a user and the client_id under which it may be sent again.
    """

    id: str
    replies: list[Reply[Any]] = field(default_factory=list)
    attempts: int = 0
    client_key: tuple[str, str] | None = None
    collection: str = EVENTS
    alone: bool = False
    """Whether no other draft may be in its commit."""

    @property
    def touches(self) -> frozenset[str]:
        """What it amends: two drafts that touch the same go into different commits."""
        return frozenset()

    @abstractmethod
    def step(self, offset: int, state: RoomState) -> Step:
        """Decide, on the state right before it, what it comes to; ``offset`` is the next one.

        RoomError where it may not be.
        """

    def done(self, step: Step) -> None:
        """It is committed: answer all who wait."""
        offset = step.events[-1].offset if step.events else None
        self.answer(Landed(offset, self.id))

    def answer(self, landed: Landed) -> None:
        """Tell all who wait where it is."""
        for reply in self.replies:
            reply.answer(landed.offset)

    def refuse(self, error: Exception) -> None:
        """Tell all who wait that it is not."""
        for reply in self.replies:
            reply.refuse(error)


@dataclass(slots=True, kw_only=True, eq=False)
class Post(Draft):
    """A message; its offset is still to come."""

    message: Message

    def step(self, offset: int, state: RoomState) -> Step:
        """It takes the next offset, whatever happened before it."""
        m = self.message
        placed = Message(
            offset, m.id, m.user_id, m.user_name, m.content, m.at_ms, m.client_id, m.role,
            m.reply_to, m.mentions, address=m.address,
        )  # fmt: skip
        return Step((MessagePosted(state.room_id, placed),))

    def answer(self, landed: Landed) -> None:
        """Tell all who wait where it is."""
        for reply in self.replies:
            reply.answer(Sent(landed.offset, landed.message_id))


@dataclass(frozen=True, slots=True)
class Commit:
    """Steps that are committed together; ``after`` is the room's record then."""

    after: RoomRecord
    steps: tuple[Step, ...]

    @property
    def events(self) -> tuple[Event, ...]:
        """All events, in their order."""
        return tuple(event for step in self.steps for event in step.events)

    @property
    def amended(self) -> tuple[Message, ...]:
        """All messages that are other ones now."""
        return tuple(message for step in self.steps for message in step.amended)

    @property
    def ops(self) -> tuple[Put | Delete, ...]:
        """All other documents."""
        return tuple(op for step in self.steps for op in step.ops)

    @property
    def changes(self) -> tuple[Change, ...]:
        """What the room's rules become."""
        return tuple(step.change for step in self.steps if step.change is not None)


class Drafts:
    """The drafts that wait, in order, and those of the commit under way."""

    def __init__(self) -> None:
        self.under_way: list[Draft] = []
        self._waiting: deque[Draft] = deque()
        self._by_client: dict[tuple[str, str], Draft] = {}

    def __len__(self) -> int:
        return len(self._waiting) + len(self.under_way)

    @property
    def full(self) -> bool:
        """Whether as many wait as may."""
        return len(self._waiting) >= MAX_WAITING_DRAFTS

    def add(self, draft: Draft) -> None:
        """Let a draft wait."""
        self._waiting.append(draft)
        if draft.client_key is not None:
            self._by_client[draft.client_key] = draft

    def sent_as(self, user_id: str, client_id: str) -> Draft | None:
        """Give the draft that a user sent under this client_id."""
        return self._by_client.get((user_id, client_id))

    def begin(self, state: RoomState) -> tuple[Step, ...]:
        """Take what fits in one commit on this state; refuse on the way what may not be."""
        offset = state.record.last_offset + 1
        steps: list[Step] = []
        changes = 0
        touched: set[str] = set()
        while self._waiting and not (self.under_way and self._keeps_apart(touched)):
            draft = self._waiting[0]
            try:
                step = draft.step(offset, state)
            except RoomError as error:
                self._refuse(self._waiting.popleft(), error)
                continue
            if self.under_way and changes + step.changes > MAX_COMMIT_CHANGES:
                break
            self.under_way.append(self._waiting.popleft())
            steps.append(step)
            touched |= draft.touches
            offset += len(step.events)
            changes += step.changes
        return tuple(steps)

    def land(self, steps: Sequence[Step]) -> None:
        """The commit under way came to these steps: answer each."""
        for draft, step in zip(self.under_way, steps, strict=True):
            self._forget(draft)
            draft.done(step)
        self.under_way = []

    def settle(self, draft: Draft, landed: Landed) -> None:
        """This draft of the commit under way turned out to be in the store already."""
        self.under_way.remove(draft)
        self._forget(draft)
        draft.answer(landed)

    def wait_again(self, max_attempts: int, error: RoomError) -> None:
        """Put the commit under way back to the front, but refuse what has failed too often."""
        for draft in reversed(self.under_way):
            draft.attempts += 1
            if draft.attempts < max_attempts:
                self._waiting.appendleft(draft)
            else:
                self._refuse(draft, error)
        self.under_way = []

    def refuse_all(self, error: RoomError) -> None:
        """Refuse what waits and what is under way."""
        drafts: Iterable[Draft] = (*self.under_way, *self._waiting)
        for draft in drafts:
            self._refuse(draft, error)
        self.under_way = []
        self._waiting.clear()

    def _keeps_apart(self, touched: set[str]) -> bool:
        """Whether the next draft may not go together with those of the commit that begins."""
        draft = self._waiting[0]
        return draft.alone or self.under_way[-1].alone or not touched.isdisjoint(draft.touches)

    def _refuse(self, draft: Draft, error: RoomError) -> None:
        self._forget(draft)
        draft.refuse(error)

    def _forget(self, draft: Draft) -> None:
        if draft.client_key is not None:
            del self._by_client[draft.client_key]
