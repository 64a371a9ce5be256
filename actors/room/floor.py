"""Who may say or do something about a message, and what becomes of it if they may."""

from typing import assert_never

from actors.ports import Clock
from actors.room import posting
from actors.room.drafts import Draft
from actors.room.emoji import one_emoji
from actors.room.errors import message_not_found, rate_limited
from actors.room.events import Message
from actors.room.limits import UserLimits, report_limits, send_limits
from actors.room.messages import (
    Delete,
    Edit,
    Moderate,
    OnMessage,
    Pin,
    React,
    Report,
    Send,
    Sent,
)
from actors.room.moderation import Moderation, OnUser, Person, Verdict
from actors.room.order import Order
from actors.room.reaction_desk import ReactionDesk
from actors.room.roster import Roster
from actors.room.text import clean_content, clean_reason

MAX_HEARD_USERS = 1_000
"""Who spoke last; of a room that is not empty for long."""


class Floor:
    """Turns questions about messages into drafts, and reactions that wait at their desk."""

    def __init__(self, clock: Clock, roster: Roster) -> None:
        self.desk = ReactionDesk()
        self._clock = clock
        self._roster = roster
        self._limits = send_limits()
        self._report_limits = report_limits()
        self._heard: dict[str, Person] = {}

    def take(self, question: OnMessage, message: Message | None, order: Order) -> Message | None:
        """Let a question have its way; ``message`` is what it is about. RoomError.

        Gives a message that its author alone is to be shown.
        """
        now_ms = self._clock.now_ms()
        moderation = order.state.moderation
        match question:
            case Send():
                return self._send(question, message, order, now_ms)
            case Edit(by=by):
                content = clean_content(question.content)
                moderation.check_edit(by, content, now_ms)
                _take(self._limits, by.user_id)
                order.add(posting.edit(question, _present(message), content, now_ms))
            case Delete():
                order.add(posting.delete(question, _present(message), order.state, now_ms))
            case Pin():
                order.add(posting.pin(question, _present(message), now_ms))
            case Moderate():
                target = self._target(question, moderation)
                order.add(posting.command(question, message, target, now_ms))
            case React(by=by, emoji=emoji):
                one_emoji(emoji)
                moderation.check_voice(by, now_ms)
                if moderation.is_shadowed(by, now_ms):
                    question.reply.answer(None)
                else:
                    self.desk.add(question, _present(message))
            case Report(reason=reason):
                _present(message)
                clean_reason(reason)
                moderation.check_report(question.by, now_ms)
                _take(self._report_limits, question.by.user_id)
            case _:
                assert_never(question)
        return None

    def _send(
        self, send: Send, replied: Message | None, order: Order, now_ms: int
    ) -> Message | None:
        if send.client_id is not None:
            earlier = order.sent_as(send.by.user_id or "", send.client_id)
            if isinstance(earlier, Message):
                send.reply.answer(Sent(earlier.offset, earlier.id))
                return None
            if isinstance(earlier, Draft):
                earlier.replies.append(send.reply)
                return None
        order.check_open()
        if send.reply_to is not None:
            _present(replied)
        content = clean_content(send.content)
        message = posting.new_message(send, order.state, content, now_ms)
        _take(self._limits, send.by.user_id)
        self._hear(send.by)
        match order.state.moderation.check_send(send.by, content, now_ms):
            case Verdict.POST:
                order.add(posting.post(send, message))
            case Verdict.PENDING:
                order.add(posting.hold(send, message))
            case Verdict.SHADOW:
                send.reply.answer(Sent(None, message.id))
                return message
        return None

    def _hear(self, by: Person) -> None:
        """Know a user by name and address also when they have left: they may be banned then."""
        assert by.user_id is not None
        self._heard.pop(by.user_id, None)
        self._heard[by.user_id] = by
        if len(self._heard) > MAX_HEARD_USERS:
            del self._heard[next(iter(self._heard))]

    def is_stranger(self, question: OnMessage, moderation: Moderation) -> bool:
        """Whether a command is about a user whom the room does not know now."""
        match question:
            case Moderate(command=command) if isinstance(command, OnUser):
                return self._known(command.user, moderation) is None
            case _:
                return False

    def _target(self, question: Moderate, moderation: Moderation) -> Person | None:
        """Give the user whom a command is about, as far as the room knows them."""
        command = question.command
        return self._known(command.user, moderation) if isinstance(command, OnUser) else None

    def _known(self, user_id: str, moderation: Moderation) -> Person | None:
        """Give a user who is in, was heard lately, or waits to be."""
        here = self._roster.person(user_id) or self._heard.get(user_id)
        return here or moderation.author_waiting(user_id)


def _present(message: Message | None) -> Message:
    if message is None or message.deleted:
        raise message_not_found()
    return message


def _take(limits: UserLimits, user_id: str | None) -> None:
    wait_s = limits.take(user_id or "")
    if wait_s > 0:
        raise rate_limited(wait_s)
