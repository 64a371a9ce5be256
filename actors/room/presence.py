"""Who is in a room, and what its members are told of each other."""

from collections.abc import Callable, Iterable
from typing import Any

from actors.ports import Batch
from actors.room.events import By, MemberRemoved, MembersCounted, Push, UsersTyping
from actors.room.messages import (
    Listed,
    MemberList,
    RoomMessage,
)
from actors.room.moderation import Person
from actors.room.outcomes import (
    CountDue,
    TypingDue,
)
from actors.room.roster import RoomMember, Roster
from actors.room.typing import MAX_TYPING_MEMBERS, TYPING_INTERVAL_S, Typing

COUNT_INTERVAL_S = 2.0
MAX_LISTED_MEMBERS = 200


class Presence:
    """The room's members as its actor deals with them; ``later`` is the context's ``after``."""

    def __init__(
        self, room_id: str, roster: Roster, later: Callable[[float, RoomMessage], Any]
    ) -> None:
        self._room_id = room_id
        self._roster = roster
        self._later = later
        self._told_count = 0
        self._count_pending = False
        self._typing = Typing()
        self._typing_pending = False

    def put_out(self, members: Iterable[RoomMember], reason: str) -> None:
        """Put members out, telling each why."""
        farewell = Batch((MemberRemoved(self._room_id, reason),))
        for member in members:
            self._roster.remove(member)
            member.put_out(self._room_id, farewell)
        self.count_changed()

    def listed(self, role_of: Callable[[Person], str | None]) -> MemberList:
        """Tell who is in, or only how many where they are many."""
        count = len(self._roster)
        if count > MAX_LISTED_MEMBERS:
            return MemberList(count, None)
        people = self._roster.people()
        users = tuple(Listed(id_, each.name, role_of(each)) for id_, each in people.items())
        return MemberList(count, users)

    def count_changed(self) -> None:
        """Have the members told their number, in a while and if it is still another one."""
        if not self._count_pending and len(self._roster) != self._told_count:
            self._count_pending = True
            self._later(COUNT_INTERVAL_S, CountDue())

    async def tell_count(self) -> None:
        """Tell the members their number."""
        self._count_pending = False
        count = len(self._roster)
        if count != self._told_count:
            self._told_count = count
            await self._tell_all(MembersCounted(self._room_id, count))

    async def note_typing(self, by: By) -> None:
        """Tell that somebody is writing: the first at once, others with the next sample."""
        if len(self._roster) > MAX_TYPING_MEMBERS:
            return
        self._typing.note(by)
        if not self._typing_pending:
            await self.tell_typing()

    def stop_typing(self, by: By) -> None:
        """Somebody has sent what they wrote."""
        self._typing.stop(by.user_id)

    async def tell_typing(self) -> None:
        """Tell who has been writing since the last sample."""
        users = self._typing.sample()
        self._typing_pending = users is not None
        if users is not None:
            self._later(TYPING_INTERVAL_S, TypingDue())
            await self._tell_all(UsersTyping(self._room_id, users))

    async def _tell_all(self, push: Push) -> None:
        await self._roster.publish(Batch((push,), ephemeral=True), self._roster.offset)
