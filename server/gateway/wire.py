"""What is said on the wire: plain objects, the same in both subprotocols."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from actors.room import (
    By,
    DirectPosted,
    DirectRoom,
    Event,
    HeldResolved,
    HistoryPage,
    Joined,
    MemberList,
    MemberRemoved,
    MembersCounted,
    Message,
    MessageDeleted,
    MessageEdited,
    MessageHeld,
    MessagePinned,
    MessagePosted,
    MessageUnpinned,
    ModesChanged,
    Push,
    ReactionsSummed,
    ReportMade,
    RoleChanged,
    Sanctioned,
    Sent,
    ShadowPosted,
    UserPurged,
    UsersTyping,
)
from actors.room.direct import User
from actors.room.moderation import Sanction
from actors.stream import Facts, HealthNews, StreamNews
from server.health_document import health_push
from server.times import rfc3339

Item = dict[str, Any]
"""One item of a server's frame: a reply or a push."""


@dataclass(frozen=True, slots=True)
class Told:
    """Things that many clients are told, in a reply's list: each is encoded once for all of them.

    A thing is immutable, and what a room tells again is the same object for as long as it is so.
    """

    things: tuple[Message | Event, ...]


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


def push(event: Push | StreamNews | HealthNews) -> Item:
    """Make the item that tells members what happened."""
    match event:
        case StreamNews():
            return _news(event)
        case HealthNews(stream, health):
            item: Item = {"push": "stream", "event": "health", "stream": stream}
            return {**item, "health": health_push(health)}
        case MembersCounted(room, count):
            return {"push": "members", "room": room, "count": count}
        case MemberRemoved(room, reason):
            return {"push": "removed", "room": room, "reason": reason}
        case ReactionsSummed(room, sums):
            return {"push": "reactions", "room": room, "sums": sums}
        case UsersTyping(room, users):
            return {"push": "typing", "room": room, "users": [_by(each) for each in users]}
        case ShadowPosted(room, message):
            item = {**message_item(message), "offset": None}
            return {"push": "message", "room": room, "offset": None, "message": item}
        case DirectPosted(room, message):
            item = message_item(message)
            by_whom = {"id": message.user_id, "name": message.user_name}
            told = {"offset": message.offset, "user": by_whom, "message": item}
            return {"push": "dm", "room": room, **told}
        case ReportMade(room, message, by, reason):
            told = {"message": message_item(message), "by": _by(by), "reason": reason}
            return {"push": "report", "room": room, **told}
        case Sanctioned() | RoleChanged() | MessageHeld() | HeldResolved():
            return _moderation(event)
        case _:
            return durable(event)


def _moderation(event: Sanctioned | RoleChanged | MessageHeld | HeldResolved) -> Item:
    """Make what is told to moderators, and to whom it concerns."""
    match event:
        case Sanctioned(room, kind, whom, until_ms, reason):
            item: Item = {"push": "sanction", "room": room, "kind": kind, "user": _by(whom)}
            if until_ms is not None:
                item["until"] = rfc3339(until_ms)
            if reason:
                item["reason"] = reason
            return item
        case RoleChanged(room, role, user):
            changed: Item = {"push": "role", "room": room, "role": role}
            return changed if user is None else {**changed, "user": _by(user)}
        case MessageHeld(room, pending):
            held = {
                "id": pending.id,
                "user": {"id": pending.user_id, "name": pending.name},
                "content": pending.content,
                "at": rfc3339(pending.at_ms),
            }
            return {"push": "pending", "room": room, "pending": held}
        case HeldResolved(room, pending_id, outcome):
            resolved = {"pending": {"id": pending_id}, "outcome": outcome}
            return {"push": "resolved", "room": room, **resolved}
        case _:
            assert_never(event)


def told(thing: Message | Event) -> Item:
    """Make the item of a thing that is told."""
    return message_item(thing) if isinstance(thing, Message) else durable(thing)


def durable(event: Event) -> Item:
    """Make the item of what has an offset."""
    kind, detail = _detail(event)
    return {"push": kind, "room": event.room, "offset": event.offset, **detail}


