"""Messages that wait for a moderator to let them pass."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from actors.room.errors import RoomError
from storage.api import Delete, Document, Put, Row

PENDING = "room_pending"
PENDING_PREFIX = "pnd"
MAX_PENDING_MESSAGES = 200
MAX_PENDING_PER_USER = 5
"""So that nobody fills the queue alone."""
PENDING_LIFETIME_S = 3_600
MAX_CLEARED_PENDING = 20
"""That one commit clears away, of those that nobody looked at in time."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A message that waits; it has no place in the room's order. ``at_ms`` is Unix time.

    ``address`` is the mark of the author's, "" where none is known.
    """

    id: str
    user_id: str
    name: str
    content: str
    at_ms: int
    client_id: str | None = None
    reply_to: str | None = None
    mentions: tuple[str, ...] = ()
    address: str = ""

    def waits(self, now_ms: int) -> bool:
        """Whether a moderator can still let it pass."""
        return now_ms < self.at_ms + PENDING_LIFETIME_S * 1000


Queue = Mapping[str, Pending]
"""By id, the oldest first."""


def check_room(queue: Iterable[Pending], user_id: str, now_ms: int) -> None:
    """Let one more of a user in. RoomError approval_full, with when the oldest one is dropped."""
    waiting = [each for each in queue if each.waits(now_ms)]
    mine = [each for each in waiting if each.user_id == user_id]
    for held, most in ((mine, MAX_PENDING_PER_USER), (waiting, MAX_PENDING_MESSAGES)):
        if len(held) >= most:
            ends_ms = min(each.at_ms for each in held) + PENDING_LIFETIME_S * 1000
            message = "Too many messages wait for a moderator."
            raise RoomError("approval_full", message, (ends_ms - now_ms) / 1000)


def overdue(queue: Iterable[Pending], now_ms: int) -> list[Pending]:
    """Give what nobody looked at in time, as much of it as one commit clears away."""
    return [each for each in queue if not each.waits(now_ms)][:MAX_CLEARED_PENDING]


def put_pending(room_id: str, pending: Pending) -> Put:
    """Write a new message that waits."""
    doc: Document = {
        "room": room_id,
        "at": pending.at_ms,
        "user": pending.user_id,
        "name": pending.name,
        "content": pending.content,
        "client_id": pending.client_id,
        "reply_to": pending.reply_to,
        "mentions": list(pending.mentions) or None,
        "address_hash": pending.address or None,
    }
    return Put(PENDING, pending.id, {k: v for k, v in doc.items() if v is not None}, 0)


def delete_pending(pending: Pending) -> Delete:
    """Remove a message that waited: it is never written a second time."""
    return Delete(PENDING, pending.id, 1)


def pending_of(row: Row) -> Pending:
    """Read a message that waits."""
    doc = row.doc
    return Pending(
        row.id,
        doc["user"],
        doc["name"],
        doc["content"],
        doc["at"],
        doc.get("client_id"),
        doc.get("reply_to"),
        tuple(doc.get("mentions", ())),
        doc.get("address_hash", ""),
    )
