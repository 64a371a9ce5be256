"""Messages that are not committed yet."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from actors.kernel import Reply
from actors.room.errors import RoomError
from actors.room.events import Message
from actors.room.messages import Sent
from storage import MAX_COMMIT_OPS

MAX_WAITING_DRAFTS = 1_000
MAX_COMMIT_MESSAGES = MAX_COMMIT_OPS - 1
"""The room's record goes along in every commit."""


@dataclass(slots=True)
class Draft:
    """A message on its way to the store, and all who wait for its offset."""

    id: str
    user_id: str
    user_name: str
    content: str
    at_ms: int
    client_id: str | None
    replies: list[Reply[Sent]] = field(default_factory=list)
    attempts: int = 0

    def at(self, offset: int) -> Message:
        """Give the message that this is once it is committed."""
        return Message(
            offset,
            self.id,
            self.user_id,
            self.user_name,
            self.content,
            self.at_ms,
            self.client_id,
        )

    def answer(self, message: Message) -> None:
        """Tell all who wait where it is."""
        for reply in self.replies:
            reply.answer(Sent(message.offset, message.id))

    def refuse(self, error: RoomError) -> None:
        """Tell all who wait that it is not."""
        for reply in self.replies:
            reply.refuse(error)


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
        if draft.client_id is not None:
            self._by_client[draft.user_id, draft.client_id] = draft

    def sent_as(self, user_id: str, client_id: str) -> Draft | None:
        """Give the draft that a user sent under this client_id."""
        return self._by_client.get((user_id, client_id))

    def begin(self, last_offset: int) -> tuple[Message, ...]:
        """Take what fits in one commit; give it as the messages that follow ``last_offset``."""
        count = min(len(self._waiting), MAX_COMMIT_MESSAGES)
        self.under_way = [self._waiting.popleft() for _ in range(count)]
        return tuple(
            draft.at(offset) for offset, draft in enumerate(self.under_way, last_offset + 1)
        )

    def land(self, messages: Sequence[Message]) -> None:
        """The commit under way is these messages: answer each."""
        for draft, message in zip(self.under_way, messages, strict=True):
            self._forget(draft)
            draft.answer(message)
        self.under_way = []

    def settle(self, draft: Draft, message: Message) -> None:
        """This draft of the commit under way turned out to be a message already."""
        self.under_way.remove(draft)
        self._forget(draft)
        draft.answer(message)

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

    def _refuse(self, draft: Draft, error: RoomError) -> None:
        self._forget(draft)
        draft.refuse(error)

    def _forget(self, draft: Draft) -> None:
        if draft.client_id is not None:
            del self._by_client[draft.user_id, draft.client_id]
