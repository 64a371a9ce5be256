"""Direct messages beside the room itself: how its room is made, found and listed, and blocks."""

from collections.abc import Awaitable
from dataclasses import dataclass, replace

import trio

from actors.kernel import ActorStopped, Directory, Ref
from actors.ports import Clock
from actors.room.archive import ROOMS, SPOKEN_AT, new_record, room_document
from actors.room.direct import Pair, User, direct_room_id, pair_of, with_blocks
from actors.room.direct_blocks import Blocks
from actors.room.errors import RoomError, rate_limited, unavailable
from actors.room.limits import UserLimits
from actors.room.messages import ReadBlocks, RoomMessage
from actors.room.text import clean_content
from actors.services.pages import Page
from storage.api import Conflict, Cursor, OutcomeUnknown, Put, Row, Store

USERS = "users"
MAX_LISTED_ROOMS = 50
USER_BURST_CONVERSATIONS = 10
USER_CONVERSATIONS_PER_S = 10 / 60
ALL_BURST_CONVERSATIONS = 1_000
ALL_CONVERSATIONS_PER_S = 100.0
"""Within the minute that a user's bucket takes to fill, at most 7,000 are not full: fewer than
are tracked."""


@dataclass(frozen=True, slots=True)
class DirectRoom:
    """A direct room as one of its two sees it. ``at_ms`` is when the last message was sent."""

    id: str
    other: User
    offset: int
    at_ms: int


class DirectMessages:
    """What users do about direct messages; to say something in a direct room is the room's.

    Every method raises StoreUnavailable.
    """

    def __init__(self, store: Store, clock: Clock, rooms: Directory[RoomMessage]) -> None:
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._blocks = Blocks(store, clock)
        self._limits = UserLimits(
            (USER_CONVERSATIONS_PER_S, USER_BURST_CONVERSATIONS),
            (ALL_CONVERSATIONS_PER_S, ALL_BURST_CONVERSATIONS),
        )

    async def open(self, by: User, user_id: str, content: str) -> str:
        """Give the id of the room of two, made now if there is none, for a message to be said.

        RoomError bad_request, and where it is to be made: empty_message, message_too_long,
        rate_limited, not_found, blocked, unavailable.
        """
        if user_id == by.id:
            raise RoomError("bad_request", "A direct message goes to somebody else.")
        room_id = direct_room_id(by.id, user_id)
        # A room whose actor runs was found before: most messages cost no read here.
        if self._rooms.get(room_id) is None and await self._store.get(ROOMS, room_id) is None:
            clean_content(content)
            wait_s = self._limits.take(by.id)
            if wait_s > 0:
                raise rate_limited(wait_s)
            pair = pair_of(by, await self._user(user_id))
            (await with_blocks(self._store, pair)).check_voice(by.id)
            await self._make(room_id, pair)
        return room_id

    async def block(self, by: str, user_id: str) -> User:
        """Let a user write no more; fine where it is so. Once done, their room goes by it.

        RoomError bad_request, not_found, too_many_blocks, busy; KernelError.
        """
        if user_id == by:
            raise RoomError("bad_request", "You cannot block yourself.")
        user = await self._user(user_id)
        await self._told(by, user_id, self._blocks.put(by, user))
        return user

    async def unblock(self, by: str, user_id: str) -> None:
        """Let a user write again; fine where it is so. RoomError busy; KernelError."""
        await self._told(by, user_id, self._blocks.remove(by, user_id))

    async def rooms_of(self, user_id: str) -> list[DirectRoom]:
        """Give the newest of a user's direct rooms; see ``list_direct``."""
        page = await list_direct(self._store, user_id, None, MAX_LISTED_ROOMS)
        return page.items

    async def blocked_by(self, user_id: str) -> list[User]:
        """Give those whom a user has blocked, the newest first."""
        return await self._blocks.of(user_id)

    async def _told(self, by: str, user_id: str, change: Awaitable[None]) -> None:
        """Change a block, and have the room of the two read it, however the change went.

        Also where the client has gone meanwhile: both ends of this are bounded waits.
        """
        with trio.CancelScope(shield=True):
            try:
                await change
            finally:
                ref = self._rooms.get(direct_room_id(by, user_id))
                if ref is not None:
                    await _ask_to_read(ref)

    async def _user(self, user_id: str) -> User:
        row = await self._store.get(USERS, user_id)
        if row is None:
            raise RoomError("not_found", "There is no such user.")
        return User(row.id, row.doc["name"])

    async def _make(self, room_id: str, pair: Pair) -> None:
        """Make the room of two, unless the other one was faster. RoomError unavailable."""
        record = replace(new_record(self._clock.now_ms()), more=pair.document())
        try:
            await self._store.commit(Put(ROOMS, room_id, room_document(record), 0))
        except Conflict:
            return
        except OutcomeUnknown as error:
            raise unavailable() from error  # sent again, it finds the room or makes it


async def list_direct(
    store: Store, user_id: str, after: Cursor | None, limit: int
) -> Page[DirectRoom]:
    """Return the direct rooms of a user in which something was said, the newest said first.

    StoreUnavailable.
    """
    rows: list[Row] = []
    for place in ("first", "second"):
        rows += await store.find(
            ROOMS, {place: user_id}, sort=SPOKEN_AT, descending=True, after=after, limit=limit + 1
        )
    rows.sort(key=_spoken, reverse=True)
    kept = rows[:limit]
    last = _spoken(kept[-1]) if len(rows) > limit else None
    return Page([_direct_room(row, user_id) for row in kept], last)


def _spoken(row: Row) -> tuple[int, str]:
    return row.doc[SPOKEN_AT], row.id


def _direct_room(row: Row, user_id: str) -> DirectRoom:
    other = Pair.of(row.doc).other(user_id)
    return DirectRoom(row.id, other, row.doc["last_offset"], row.doc[SPOKEN_AT])


async def _ask_to_read(room: Ref[RoomMessage]) -> None:
    try:
        await room.ask(ReadBlocks())
    except ActorStopped:
        return  # it reads them when it starts again
