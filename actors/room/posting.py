"""From what somebody asks to the draft that it is."""

from actors.ids import is_id, new_id
from actors.room.amending import (
    EVENT_PREFIX,
    MESSAGE_PREFIX,
    DeleteDraft,
    EditDraft,
    PinDraft,
)
from actors.room.drafts import Draft, Post
from actors.room.errors import RoomError, forbidden
from actors.room.events import By, Message
from actors.room.messages import Delete, Edit, Moderate, Pin, Send
from actors.room.moderating import CommandDraft, HoldDraft
from actors.room.moderation import (
    AUDIT_PREFIX,
    Person,
    RemoveMessage,
)
from actors.room.state import RoomState
from actors.room.text import clean_reason

MAX_MENTIONS = 10


def by(person: Person) -> By:
    """Give who did something: a guest does nothing."""
    assert person.user_id is not None
    return By(person.user_id, person.name)


def new_message(send: Send, state: RoomState, content: str, now_ms: int) -> Message:
    """Give the message that somebody wants to say; it has no offset yet."""
    sender = by(send.by)
    return Message(
        offset=0,
        id=new_id(MESSAGE_PREFIX),
        user_id=sender.user_id,
        user_name=sender.name,
        content=content,
        at_ms=now_ms,
        client_id=send.client_id,
        role=state.role_of(send.by),
        reply_to=send.reply_to,
        mentions=check_mentions(send.mentions),
        address=send.by.address,
    )


def post(send: Send, message: Message) -> Post:
    """Make the draft of a message."""
    return Post(
        id=message.id, message=message, client_key=_client_key(message), replies=[send.reply]
    )


def hold(send: Send, message: Message) -> HoldDraft:
    """Make the draft of a message that is to wait for a moderator."""
    return HoldDraft(
        id=message.id,
        message=message,
        by=send.by,
        client_key=_client_key(message),
        replies=[send.reply],
    )


def edit(question: Edit, message: Message, content: str, now_ms: int) -> EditDraft:
    """Make the draft of an edit."""
    return EditDraft(
        id=new_id(EVENT_PREFIX),
        found=message,
        by=by(question.by),
        content=content,
        at_ms=now_ms,
        replies=[question.reply],
    )


def delete(question: Delete, message: Message, state: RoomState, now_ms: int) -> Draft:
    """Make the draft of a deletion; of another one's message it is a moderator's act."""
    reason = None if question.reason is None else clean_reason(question.reason)
    if message.user_id == question.by.user_id:
        return DeleteDraft(
            id=new_id(EVENT_PREFIX),
            found=message,
            by=by(question.by),
            reason=reason,
            replies=[question.reply],
        )
    if not state.is_moderator(question.by):
        raise forbidden()
    return CommandDraft(
        id=new_id(AUDIT_PREFIX),
        command=RemoveMessage(message.id, reason or ""),
        by=question.by,
        now_ms=now_ms,
        found=message,
        target=Person(message.user_id, message.user_name),
        replies=[question.reply],
    )


def pin(question: Pin, message: Message, now_ms: int) -> PinDraft:
    """Make the draft of a pin, or of its end."""
    return PinDraft(
        id=new_id(EVENT_PREFIX),
        found=message,
        by=by(question.by),
        on=question.on,
        moderator=question.by,
        now_ms=now_ms,
        replies=[question.reply],
    )


def command(
    question: Moderate, message: Message | None, target: Person | None, now_ms: int
) -> CommandDraft:
    """Make the draft of a moderator's command; ``target`` is the user whom it names.

    ``message`` is the one that it names, or the last one of a user whom the room does not know.
    """
    if message is not None:
        target = Person(message.user_id, message.user_name, message.address)
    return CommandDraft(
        id=new_id(AUDIT_PREFIX),
        command=question.command,
        by=question.by,
        now_ms=now_ms,
        target=target,
        found=message,
        replies=[question.reply],
    )


def check_mentions(user_ids: tuple[str, ...]) -> tuple[str, ...]:
    """Give each mentioned user once. RoomError bad_mentions."""
    distinct = tuple(dict.fromkeys(user_ids))
    if len(distinct) > MAX_MENTIONS or not all(is_id(each, "usr") for each in distinct):
        raise RoomError("bad_mentions", f"Mentions are at most {MAX_MENTIONS} users' ids.")
    return distinct


def _client_key(message: Message) -> tuple[str, str] | None:
    return None if message.client_id is None else (message.user_id, message.client_id)
