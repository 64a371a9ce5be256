"""Telling what moderators have done, once it is committed: to them, and to whom it concerns."""

from collections.abc import Iterable
from typing import assert_never

from actors.ports import Batch, Connections
from actors.room.errors import RoomError
from actors.room.events import (
    By,
    DirectPosted,
    HeldResolved,
    Message,
    MessageHeld,
    MessagePosted,
    Push,
    ReportMade,
    RoleChanged,
    Sanctioned,
    ShadowPosted,
)
from actors.room.messages import Report
from actors.room.moderation import (
    Change,
    MessageRemoved,
    ModesSet,
    PendingPosted,
    PendingResolved,
    PendingTold,
    Person,
    Purged,
    PutOutBanned,
    Role,
    RolesChanged,
    SanctionTold,
)
from actors.room.posting import by
from actors.room.presence import Presence
from actors.room.roster import Roster
from actors.room.state import RoomState
from actors.room.works import Works

BANNED = "banned"


class Teller:
    """Pushes that are not for everybody."""

    def __init__(
        self,
        roster: Roster,
        presence: Presence,
        works: Works,
        connections: Connections | None = None,
    ) -> None:
        self._roster = roster
        self._presence = presence
        self._works = works
        self._connections = connections

    def tell_change(self, change: Change, state: RoomState, now_ms: int) -> None:
        """Do what takes no offset of a change that is committed."""
        for effect in change.effects:
            match effect:
                case SanctionTold(kind, user_id, name, until_ms, reason):
                    user = By(user_id, name)
                    told = Sanctioned(state.room_id, kind, user, until_ms, reason)
                    self._tell(told, state, user_id)
                case PendingTold(pending):
                    self._tell(MessageHeld(state.room_id, pending), state)
                case PendingResolved(pending_id, user_id, outcome):
                    self._tell(HeldResolved(state.room_id, pending_id, outcome), state, user_id)
                case PutOutBanned():
                    self.put_out_banned(state, now_ms)
                case ModesSet() | Purged() | MessageRemoved() | PendingPosted():
                    pass  # has an offset, and is told to all
                case RolesChanged(user_id, name, role):
                    self._tell_role(user_id, name, role, state)
                case _:
                    assert_never(effect)

    def tell_report(self, report: Report, message: Message, state: RoomState) -> None:
        """Tell the moderators of a report."""
        self._tell(ReportMade(state.room_id, message, by(report.by), report.reason), state)

    def tell_author(self, message: Message, state: RoomState) -> None:
        """Show a message to its author alone."""
        push = ShadowPosted(state.room_id, message)
        self._roster.tell(self._roster.members_of(message.user_id), Batch((push,)))

    def tell_two(self, pushes: Iterable[Push], state: RoomState) -> None:
        """Tell the two of a direct room of messages there, where they are not in it.

        Call it right after the members were told: in between nobody comes in or goes.
        """
        direct = state.moderation.direct
        if direct is None or self._connections is None:
            return
        told = tuple(
            DirectPosted(state.room_id, push.message)
            for push in pushes
            if isinstance(push, MessagePosted) and not push.message.deleted
        )
        if told:
            batch = Batch(told, ephemeral=True)
            self._connections.tell(direct.pair.ids, batch, self._roster)

    def put_out_banned(self, state: RoomState, now_ms: int) -> None:
        """Put out those who may not be in."""

        def is_banned(person: Person) -> bool:
            try:
                state.moderation.check_join(person, now_ms)
            except RoomError:
                return True
            return False

        self._presence.put_out(self._roster.members_where(is_banned), BANNED)

    def look_again(self, state: RoomState) -> None:
        """Put out who is in without a ticket, and was let in as a moderator, or is not told yet."""

        def stands_by_ticket(person: Person) -> bool:
            return person.holds_ticket or state.is_moderator(person)

        users = {each.user_id for each in self._roster.everybody() if not stands_by_ticket(each)}
        if users:
            self._works.put_out_unwelcome(users)

    def _tell_role(self, user_id: str, name: str, role: Role, state: RoomState) -> None:
        mine = RoleChanged(state.room_id, role.value)
        self._roster.tell(self._roster.members_of(user_id), Batch((mine,)))
        others = self._roster.members_where(
            lambda person: person.user_id != user_id and state.is_moderator(person)
        )
        told = RoleChanged(state.room_id, role.value, By(user_id, name))
        self._roster.tell(others, Batch((told,)))
        if not role.moderates:
            self._works.put_out_unwelcome({user_id})

    def _tell(self, push: Push, state: RoomState, user_id: str | None = None) -> None:
        """Tell moderators, and a user."""

        def concerned(person: Person) -> bool:
            mine = user_id is not None and person.user_id == user_id
            return mine or state.is_moderator(person)

        self._roster.tell(self._roster.members_where(concerned), Batch((push,)))
