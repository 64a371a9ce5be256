"""What a room writes beside its order, in child tasks."""

from collections.abc import Sequence

from actors.ids import new_id
from actors.kernel import Ref
from actors.room.archive import Archive
from actors.room.errors import unavailable
from actors.room.events import Message
from actors.room.messages import (
    React,
    Report,
    RoomMessage,
)
from actors.room.outcomes import (
    ReactionsWritten,
    Reported,
)
from actors.room.reactions import write_batch
from storage import Conflict, Document, OutcomeUnknown, Put, StoreUnavailable

REPORTS = "room_reports"
REPORT_PREFIX = "rep"


async def write_reactions(
    room: Ref[RoomMessage],
    archive: Archive,
    batch: Sequence[tuple[React, Message]],
    last_offset: int,
) -> None:
    """Write a batch of reactions; tell the room how it went."""
    await room.tell(ReactionsWritten(await write_batch(archive, batch, last_offset)))


async def write_report(
    room: Ref[RoomMessage], archive: Archive, report: Report, message: Message, now_ms: int
) -> None:
    """Store a report; tell the room of it."""
    doc: Document = {
        "room": archive.room_id,
        "at": now_ms,
        "message": message.id,
        "content": message.content,
        "user": message.user_id,
        "by": report.by.user_id,
        "by_name": report.by.name,
        "reason": report.reason,
    }
    try:
        await archive.store.commit(Put(REPORTS, new_id(REPORT_PREFIX), doc, 0))
    except (Conflict, OutcomeUnknown, StoreUnavailable):
        report.reply.refuse(unavailable())
    else:
        await room.tell(Reported(report, message))
