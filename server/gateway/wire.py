"""What is said on the wire: plain objects, the same in both subprotocols."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from actors.room import (
    HistoryPage,
    Joined,
    MemberRemoved,
    MembersCounted,
    Message,
    MessagePosted,
    Push,
    Sent,
)

Item = dict[str, Any]
"""One item of a server's frame: a reply or a push."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ok(command_id: int | str | None, result: Item) -> Item:
    """Make the reply to a command that was done."""
    return {"re": command_id, "ok": result}


def error(
    command_id: int | str | None, code: str, message: str, retry_after_s: float | None = None
) -> Item:
    """Make the reply to a command that was refused."""
    detail: Item = {"code": code, "message": message}
    if retry_after_s is not None:
        detail["retry_after"] = round(retry_after_s, 1)
    return {"re": command_id, "error": detail}


def push(event: Push) -> Item:
    """Make the item that tells a room's members what happened."""
    match event:
        case MessagePosted(room, message):
            return {
                "push": "message",
                "room": room,
                "offset": message.offset,
                "message": message_item(message),
            }
        case MembersCounted(room, count):
            return {"push": "members", "room": room, "count": count}
        case MemberRemoved(room, reason):
            return {"push": "removed", "room": room, "reason": reason}


def message_item(message: Message) -> Item:
    """Make a message: its offset is in it, so that a list of them needs nothing else."""
    return {
        "id": message.id,
        "offset": message.offset,
        "user": {"id": message.user_id, "name": message.user_name},
        "content": message.content,
        "at": _rfc3339(message.at_ms),
    }


def joined(room: str, state: Joined) -> Item:
    """Make the result of ``join``."""
    return {
        "room": room,
        "epoch": state.epoch,
        "offset": state.offset,
        "recovered": state.recovered,
        "messages": _messages(state.messages),
        "members": state.members,
    }


def sent(state: Sent) -> Item:
    """Make the result of ``send``."""
    return {"offset": state.offset, "message": state.message_id}


def history(room: str, page: HistoryPage) -> Item:
    """Make the result of ``history``."""
    return {"room": room, "messages": _messages(page.messages), "more": page.more}


def _messages(messages: Iterable[Message]) -> list[Item]:
    return [message_item(message) for message in messages]


def _rfc3339(at_ms: int) -> str:
    at = _EPOCH + timedelta(milliseconds=at_ms)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
