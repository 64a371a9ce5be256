"""Chat rooms: an order of messages that survives everything, and members who all see it."""

from actors.room.actor import FIRST_MESSAGES, MAX_HISTORY_MESSAGES, RoomActor
from actors.room.archive import room_exists
from actors.room.errors import RoomError, licence_required, not_found
from actors.room.events import MemberRemoved, MembersCounted, Message, MessagePosted, Push
from actors.room.limits import (
    MAX_MEMBERS,
    MAX_MESSAGE_CHARACTERS,
    USER_BURST_MESSAGES,
    USER_MESSAGES_PER_S,
    TokenBucket,
)
from actors.room.messages import (
    CountMembers,
    History,
    HistoryPage,
    Join,
    Joined,
    Leave,
    ListUsers,
    PutOut,
    RoomMessage,
    Send,
    Sent,
)
from actors.room.rooms import ROOM_IDLE_S, RoomFactory
from actors.room.roster import RoomMember, Roster, Rosters

__all__ = [
    "FIRST_MESSAGES",
    "MAX_HISTORY_MESSAGES",
    "MAX_MEMBERS",
    "MAX_MESSAGE_CHARACTERS",
    "ROOM_IDLE_S",
    "USER_BURST_MESSAGES",
    "USER_MESSAGES_PER_S",
    "CountMembers",
    "History",
    "HistoryPage",
    "Join",
    "Joined",
    "Leave",
    "ListUsers",
    "MemberRemoved",
    "MembersCounted",
    "Message",
    "MessagePosted",
    "Push",
    "PutOut",
    "RoomActor",
    "RoomError",
    "RoomFactory",
    "RoomMember",
    "RoomMessage",
    "Roster",
    "Rosters",
    "Send",
    "Sent",
    "TokenBucket",
    "licence_required",
    "not_found",
    "room_exists",
]