def _detail(event: Event) -> tuple[str, Item]:
    match event:
        case MessagePosted(_, message):
            return "message", {"message": message_item(message)}
        case MessageEdited(message=message, by=by):
            return "edited", {"message": _edited(message), "by": _by(by)}
        case MessageDeleted(message_id=id_, by=by, reason=None):
            return "deleted", {"message": {"id": id_}, "by": _by(by)}
        case MessageDeleted(message_id=id_, by=by, reason=reason):
            return "deleted", {"message": {"id": id_}, "by": _by(by), "reason": reason}
        case UserPurged(user_id=id_, before=before, by=by):
            return "purged", {"user": {"id": id_}, "before": before, "by": _by(by)}
        case MessagePinned(message=message, by=by):
            return "pinned", {"message": message_item(message), "by": _by(by)}
        case MessageUnpinned(message_id=id_, by=by):
            return "unpinned", {"message": {"id": id_}, "by": _by(by)}
        case ModesChanged(modes=modes, by=by):
            return "mode", {"modes": dict(modes), "by": _by(by)}
        case _:
            assert_never(event)


def message_item(message: Message) -> Item:
    """Make a message: its offset is in it, so that a list of them needs nothing else."""
    user = {"id": message.user_id, "name": message.user_name}
    if message.role is not None:
        user["role"] = message.role
    item: Item = {
        "id": message.id,
        "offset": message.offset,
        "user": user,
        "content": message.content,
        "at": rfc3339(message.at_ms),
    }
    if message.reply_to is not None:
        item["reply_to"] = message.reply_to
    if message.mentions:
        item["mentions"] = list(message.mentions)
    if message.edited_at_ms is not None:
        item["edited_at"] = rfc3339(message.edited_at_ms)
    if message.deleted:
        item["deleted"] = True
    if message.reactions:
        item["reactions"] = dict(message.reactions)
    return item


def joined(room: str, state: Joined) -> Item:
    """Make the result of ``join``."""
    item: Item = {
        "room": room,
        "epoch": state.epoch,
        "offset": state.offset,
        "recovered": state.recovered,
        "messages": Told(state.messages),
        "events": Told(state.events),
        "reactions": dict(state.sums),
        "members": state.members,
        "pinned": Told(state.pinned),
        "modes": state.modes.document(),
        "role": state.role,
    }
    if state.sanction is not None:
        item["sanction"] = _sanction(state.sanction)
    return item


def _sanction(sanction: Sanction) -> Item:
    item: Item = {"kind": sanction.kind.value}
    if sanction.until_ms is not None:
        item["until"] = rfc3339(sanction.until_ms)
    if sanction.reason:
        item["reason"] = sanction.reason
    return item


def sent(state: Sent) -> Item:
    """Make the result of ``send``."""
    if state.pending is not None:
        return {"pending": state.pending}
    return {"offset": state.offset, "message": state.message_id}


def members(room: str, found: MemberList) -> Item:
    """Make the result of ``members``."""
    item: Item = {"room": room, "count": found.count}
    if found.users is not None:
        item["members"] = [
            {"id": each.user_id, "name": each.name, "role": each.role} for each in found.users
        ]
    return item


def direct_rooms(found: Sequence[DirectRoom]) -> list[Item]:
    """Make one's list of direct rooms."""
    return [
        {
            "room": each.id,
            "user": user(each.other),
            "offset": each.offset,
            "at": rfc3339(each.at_ms),
        }
        for each in found
    ]


def user(who: User) -> Item:
    """Make a user."""
    return {"id": who.id, "name": who.name}


def watched(stream: str, facts: Facts, viewers: int) -> Item:
    """Make the result of ``watch``: how the stream stands."""
    item: Item = {
        "stream": stream,
        "status": facts.status,
        "on_air": facts.on_air,
        "viewers": viewers,
    }
    if facts.show is not None:
        item["show"] = facts.show
    return item


def _news(news: StreamNews) -> Item:
    """Make what those who watch a stream are told; a deleted one has ended for good."""
    facts = news.facts
    item: Item = {"push": "stream", "event": news.event, "at": rfc3339(news.at_ms)}
    item |= watched(news.stream, facts, news.viewers)
    if news.event == "updated":
        item |= {"title": facts.title, "description": facts.description, "access": facts.access}
    if facts.gone:
        item |= {"status": "ended", "on_air": False, "viewers": 0, "gone": True}
    return item


def history(room: str, page: HistoryPage) -> Item:
    """Make the result of ``history``."""
    return {"room": room, "messages": Told(page.messages), "more": page.more}


def _edited(message: Message) -> Item:
    """Make what an edit tells; by the time that it is told again, the message may be deleted."""
    item: Item = {"id": message.id, "content": message.content}
    if message.edited_at_ms is not None:
        item["edited_at"] = rfc3339(message.edited_at_ms)
    if message.deleted:
        item["deleted"] = True
    return item


def _by(by: By) -> Item:
    return {"id": by.user_id, "name": by.name}
