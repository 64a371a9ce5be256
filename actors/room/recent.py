"""A room's newest events and messages, kept in memory."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace

from actors.room.events import (
    Event,
    Message,
    MessageEdited,
    MessagePinned,
    MessagePosted,
    UserPurged,
)

MAX_RECOVERED_EVENTS = 1_000
"""A member who missed more starts anew."""
RECENT_EVENTS = MAX_RECOVERED_EVENTS
"""So that a recovery never waits for the store."""
RECENT_MESSAGES = RECENT_EVENTS
TRIM_EVENTS = 256
"""How far a list may grow past its bound before it is cut, once for all of them."""


class Recent:
    """The last RECENT_EVENTS or a few more, without a gap, and the last RECENT_MESSAGES.

    Messages are in their present state, in events too: what was deleted is told to nobody. Beside
    the last ones, those messages are kept that recent events or ``kept`` (pins) speak of.
    """

    def __init__(
        self,
        last_offset: int = 0,
        events: Iterable[Event] = (),
        messages: Iterable[Message] = (),
        *,
        older: bool = False,
        kept: Iterable[Message] = (),
    ) -> None:
        self._events: list[Event] = []
        self._last_offset = last_offset
        self._messages = {message.id: message for message in kept}
        self._ids: list[str] = []
        self._offsets: list[int] = []
        self._older = older
        self._by_client: dict[tuple[str, str], str] = {}
        self._pinned = frozenset(self._messages)
        for message in messages:
            self._add(message)
        for event in events:
            self._events.append(event)
            if isinstance(event, MessageEdited | MessagePinned):
                self._messages.setdefault(event.message.id, event.message)

    @property
    def first_offset(self) -> int:
        """The offset of the oldest event here, or of the next one where there is none."""
        return self._last_offset + 1 - len(self._events)

    @property
    def first_message_offset(self) -> int:
        """The offset of the oldest message of which all later ones are here."""
        return self._offsets[0] if self._offsets else self._last_offset + 1

    def extend(self, events: Iterable[Event]) -> None:
        """Add the next ones, and have the messages as they leave them."""
        for event in events:
            self._last_offset += 1
            self._events.append(event)
            match event:
                case MessagePosted(_, message):
                    self._add(message)
                case MessageEdited(message=message) | MessagePinned(message=message):
                    self._messages[message.id] = message
                case UserPurged(user_id=user_id, before=before):
                    self._purge(user_id, before)
        if len(self._events) >= RECENT_EVENTS + TRIM_EVENTS:
            del self._events[:-RECENT_EVENTS]
            self._forget()

    def amend(self, message: Message) -> None:
        """Have a message in its new state."""
        self._messages[message.id] = message

    def pin(self, message_ids: Iterable[str]) -> None:
        """Keep these, however old they are."""
        self._pinned = frozenset(message_ids)

    def message(self, message_id: str) -> Message | None:
        """Give a message, or None where it is not here; it may be in the store."""
        return self._messages.get(message_id)

    def latest(self, limit: int) -> tuple[Message, ...]:
        """Give the last messages, at most ``limit``."""
        return tuple(self._messages[each] for each in self._ids[-limit:])

    def after(self, offset: int) -> tuple[Event, ...] | None:
        """Give all events past an offset, or None where these are too many to be all here."""
        start = offset + 1 - self.first_offset
        if start < 0 or len(self._events) - start > MAX_RECOVERED_EVENTS:
            return None
        return tuple(self._present(event) for event in self._events[start:])

    def before(self, offset: int | None, limit: int) -> tuple[tuple[Message, ...], bool] | None:
        """Give the last ``limit`` messages before an offset, and whether there are earlier ones.

        None where some of them are not here.
        """
        end = len(self._ids) if offset is None else bisect_left(self._offsets, offset)
        if end < limit and self._older:
            return None
        start = max(0, end - limit)
        messages = tuple(self._messages[each] for each in self._ids[start:end])
        return messages, start > 0 or (self._older and end > 0)

    def sent_as(self, user_id: str, client_id: str) -> Message | None:
        """Give the message that a user sent under this client_id, if it is one of the last."""
        message_id = self._by_client.get((user_id, client_id))
        return None if message_id is None else self._messages[message_id]

    def _present(self, event: Event) -> Event:
        if isinstance(event, MessagePosted | MessageEdited | MessagePinned):
            message = self._messages.get(event.message.id, event.message)
            return event if message is event.message else replace(event, message=message)
        return event

    def _add(self, message: Message) -> None:
        self._messages[message.id] = message
        self._ids.append(message.id)
        self._offsets.append(message.offset)
        if message.client_id is not None:
            self._by_client[message.user_id, message.client_id] = message.id

    def _purge(self, user_id: str, before: int) -> None:
        for message in self._messages.values():
            if message.user_id == user_id and message.offset < before:
                self._messages[message.id] = blank(message)

    def _forget(self) -> None:
        surplus = max(0, len(self._ids) - RECENT_MESSAGES)
        self._older = self._older or surplus > 0
        del self._ids[:surplus]
        del self._offsets[:surplus]
        spoken_of = {
            event.message.id
            for event in self._events
            if isinstance(event, MessagePosted | MessageEdited | MessagePinned)
        }
        kept = spoken_of.union(self._ids, self._pinned)
        self._messages = {id_: each for id_, each in self._messages.items() if id_ in kept}
        self._by_client = {key: id_ for key, id_ in self._by_client.items() if id_ in kept}


def blank(message: Message) -> Message:
    """Give a message as it is once it is deleted."""
    return replace(message, content="", mentions=(), deleted=True)
