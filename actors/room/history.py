"""Reading what was said before, out of the store."""

from actors.kernel import Ref
from actors.room.archive import Archive
from actors.room.errors import message_not_found, unavailable
from actors.room.messages import (
    Found,
    History,
    HistoryPage,
    Moderate,
    OnMessage,
    RoomMessage,
    message_of,
)
from actors.room.moderation import OnUser
from actors.room.reactions import read_sums, with_sum
from storage import StoreUnavailable


async def read_page(archive: Archive, before: int | None, limit: int) -> HistoryPage:
    """Read the last ``limit`` messages before an offset, with their reactions. StoreUnavailable."""
    found = await archive.before(before, limit + 1)
    messages = found[-limit:]
    if not messages:
        return HistoryPage((), more=False)
    sums = await read_sums(archive, messages[0].offset, limit)
    return HistoryPage(
        tuple(with_sum(each, sums.get(each.id)) for each in messages), more=len(found) > limit
    )


async def answer_history(archive: Archive, history: History, limit: int) -> None:
    """Answer out of the store, which holds it all: no message to the room is needed."""
    try:
        history.reply.answer(await read_page(archive, history.before, limit))
    except StoreUnavailable:
        history.reply.refuse(unavailable())


async def find_author(room: Ref[RoomMessage], archive: Archive, question: Moderate) -> None:
    """Read the last message of the user whom a command is about, and put the question again."""
    assert isinstance(question.command, OnUser)
    try:
        message = await archive.last_of(question.command.user)
    except StoreUnavailable:
        question.reply.refuse(unavailable())
    else:
        await room.tell(Found(question, message))


async def find_message(room: Ref[RoomMessage], archive: Archive, question: OnMessage) -> None:
    """Read the message that a question is about, and put the question again with it."""
    message_id = message_of(question)
    try:
        message = None if message_id is None else await archive.message(message_id)
    except StoreUnavailable:
        question.reply.refuse(unavailable())
        return
    if message is None:
        question.reply.refuse(message_not_found())
    else:
        await room.tell(Found(question, message))
