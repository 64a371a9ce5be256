"""Direct messages: their commands, and what becomes of them beside the room's own part."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import assert_never

from actors.room import DirectMessages, Sent
from actors.room.direct import User
from server.gateway import wire
from server.gateway.fields import Fields, mark, optional_mark, text


@dataclass(frozen=True, slots=True)
class SendDirect:
    """Say something to a user alone."""

    user: str
    content: str
    client_id: str | None = None
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class ListDirect:
    """Ask for one's direct rooms."""


@dataclass(frozen=True, slots=True)
class BlockUser:
    """Let a user write to one no more."""

    user: str


@dataclass(frozen=True, slots=True)
class UnblockUser:
    """Let a user write to one again."""

    user: str


@dataclass(frozen=True, slots=True)
class ListBlocks:
    """Ask whom one has blocked."""


DirectCommand = SendDirect | ListDirect | BlockUser | UnblockUser | ListBlocks
"""Not for guests."""


async def correspond(
    command: DirectCommand,
    me: User,
    direct: DirectMessages,
    say: Callable[[str, SendDirect], Awaitable[Sent]],
) -> wire.Item:
    """Do a command; ``say`` has the room of two take a message.

    RoomError, KernelError, StoreUnavailable.
    """
    match command:
        case SendDirect(user, content):
            room = await direct.open(me, user, content)
            return {"room": room, **wire.sent(await say(room, command))}
        case ListDirect():
            return {"rooms": wire.direct_rooms(await direct.rooms_of(me.id))}
        case BlockUser(user):
            return {"user": wire.user(await direct.block(me.id, user))}
        case UnblockUser(user):
            await direct.unblock(me.id, user)
            return {"user": {"id": user}}
        case ListBlocks():
            return {"users": [wire.user(each) for each in await direct.blocked_by(me.id)]}
        case _:
            assert_never(command)


def _send(fields: Fields) -> DirectCommand:
    return SendDirect(
        mark(fields, "user"),
        text(fields, "content", None),
        optional_mark(fields, "client_id"),
        optional_mark(fields, "reply_to"),
    )


def _list(fields: Fields) -> DirectCommand:
    return ListDirect()


def _block(fields: Fields) -> DirectCommand:
    return BlockUser(mark(fields, "user"))


def _unblock(fields: Fields) -> DirectCommand:
    return UnblockUser(mark(fields, "user"))


def _blocks(fields: Fields) -> DirectCommand:
    return ListBlocks()


DIRECT_BUILDERS: dict[str, Callable[[Fields], DirectCommand]] = {
    "dm": _send,
    "dms": _list,
    "block": _block,
    "unblock": _unblock,
    "blocks": _blocks,
}
