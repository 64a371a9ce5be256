"""Events as documents of ``room_events``, and back."""

from collections.abc import Mapping
from typing import assert_never

from actors.room.events import (
    By,
    Event,
    Message,
    MessageDeleted,
    MessageEdited,
    MessagePinned,
    MessagePosted,
    MessageUnpinned,
    ModesChanged,
    UserPurged,
)
from storage.api import Document, Row


def message_document(room_id: str, message: Message) -> Document:
    """Give a message as it is stored; its id is the document's."""
    doc: Document = {
        "room": room_id,
        "offset": message.offset,
        "kind": "message",
        "user": message.user_id,
        "name": message.user_name,
        "content": message.content,
        "at": message.at_ms,
        "client_id": message.client_id,
        "role": message.role,
        "reply_to": message.reply_to,
        "mentions": list(message.mentions) or None,
        "edited_at": message.edited_at_ms,
        "deleted": message.deleted or None,
        "address_hash": message.address or None,
    }
    return {name: value for name, value in doc.items() if value is not None}


def message_of(row: Row) -> Message:
    """Read a message."""
    doc = row.doc
    return Message(
        offset=doc["offset"],
        id=row.id,
        user_id=doc["user"],
        user_name=doc["name"],
        content=doc["content"],
        at_ms=doc["at"],
        client_id=doc.get("client_id"),
        role=doc.get("role"),
        reply_to=doc.get("reply_to"),
        mentions=tuple(doc.get("mentions", ())),
        edited_at_ms=doc.get("edited_at"),
        deleted=doc.get("deleted", False),
        address=doc.get("address_hash", ""),
        version=row.version,
    )


def event_document(event: Event) -> Document:
    """Give an event as it is stored; its id is the document's."""
    if isinstance(event, MessagePosted):
        return message_document(event.room, event.message)
    doc: Document = {
        "room": event.room,
        "offset": event.offset,
        "by": event.by.user_id,
        "by_name": event.by.name,
    }
    match event:
        case MessageEdited(message=message):
            return {**doc, "kind": "edited", "message": message.id}
        case MessageDeleted(message_id=message_id, reason=None):
            return {**doc, "kind": "deleted", "message": message_id}
        case MessageDeleted(message_id=message_id, reason=reason):
            return {**doc, "kind": "deleted", "message": message_id, "reason": reason}
        case UserPurged(user_id=user_id, before=before):
            return {**doc, "kind": "purged", "user": user_id, "before": before}
        case MessagePinned(message=message):
            return {**doc, "kind": "pinned", "message": message.id}
        case MessageUnpinned(message_id=message_id):
            return {**doc, "kind": "unpinned", "message": message_id}
        case ModesChanged(modes=modes):
            return {**doc, "kind": "mode", "modes": dict(modes)}
        case _:
            assert_never(event)


def event_of(row: Row, messages: Mapping[str, Message]) -> Event:
    """Read an event; ``messages`` has those that are spoken of, in their present state."""
    doc = row.doc
    kind = doc["kind"]
    if kind == "message":
        return MessagePosted(doc["room"], messages[row.id])
    place = (doc["room"], doc["offset"], row.id)
    by = By(doc["by"], doc["by_name"])
    match kind:
        case "edited":
            return MessageEdited(*place, messages[doc["message"]], by)
        case "deleted":
            return MessageDeleted(*place, doc["message"], by, doc.get("reason"))
        case "purged":
            return UserPurged(*place, doc["user"], doc["before"], by)
        case "pinned":
            return MessagePinned(*place, messages[doc["message"]], by)
        case "unpinned":
            return MessageUnpinned(*place, doc["message"], by)
        case "mode":
            return ModesChanged(*place, doc["modes"], by)
        case _:
            raise ValueError(f"a room's event of an unknown kind: {kind}")
