"""Who may say or do something about a message, and what becomes of it if they may."""

from actors.ports import Clock
from actors.room.drafts import Draft
from actors.room.emoji import one_emoji
from actors.room.errors import message_not_found, rate_limited
from actors.room.events import Message
from actors.room.limits import UserLimits, report_limits, send_limits
from actors.room.messages import Delete, Edit, Pin, React, Report, Send, Sent
from actors.room.order import Order
from actors.room.posting import amendment, post
from actors.room.reaction_desk import ReactionDesk
from actors.room.text import clean_content, clean_reason

Taken = Send | Edit | Delete | Pin | React | Report


class Floor:
    """Turns questions about messages into drafts, and reactions that wait at their desk."""

    def __init__(self, clock: Clock) -> None:
        self.desk = ReactionDesk()
        self._clock = clock
        self._limits = send_limits()
        self._report_limits = report_limits()

    def take(self, question: Taken, message: Message | None, order: Order) -> None:
        """Let a question have its way; ``message`` is what it is about. RoomError."""
        match question:
            case Send():
                self._send(question, message, order)
            case Edit() | Delete() | Pin():
                self._amend(question, _present(message), order)
            case React(emoji=emoji):
                one_emoji(emoji)
                self.desk.add(question, _present(message))
            case Report(reason=reason):
                _present(message)
                clean_reason(reason)
                _take(self._report_limits, question.by.user_id)

    def _send(self, send: Send, replied: Message | None, order: Order) -> None:
        if send.client_id is not None:
            earlier = order.sent_as(send.by.user_id or "", send.client_id)
            if isinstance(earlier, Message):
                send.reply.answer(Sent(earlier.offset, earlier.id))
                return
            if isinstance(earlier, Draft):
                earlier.replies.append(send.reply)
                return
        order.check_open()
        if send.reply_to is not None:
            _present(replied)
        content = clean_content(send.content)
        draft = post(send, order.state, content, self._clock.now_ms())
        _take(self._limits, send.by.user_id)
        order.add(draft)

    def _amend(self, question: Edit | Delete | Pin, message: Message, order: Order) -> None:
        order.check_open()
        draft = amendment(question, message, order.state, self._clock.now_ms())
        _take(self._limits, question.by.user_id)
        order.add(draft)


def _present(message: Message | None) -> Message:
    if message is None or message.deleted:
        raise message_not_found()
    return message


def _take(limits: UserLimits, user_id: str | None) -> None:
    wait_s = limits.take(user_id or "")
    if wait_s > 0:
        raise rate_limited(wait_s)
