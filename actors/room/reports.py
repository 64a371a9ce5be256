"""What members reported, as moderators read it and settle it."""

from collections.abc import Iterable
from dataclasses import dataclass

from actors.ids import new_id
from actors.ports import Clock
from actors.room.archive import EVENTS, Archive
from actors.room.documents import message_of
from actors.room.errors import RoomError
from actors.room.events import Message
from actors.room.moderation import AUDIT_PREFIX, Person
from actors.room.moderation.audit import put_audit
from actors.room.purges import purged
from actors.room.writing import REPORTS
from storage import Conflict, Delete, Row, Store


@dataclass(frozen=True, slots=True)
class KeptReport:
    """Somebody found a message wrong; ``content`` is what it said then. ``at_ms`` is Unix time."""

    id: str
    at_ms: int
    message: str
    user: str
    content: str
    by: str
    by_name: str
    reason: str


def report_of(row: Row) -> KeptReport:
    """Read a report."""
    doc = row.doc
    return KeptReport(
        row.id, doc["at"], doc["message"], doc["user"], doc["content"], doc["by"], doc["by_name"],
        doc["reason"],
    )  # fmt: skip


async def dismiss_report(
    store: Store, clock: Clock, room_id: str, report_id: str, by: Person
) -> None:
    """Take a report off the list, and write down who did. RoomError report_not_found.

    It has no place in the room's order, so the room's actor is not asked. OutcomeUnknown,
    StoreUnavailable.
    """
    row = await store.get(REPORTS, report_id)
    if row is None or row.doc["room"] != room_id:
        raise _not_found()
    report = report_of(row)
    audit = put_audit(
        room_id,
        new_id(AUDIT_PREFIX),
        by,
        "dismiss",
        clock.now_ms(),
        target=report.message,
        detail={"user": report.user, "content": report.content, "reason": report.reason},
    )
    try:
        await store.commit(Delete(REPORTS, report_id, row.version), audit)
    except Conflict as error:  # another moderator was quicker
        raise _not_found() from error


async def read_messages(archive: Archive, message_ids: Iterable[str]) -> dict[str, Message]:
    """Read messages of a room as they are now, by id. StoreUnavailable."""
    found: dict[str, Message] = {}
    purges = await archive.purges()
    for message_id in dict.fromkeys(message_ids):
        row = await archive.store.get(EVENTS, message_id)
        if row is not None and (row.doc["room"], row.doc["kind"]) == (archive.room_id, "message"):
            found[message_id] = purged(message_of(row), purges)
    return found


def _not_found() -> RoomError:
    return RoomError("report_not_found", "There is no such report, or not any more.")
