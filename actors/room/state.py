"""What is so in a room: as it is stored, and as far as its actor keeps it in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from actors.room.archive import Archive, RoomRecord
from actors.room.events import Event, Message, UserPurged
from actors.room.moderation import Moderation, Person
from actors.room.purges import Purge, Purges, after_purge
from actors.room.reactions import ReactionSums
from actors.room.recent import RECENT_EVENTS, RECENT_MESSAGES, Recent


@dataclass(slots=True)
class RoomState:
    """A room after its last commit."""

    room_id: str
    record: RoomRecord
    recent: Recent
    purges: Purges
    sums: ReactionSums
    moderation: Moderation

    def is_moderator(self, person: Person) -> bool:
        """Whether somebody may do what only moderators may."""
        return self.moderation.rules.role(person).moderates

    def role_of(self, person: Person) -> str | None:
        """Give the role that is shown beside somebody's name, None of a plain member."""
        role = self.moderation.rules.role(person)
        return role.value if role.moderates else None

    def advance(
        self, after: RoomRecord, events: Iterable[Event], amended: Iterable[Message]
    ) -> None:
        """Have the room as a commit has left it."""
        for event in events:
            if isinstance(event, UserPurged):
                self.purges[event.user_id] = after_purge(self.purges, event)
        self.record = after
        self.recent.extend(events)
        for message in amended:
            self.recent.amend(replace(message, version=message.version + 1))
        self.recent.pin(after.pinned)

    def scrubbed(self, user_id: str, purge: Purge) -> None:
        """What a purge hid is blank in the store, and the purge gone."""
        found = self.purges.get(user_id)
        if found is not None and found.before == purge.before:
            del self.purges[user_id]

    def shown(self, messages: Iterable[Message]) -> tuple[Message, ...]:
        """Give messages with what has been put under them."""
        return tuple(self.sums.under(message) for message in messages)

    def pinned(self) -> tuple[Message, ...]:
        """Give the messages on top of the room."""
        found = (self.recent.message(each) for each in self.record.pinned)
        return self.shown(message for message in found if message is not None)


async def load(archive: Archive) -> RoomState | None:
    """Read a room, made now for a stream that has none; None where there is neither.

    StoreUnavailable.
    """
    record = await archive.open()
    if record is None:
        return None
    last = record.last_offset
    purges = await archive.purges()
    events = await archive.between(max(0, last - RECENT_EVENTS), last)
    messages = await archive.before(last + 1, RECENT_MESSAGES + 1)
    kept = [await archive.message(each) for each in record.pinned]
    older = len(messages) > RECENT_MESSAGES
    recent = Recent(
        last,
        events,
        messages[-RECENT_MESSAGES:],
        older=older,
        kept=[message for message in kept if message is not None],
    )
    sums = await ReactionSums.load(archive, recent.first_message_offset)
    posts = [(message.user_id, message.at_ms) for message in messages]
    moderation = await Moderation.load(archive.store, archive.room_id, posts)
    return RoomState(archive.room_id, record, recent, purges, sums, moderation)
