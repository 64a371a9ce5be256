"""The bodies of rooms and of their moderation, as the OpenAPI document shows them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from actors.room.moderation.modes import MAX_SLOW_S
from actors.room.moderation.sanctions import MAX_BAN_S
from actors.room.moderation.words import MAX_WORDS
from server.api.bodies import DEFAULT_LIMIT, MAX_LIMIT, AuthorView, Body, Text, Title

MAX_OFFSET = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly (RFC 8259, 6)."""

Action = Literal[
    "delete",
    "purge",
    "timeout",
    "untimeout",
    "ban",
    "unban",
    "shadowban",
    "unshadowban",
    "slow",
    "mode",
    "words",
    "role",
    "approve",
    "reject",
]
Words = Annotated[list[Text], Field(max_length=MAX_WORDS)]


class CreateRoomBody(Body):
    """A new room of one's own."""

    title: Title


class PageQuery(Body):
    """Which part of a list."""

    cursor: str | None = None
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)


class ModesView(Body):
    """How a room is held; moderators are exempt."""

    slow_s: int = Field(description="Seconds between two messages of a user; 0: none", ge=0,
                        le=MAX_SLOW_S)  # fmt: skip
    ticket_holders: bool = Field(description="Only who has a ticket writes")
    emote_only: bool = Field(description="Nothing but emoji")
    approval: bool = Field(description="Messages wait for a moderator")


class MessagesQuery(Body):
    """Which messages: the last ones, or those before an offset."""

    before: int = Field(MAX_OFFSET, ge=1, le=MAX_OFFSET)
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)


class SpeakerView(Body):
    """Who sent a message; ``role`` is absent for a plain member."""

    id: str
    name: str
    role: Literal["owner", "moderator"] | None = None


class MessageView(Body):
    """A message as it is now; ``offset`` is its place in the room's order.

    The members that may be missing are absent where there is nothing to say. A deleted message
    has an empty content.
    """

    id: str
    offset: int
    user: SpeakerView
    content: str
    at: str
    reply_to: str = ""
    mentions: list[str] = Field([])
    edited_at: str = ""
    deleted: bool = False
    reactions: dict[str, int] = Field({}, description="How often each emoji was put under it")


class MessageList(Body):
    """Messages in their order; ``more`` tells whether there are earlier ones."""

    room: str
    messages: list[MessageView]
    more: bool


class RoomView(Body):
    """A room; ``role`` is the caller's in it."""

    id: str
    title: str
    owner: AuthorView
    created_at: str
    modes: ModesView
    members: int
    role: Literal["owner", "moderator", "member", "guest"]
    pinned: list[MessageView]


class OwnRoomView(Body):
    """A room of one's own, in short."""

    id: str
    title: str
    created_at: str


class OwnRoomList(Body):
    """One page of one's own rooms, the newest first."""

    items: list[OwnRoomView]
    next_cursor: str | None


class ModerateBody(Body):
    """What a moderator does. Which fields count depends on ``action``.

    ``delete``: message, reason; ``purge``, ``untimeout``, ``unban``, ``unshadowban``: user;
    ``timeout``: user, seconds, reason; ``ban``: user, reason, seconds, address; ``shadowban``:
    user, reason; ``slow``: seconds; ``mode``: ticket_holders, emote_only, approval; ``words``:
    add, remove; ``role`` (the owner alone): user, role; ``approve``, ``reject``: pending.
    """

    action: Action
    user: Text | None = None
    message: Text | None = None
    pending: Text | None = None
    reason: Text | None = None
    seconds: int | None = Field(None, ge=0, le=MAX_BAN_S)
    address: bool | None = Field(None, description="Ban all who come from the user's address, too")
    ticket_holders: bool | None = None
    emote_only: bool | None = None
    approval: bool | None = None
    add: Words | None = None
    remove: Words | None = None
    role: Literal["moderator", "member"] | None = None


class ModeratedView(Body):
    """It is done; ``offset`` is its place in the room's order, null where it has none."""

    offset: int | None


class AuditView(Body):
    """One act of a moderator."""

    id: str
    at: str
    by: AuthorView
    action: Action | Literal["dismiss"]
    target: str | None = Field(description="The id of the user, message or waiting message")
    target_name: str | None = Field(description="Whom it was done to, or whose message it was")
    detail: dict[str, Any]


class AuditList(Body):
    """One page of the audit log, the newest first."""

    items: list[AuditView]
    next_cursor: str | None


class SanctionView(Body):
    """What is laid on a user. ``until`` is null where it is for good."""

    user: AuthorView
    kind: Literal["timeout", "ban", "shadowban"]
    until: str | None
    reason: str
    by: AuthorView
    at: str
    address: bool = Field(description="Whether all who come from the user's address are banned")


class SanctionList(Body):
    """One page of what is laid on users, the newest first. Some may have less than ``limit``."""

    items: list[SanctionView]
    next_cursor: str | None


class ReportView(Body):
    """Somebody found a message wrong; ``content`` is what it said then, ``user`` who said it."""

    id: str
    at: str
    message: str
    user: str
    user_name: str
    content: str
    deleted: bool = Field(description="Whether the message is gone already")
    by: AuthorView
    reason: str


class ReportList(Body):
    """One page of reports, the newest first."""

    items: list[ReportView]
    next_cursor: str | None


class PendingView(Body):
    """A message that waits for a moderator."""

    id: str
    at: str
    user: AuthorView
    content: str


class PendingList(Body):
    """One page of messages that wait, the newest first. Some may have less than ``limit``."""

    items: list[PendingView]
    next_cursor: str | None


class RoleView(Body):
    """Somebody who keeps order; the owner has no ``since``."""

    user: AuthorView
    role: Literal["owner", "moderator"]
    since: str | None


class RoleList(Body):
    """One page of those who keep order: the owner on the first one, then the newest."""

    items: list[RoleView]
    next_cursor: str | None


class WordList(Body):
    """The words that nobody may write, in alphabetical order."""

    words: list[str]


class PresentView(Body):
    """Somebody who is in a room, or wrote in it lately; ``role`` is null for a plain member."""

    id: str
    name: str
    role: Literal["owner", "moderator"] | None
    present: bool = Field(description="Whether they are in it; of a full room that is not told")


class PresentList(Body):
    """Who is in the room by name, then who wrote one of the last messages."""

    items: list[PresentView]
