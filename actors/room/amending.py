"""What changes a message that is there already: edits, deletions, pins."""

from dataclasses import dataclass, replace

from actors.ids import new_id
from actors.room.drafts import Draft, Step
from actors.room.errors import RoomError, forbidden, message_not_found
from actors.room.events import (
    By,
    Message,
    MessageDeleted,
    MessageEdited,
    MessagePinned,
    MessageUnpinned,
)
from actors.room.moderation import AUDIT_PREFIX, Person
from actors.room.moderation.audit import put_audit
from actors.room.recent import blank
from actors.room.state import RoomState
from storage import Put

EVENT_PREFIX = "evt"
MESSAGE_PREFIX = "msg"
EDIT_WINDOW_S = 15 * 60
"""How long the author of a message may change it."""
MAX_PINNED_MESSAGES = 5
PINS = "the pins"
"""What all drafts touch that may change the pins."""


@dataclass(slots=True, kw_only=True, eq=False)
class Amendment(Draft):
    """A draft about a message; ``found`` is as it was when it was asked for."""

    found: Message
    by: By

    @property
    def touches(self) -> frozenset[str]:
        """The message."""
        return frozenset((self.found.id,))

    def present(self, state: RoomState) -> Message:
        """Give the message as it is now. RoomError message_not_found."""
        message = state.recent.message(self.found.id) or self.found
        if message.deleted:
            raise message_not_found()
        return message


@dataclass(slots=True, kw_only=True, eq=False)
class EditDraft(Amendment):
    """The author says something else."""

    content: str
    at_ms: int

    def step(self, offset: int, state: RoomState) -> Step:
        """See ``Draft``. RoomError message_not_found, forbidden, too_old."""
        message = self.present(state)
        if message.user_id != self.by.user_id:
            raise forbidden()
        if self.at_ms > message.at_ms + EDIT_WINDOW_S * 1000:
            raise RoomError("too_old", "A message can be changed for 15 minutes.")
        edited = replace(message, content=self.content, edited_at_ms=self.at_ms)
        event = MessageEdited(state.room_id, offset, self.id, edited, self.by)
        return Step((event,), amended=(edited,))


@dataclass(slots=True, kw_only=True, eq=False)
class DeleteDraft(Amendment):
    """The author takes a message away, from the top of the room too. See also ``moderating``."""

    reason: str | None

    @property
    def touches(self) -> frozenset[str]:
        """The message and the pins."""
        return frozenset((self.found.id, PINS))

    def step(self, offset: int, state: RoomState) -> Step:
        """See ``Draft``. RoomError message_not_found, forbidden."""
        message = self.present(state)
        if message.user_id != self.by.user_id:
            raise forbidden()
        event = MessageDeleted(state.room_id, offset, self.id, message.id, self.by, self.reason)
        pinned = tuple(each for each in state.record.pinned if each != message.id)
        return Step((event,), amended=(blank(message),), pinned=pinned)


@dataclass(slots=True, kw_only=True, eq=False)
class PinDraft(Amendment):
    """A moderator puts a message on top of the room, or (not ``on``) takes it down."""

    on: bool
    moderator: Person
    now_ms: int

    @property
    def touches(self) -> frozenset[str]:
        """The message and the pins."""
        return frozenset((self.found.id, PINS))

    def step(self, offset: int, state: RoomState) -> Step:
        """See ``Draft``; nothing where it is so. RoomError.

        Its codes: message_not_found, forbidden, too_many_pins.
        """
        if not state.is_moderator(self.moderator):
            raise forbidden()
        message = self.present(state)
        pinned = state.record.pinned
        if self.on == (message.id in pinned):
            return Step()
        if not self.on:
            taken = MessageUnpinned(state.room_id, offset, self.id, message.id, self.by)
            left = tuple(each for each in pinned if each != message.id)
            return Step((taken,), pinned=left, ops=(self._audit(state, "unpin"),))
        if len(pinned) >= MAX_PINNED_MESSAGES:
            raise RoomError("too_many_pins", f"At most {MAX_PINNED_MESSAGES} messages are pinned.")
        put = MessagePinned(state.room_id, offset, self.id, message, self.by)
        return Step((put,), pinned=(*pinned, message.id), ops=(self._audit(state, "pin"),))

    def _audit(self, state: RoomState, action: str) -> Put:
        id_ = new_id(AUDIT_PREFIX)
        return put_audit(
            state.room_id, id_, self.moderator, action, self.now_ms, target=self.found.id
        )
