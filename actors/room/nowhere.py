"""What is answered under the name of a room that does not exist."""

from actors.room.errors import not_found
from actors.room.messages import (
    CountMembers,
    Delete,
    Edit,
    History,
    Join,
    Leave,
    ListMembers,
    ListUsers,
    Moderate,
    NoteTyping,
    Pin,
    PutOut,
    React,
    ReadBlocks,
    Report,
    RoomMessage,
    Send,
)


def refuse(message: RoomMessage) -> None:
    """Answer: nobody is in, and nothing can be done."""
    match message:
        case Leave() | PutOut() | ReadBlocks():
            message.reply.answer(None)
        case ListUsers():
            message.reply.answer(frozenset())
        case Join() | History() | CountMembers() | ListMembers() | NoteTyping():
            message.reply.refuse(not_found())
        case Send() | Edit() | Delete() | Pin() | React() | Report() | Moderate():
            message.reply.refuse(not_found())
        case _:
            raise RuntimeError("a room that does not exist has nothing under way")
