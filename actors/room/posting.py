"""From what somebody asks to the draft that it is."""

from actors.ids import is_id, new_id
from actors.room.amending import EVENT_PREFIX, DeleteDraft, EditDraft, PinDraft
from actors.room.drafts import Draft, Post
from actors.room.errors import RoomError
from actors.room.events import By, Message
from actors.room.hook import Person
from actors.room.messages import Delete, Edit, Pin, Send
from actors.room.state import RoomState
from actors.room.text import clean_content, clean_reason

MESSAGE_PREFIX = "msg"
MAX_MENTIONS = 10


def by(person: Person) -> By:
    """Give who did something: a guest does nothing."""
    assert person.user_id is not None
    return By(person.user_id, person.name)


def post(send: Send, state: RoomState, content: str, now_ms: int) -> Post:
    """Make the draft of a message that may be sent."""
    sender = by(send.by)
    role = state.role_of(send.by)
    message = Message(
        offset=0,
        id=new_id(MESSAGE_PREFIX),
        user_id=sender.user_id,
        user_name=sender.name,
        content=content,
        at_ms=now_ms,
        client_id=send.client_id,
        role=role,
        reply_to=send.reply_to,
        mentions=check_mentions(send.mentions),
    )
    key = None if send.client_id is None else (sender.user_id, send.client_id)
    return Post(id=message.id, message=message, client_key=key, replies=[send.reply])


def amendment(
    question: Edit | Delete | Pin, message: Message, state: RoomState, now_ms: int
) -> Draft:
    """Make the draft of what is to become of a message."""
    id_ = new_id(EVENT_PREFIX)
    doer = by(question.by)
    moderator = state.is_moderator(question.by)
    match question:
        case Edit(content=content):
            return EditDraft(
                id=id_, found=message, by=doer, moderator=moderator, replies=[question.reply],
                content=clean_content(content), at_ms=now_ms,
            )  # fmt: skip
        case Delete(reason=reason):
            return DeleteDraft(
                id=id_, found=message, by=doer, moderator=moderator, replies=[question.reply],
                reason=None if reason is None else clean_reason(reason),
            )  # fmt: skip
        case Pin(on=on):
            return PinDraft(
                id=id_, found=message, by=doer, moderator=moderator, replies=[question.reply],
                on=on,
            )  # fmt: skip


def check_mentions(user_ids: tuple[str, ...]) -> tuple[str, ...]:
    """Give each mentioned user once. RoomError bad_mentions."""
    distinct = tuple(dict.fromkeys(user_ids))
    if len(distinct) > MAX_MENTIONS or not all(is_id(each, "usr") for each in distinct):
        raise RoomError("bad_mentions", f"Mentions are at most {MAX_MENTIONS} users' ids.")
    return distinct
