"""Who is in a room, and how far they have been told. It outlives the room's actor."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from operator import length_hint
from typing import Protocol

import trio

from actors.ports import Batch, Member
from actors.room.moderation import Person

OFFERS_PER_CHECKPOINT = 256
"""At some 5 microseconds each, other tasks wait little over a millisecond."""


class RoomMember(Member, Protocol):
    """A member as its room holds it: one who can be put out."""

    def put_out(self, room_id: str, farewell: Batch) -> None:
        """Be in this room no more, from now on; the last push says why."""
        ...


class Roster:
    """The members of one room.

    It is kept apart from the actor, for a crash of the actor must not leave members in silence:
    the next one finds them here, with the ``offset`` up to which all have been told, and those
    whom a batch that was interrupted has yet to reach.
    """

    def __init__(self) -> None:
        self.offset = 0
        self._members: dict[RoomMember, Person] = {}  # with whose each is
        self._batch: Batch | None = None
        self._due: Iterator[RoomMember] = iter(())

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, member: object) -> bool:
        return member in self._members

    def users(self) -> frozenset[str | None]:
        """Give whose members are in; None stands for the guests."""
        return frozenset(person.user_id for person in self._members.values())

    def everybody(self) -> Iterable[Person]:
        """Give whose each member is."""
        return self._members.values()

    def people(self) -> dict[str, Person]:
        """Give the users who are in, by their ids: no guests, and each once."""
        return {each.user_id: each for each in self._members.values() if each.user_id is not None}

    def person(self, user_id: str) -> Person | None:
        """Give a user who is in."""
        return next((each for each in self._members.values() if each.user_id == user_id), None)

    def members_of(self, user_id: str | None) -> list[RoomMember]:
        """Give a user's members, or the guests."""
        return self.members_where(lambda person: person.user_id == user_id)

    def members_where(self, holds: Callable[[Person], bool]) -> list[RoomMember]:
        """Give the members of those of whom something holds."""
        return [member for member, person in self._members.items() if holds(person)]

    def add(self, member: RoomMember, person: Person) -> None:
        """Let a member in; one that is in already may have signed in since."""
        self._members[member] = person

    def remove(self, member: RoomMember) -> None:
        """Let a member go; nothing happens where it is not in."""
        self._members.pop(member, None)

    def tell(self, members: Iterable[RoomMember], batch: Batch) -> None:
        """Offer a batch to some alone; it has no offset."""
        for member in members:
            if member.offer(batch) is not None:
                self.remove(member)

    async def publish(self, batch: Batch, offset: int) -> None:
        """Offer a batch to all; ``offset`` is the room's with this batch. Only the actor does."""
        self._batch = batch
        self._due = iter(list(self._members))
        self.offset = offset
        await self.finish()

    async def finish(self) -> None:
        """Offer the newest batch to those whom it has not reached."""
        batch, due = self._batch, self._due
        if batch is None:
            return
        while length_hint(due):
            # An iterator has let go of each before it is offered: whatever happens, nobody gets a
            # batch twice. (It takes 0.1 us less for each than to pop from a list and count.)
            for member in islice(due, OFFERS_PER_CHECKPOINT):
                if member.offer(batch) is not None:
                    self.remove(member)
            if length_hint(due):
                await trio.lowlevel.checkpoint()
        self._batch = None


class Rosters:
    """The rosters of all rooms that have members or an actor."""

    def __init__(self) -> None:
        self._rosters: dict[str, Roster] = {}

    def __len__(self) -> int:
        return len(self._rosters)

    def of(self, room_id: str) -> Roster:
        """Give the roster of a room, a new one if need be."""
        return self._rosters.setdefault(room_id, Roster())

    def release(self, room_id: str) -> None:
        """Forget the roster of a room whose actor has ended, if nobody is in."""
        if not self._rosters[room_id]:
            del self._rosters[room_id]
