"""A room's newest messages, kept in memory."""

from collections.abc import Iterable

from actors.room.events import Message

MAX_RECOVERED_MESSAGES = 1_000
"""A member who missed more starts anew."""
RECENT_MESSAGES = MAX_RECOVERED_MESSAGES
"""So that a recovery never waits for the store."""
TRIM_MESSAGES = 256
"""How far the list may grow past its bound before it is cut, once for all of them."""


class Recent:
    """The last RECENT_MESSAGES or a few more, without a gap, and whose client_ids they are."""

    def __init__(self, messages: Iterable[Message] = ()) -> None:
        self._messages: list[Message] = []
        self._by_client: dict[tuple[str, str], Message] = {}
        self.extend(messages)

    @property
    def first_offset(self) -> int:
        """The offset of the oldest one here; 1 where there is none: none is missing."""
        return self._messages[0].offset if self._messages else 1

    def extend(self, messages: Iterable[Message]) -> None:
        """Add the next ones."""
        for message in messages:
            self._messages.append(message)
            if message.client_id is not None:
                self._by_client[message.user_id, message.client_id] = message
        if len(self._messages) >= RECENT_MESSAGES + TRIM_MESSAGES:
            self._forget(len(self._messages) - RECENT_MESSAGES)

    def latest(self, limit: int) -> tuple[Message, ...]:
        """Give the last ones, at most ``limit``."""
        return tuple(self._messages[-limit:])

    def after(self, offset: int) -> tuple[Message, ...] | None:
        """Give all past an offset, or None where these are too many to be all here."""
        start = offset + 1 - self.first_offset
        if start < 0 or len(self._messages) - start > MAX_RECOVERED_MESSAGES:
            return None
        return tuple(self._messages[start:])

    def before(self, offset: int | None, limit: int) -> tuple[Message, ...] | None:
        """Give the last ``limit`` before an offset, or None where some of them are not here."""
        here = len(self._messages)
        end = here if offset is None else min(here, offset - self.first_offset)
        if end < limit and self.first_offset > 1:
            return None
        return tuple(self._messages[max(0, end - limit) : max(0, end)])

    def sent_as(self, user_id: str, client_id: str) -> Message | None:
        """Give the message that a user sent under this client_id, if it is one of these."""
        return self._by_client.get((user_id, client_id))

    def _forget(self, count: int) -> None:
        for message in self._messages[:count]:
            if message.client_id is not None:
                del self._by_client[message.user_id, message.client_id]
        del self._messages[:count]
