"""The audit log: who did what to whom, and why."""

from dataclasses import dataclass
from typing import Any

from actors.room.moderation.people import Person
from storage.api import Document, Put, Row

AUDIT = "room_audit"
AUDIT_PREFIX = "aud"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act. ``target`` is a user's id, a message's, or that of a message that waited."""

    id: str
    at_ms: int
    by: str
    by_name: str
    action: str
    target: str | None
    target_name: str | None
    detail: dict[str, Any]


def put_audit(
    room_id: str,
    id_: str,
    by: Person,
    action: str,
    at_ms: int,
    *,
    target: str | None = None,
    target_name: str | None = None,
    detail: dict[str, Any] | None = None,
) -> Put:
    """Write down an act; nothing ever writes over it."""
    doc: Document = {
        "room": room_id,
        "at": at_ms,
        "by": by.user_id,
        "by_name": by.name,
        "action": action,
        "detail": detail or {},
    }
    if target is not None:
        doc["target"] = target
    if target_name is not None:
        doc["target_name"] = target_name
    return Put(AUDIT, id_, doc, 0)


def audit_of(row: Row) -> AuditEntry:
    """Read an act."""
    doc = row.doc
    return AuditEntry(
        row.id,
        doc["at"],
        doc["by"],
        doc["by_name"],
        doc["action"],
        doc.get("target"),
        doc.get("target_name"),
        doc["detail"],
    )
