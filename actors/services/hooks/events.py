"""What happened to a stream, for the world outside: kept by the commit that makes it so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from actors.ids import new_id
from storage.api import Put, Row

OUTBOX = "stream_events"
EVENT_PREFIX = "evt"

EventType = Literal["stream.live", "stream.interrupted", "stream.resumed", "stream.ended"]
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
STREAM_DELETED = "stream.deleted"
"""Sent to nobody: the stream's endpoints go with it."""
PING = "ping"

PUBLIC_FACTS = (
    "title",
    "access",
    "status",
    "on_air",
    "show",
    "started_at",
    "ended_at",
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a stream.

    ``sequence`` counts the stream's events from 1. ``facts`` are the stream's public ones as they
    were then, by the names that its document has for them. Times are Unix milliseconds.
    """

    id: str
    type: str
    stream: str
    sequence: int
    created_at: int
    facts: Mapping[str, Any]


def new_event(
    event_type: str, stream_id: str, sequence: int, doc: Mapping[str, Any], now_ms: int
) -> Event:
    """Make an event under a new id, with the public facts out of the stream's document."""
    facts = {name: doc.get(name) for name in PUBLIC_FACTS}
    return Event(new_id(EVENT_PREFIX), event_type, stream_id, sequence, now_ms, facts)


def keep_event(event: Event) -> Put:
    """Write an event into the outbox, where it stays until each endpoint has it in its line."""
    doc = {
        "type": event.type,
        "stream": event.stream,
        "sequence": event.sequence,
        "created_at": event.created_at,
        "facts": dict(event.facts),
    }
    return Put(OUTBOX, event.id, doc, 0)


def read_event(row: Row) -> Event:
    """Read a row of the outbox."""
    doc = row.doc
    return Event(
        row.id, doc["type"], doc["stream"], doc["sequence"], doc["created_at"], doc["facts"]
    )
