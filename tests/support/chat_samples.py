"""One of each of a room's pushes, whole and as bare as it can be, as the gateway puts them."""

from dataclasses import replace
from typing import Any

from actors.ids import new_id
from actors.room import (
    By,
    DirectPosted,
    HeldResolved,
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
    ShadowPosted,
    UserPurged,
    UsersTyping,
)
from actors.room.moderation import Modes, Pending
from actors.stream import Facts, HealthNews, StreamNews
from actors.stream.health import AudioHealth, Health, Level, Point, State, Verdict, VideoHealth
from server.gateway import wire

ROOM = new_id("str")
ID = new_id("evt")
BY = By(new_id("usr"), "Ada")
AT_MS = 1_732_406_400_000
BARE = Message(1, new_id("msg"), BY.user_id, BY.name, "Hello", AT_MS)
WHOLE = Message(
    2,
    new_id("msg"),
    BY.user_id,
    BY.name,
    "Grüße 🎸",
    AT_MS,
    client_id="c-1",
    role="owner",
    reply_to=BARE.id,
    mentions=(new_id("usr"), new_id("usr")),
    edited_at_ms=AT_MS + 1,
    reactions=(("🎸", 2),),
)
GONE = Message(3, new_id("msg"), BY.user_id, BY.name, "", AT_MS, edited_at_ms=AT_MS, deleted=True)
PENDING = Pending(new_id("pnd"), BY.user_id, BY.name, "May I?", AT_MS)
LIVE = Facts(3, "Jam", "All night", "public", "live", True, new_id("shw"))

HEALTH = Health(
    state=State.BAD,
    verdicts=(Verdict("no_media", Level.BAD, "Nothing has arrived for 6 s."),),
    on_air=True,
    status="live",
    started_at_ms=AT_MS,
    uptime_s=61.2,
    encoder="FMLE/3.0",
    reconnects=1,
    viewers=3,
    video=VideoHealth("avc1.64001F", 1280, 720, 29.97, 2.0, 2870.4),
    audio=AudioHealth("mp4a.40.2", 48_000, 2, 160.1),
    kbps=3030.5,
    av_skew_ms=-21,
    jumps=1,
    dropped_frames=2,
    long_gops=3,
    read_lag_ms=8,
    point=Point(AT_MS, 3012.7, 30.0, -21, 8, 3),
)
OFFLINE = replace(
    HEALTH,
    state=State.OFFLINE,
    verdicts=(),
    on_air=False,
    status="idle",
    started_at_ms=None,
    uptime_s=0,
    encoder=None,
    video=None,
    audio=None,
    av_skew_ms=None,
    point=None,
)

EVENTS: list[Push | StreamNews | HealthNews] = [
    *(MessagePosted(ROOM, each) for each in (BARE, WHOLE, GONE)),
    *(MessageEdited(ROOM, 4, ID, each, BY) for each in (WHOLE, GONE)),
    MessageDeleted(ROOM, 5, ID, GONE.id, BY),
    MessageDeleted(ROOM, 6, ID, GONE.id, BY, "spam"),
    UserPurged(ROOM, 7, ID, BY.user_id, 7, BY),
    MessagePinned(ROOM, 8, ID, WHOLE, BY),
    MessageUnpinned(ROOM, 9, ID, WHOLE.id, BY),
    ModesChanged(ROOM, 10, ID, Modes(slow_s=5).document(), BY),
    MembersCounted(ROOM, 0),
    *(MemberRemoved(ROOM, each) for each in ("banned", "licence_revoked", "licence_required")),
    ReactionsSummed(ROOM, {BARE.id: {"🎸": 2}, WHOLE.id: {}}),
    UsersTyping(ROOM, (BY,)),
    UsersTyping(ROOM, ()),
    ShadowPosted(ROOM, BARE),
    ReportMade(ROOM, WHOLE, BY, "spam"),
    Sanctioned(ROOM, "timeout", BY, AT_MS, "spam"),
    Sanctioned(ROOM, "ban", BY, None, ""),
    MessageHeld(ROOM, PENDING),
    HeldResolved(ROOM, PENDING.id, "expired"),
    RoleChanged(ROOM, "moderator"),
    RoleChanged(ROOM, "member", BY),
    DirectPosted(new_id("dmr"), WHOLE),
    *(StreamNews(ROOM, each, LIVE, 3, AT_MS) for each in ("live", "updated", "viewers")),
    StreamNews(ROOM, "ended", replace(LIVE, gone=True), 0, AT_MS),
    *(HealthNews(ROOM, each) for each in (HEALTH, OFFLINE)),
]

PUSHES: list[dict[str, Any]] = [wire.push(each) for each in EVENTS]
