"""Moderators' commands, and messages that wait for one, as drafts of the room's order.

What is decided is committed with the documents that say so, and holds from then on.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from actors.ids import new_id
from actors.room.amending import EVENT_PREFIX, MESSAGE_PREFIX
from actors.room.drafts import Draft, Landed, Step
from actors.room.errors import message_not_found
from actors.room.events import (
    By,
    Event,
    Message,
    MessageDeleted,
    MessagePosted,
    ModesChanged,
    UserPurged,
)
from actors.room.messages import Sent
from actors.room.moderation import (
    AUDIT,
    PENDING,
    Effect,
    MessageRemoved,
    ModerationCommand,
    ModesSet,
    Pending,
    PendingPosted,
    Person,
    Purged,
)
from actors.room.purges import put_purge
from actors.room.recent import blank
from actors.room.state import RoomState


@dataclass(slots=True, kw_only=True, eq=False)
class CommandDraft(Draft):
    """A moderator's command; ``id`` is that of its audit entry.

    ``target`` is the user whom it names, as the room has seen them, ``found`` the message.
    """

    command: ModerationCommand
    by: Person
    now_ms: int
    target: Person | None = None
    found: Message | None = None
    collection: str = AUDIT
    alone: bool = True

    def step(self, offset: int, state: RoomState) -> Step:
        """See ``Draft``. RoomError, any of ``Moderation.decide``."""
        change = state.moderation.decide(
            self.command, self.by, self.now_ms, audit_id=self.id, target=self.target
        )
        step = Step(ops=change.ops, change=change)
        for effect in change.effects:
            step = self._with(step, effect, offset + len(step.events), state)
        return step

    def _with(self, step: Step, effect: Effect, offset: int, state: RoomState) -> Step:
        """Give the step with what takes an offset."""
        assert self.by.user_id is not None
        by = By(self.by.user_id, self.by.name)
        place = (state.room_id, offset, new_id(EVENT_PREFIX))
        match effect:
            case ModesSet(modes):
                return _and(step, ModesChanged(*place, modes.document(), by))
            case Purged(user_id):
                purged = UserPurged(*place, user_id, offset, by)
                ops = (*step.ops, put_purge(state.purges, purged))
                stay = _pinned(state, lambda message: message.user_id != user_id)
                return replace(_and(step, purged), ops=ops, pinned=stay)
            case MessageRemoved(message_id, reason):
                message = state.recent.message(message_id) or self.found
                if message is None or message.deleted:
                    raise message_not_found()
                deleted = MessageDeleted(*place, message_id, by, reason or None)
                stay = _pinned(state, lambda message: message.id != message_id)
                return replace(_and(step, deleted), amended=(blank(message),), pinned=stay)
            case PendingPosted(pending):
                if _is_said(pending, state):
                    return step
                message = _approved(pending, offset, self.now_ms)
                return _and(step, MessagePosted(state.room_id, message))
            case _:
                return step  # is told once it is committed


@dataclass(slots=True, kw_only=True, eq=False)
class HoldDraft(Draft):
    """A message that is to wait for a moderator; ``id`` is what it waits under."""

    message: Message
    by: Person
    collection: str = PENDING
    alone: bool = True

    def step(self, offset: int, state: RoomState) -> Step:
        """See ``Draft``. RoomError approval_full."""
        m = self.message
        pending, change = state.moderation.hold(
            self.by, m.content, m.at_ms,
            client_id=m.client_id, reply_to=m.reply_to, mentions=m.mentions,
        )  # fmt: skip
        self.id = pending.id
        return Step(ops=change.ops, change=change)

    def answer(self, landed: Landed) -> None:
        """Tell all who wait that it waits, or where it is by now."""
        for reply in self.replies:
            if landed.offset is None:
                reply.answer(Sent(None, None, pending=landed.message_id))
            else:
                reply.answer(Sent(landed.offset, landed.message_id))


def _and(step: Step, event: Event) -> Step:
    return replace(step, events=(*step.events, event))


def _pinned(state: RoomState, stays: Callable[[Message], bool]) -> tuple[str, ...]:
    return tuple(message.id for message in state.pinned() if stays(message))


def _is_said(pending: Pending, state: RoomState) -> bool:
    """Whether it was sent again under its client_id when no message had to wait any more."""
    client_id = pending.client_id
    if client_id is None:
        return False
    return state.recent.sent_as(pending.user_id, client_id) is not None


def _approved(pending: Pending, offset: int, now_ms: int) -> Message:
    """Give the message that a pending one becomes: said now, as far as the room is concerned."""
    return Message(
        offset=offset,
        id=new_id(MESSAGE_PREFIX),
        user_id=pending.user_id,
        user_name=pending.name,
        content=pending.content,
        at_ms=now_ms,
        client_id=pending.client_id,
        reply_to=pending.reply_to,
        mentions=pending.mentions,
        address=pending.address,
    )
