"""The room's actor: one order for all that happens, and everybody told of it."""

from dataclasses import replace
from typing import assert_never

import structlog

from actors.kernel import Actor
from actors.ports import Batch, Clock, Connections
from actors.room.archive import Archive
from actors.room.errors import RoomError
from actors.room.events import Message, Push, ReactionsSummed
from actors.room.floor import Floor
from actors.room.history import answer_history, find_author, find_message
from actors.room.joining import joined
from actors.room.limits import MAX_MEMBERS
from actors.room.messages import (
    CountMembers,
    Delete,
    Edit,
    Found,
    History,
    HistoryPage,
    Join,
    Leave,
    ListMembers,
    ListUsers,
    Moderate,
    NoteTyping,
    OnMessage,
    Pin,
    PutOut,
    Question,
    React,
    ReadBlocks,
    Report,
    RoomMessage,
    Send,
    message_of,
)
from actors.room.moderation import Person
from actors.room.nowhere import refuse
from actors.room.order import Order
from actors.room.outcomes import (
    CommitFailed,
    Committed,
    CountDue,
    Outcome,
    ReactionsWritten,
    Reconciled,
    Reported,
    Scrubbed,
    TickDue,
    TypingDue,
)
from actors.room.posting import by
from actors.room.presence import Presence
from actors.room.reactions import BatchOutcome
from actors.room.roster import Rosters
from actors.room.state import RoomState, load
from actors.room.telling import Teller
from actors.room.text import clean_reason
from actors.room.works import Works
from actors.room.writing import write_report

MAX_HISTORY_MESSAGES = 100

log = structlog.get_logger()


class RoomActor(Actor[RoomMessage]):
    """Owns a room's order. What comes while a commit is under way goes into the next one.

    Nothing is acknowledged or pushed before it is committed, so no offset is ever seen twice.
    """

    def __init__(
        self,
        archive: Archive,
        rosters: Rosters,
        clock: Clock,
        connections: Connections | None = None,
    ) -> None:
        self._archive = archive
        self._room_id = archive.room_id
        self._rosters = rosters
        self._roster = rosters.of(archive.room_id)
        self._clock = clock
        self._connections = connections
        self._order: Order | None = None
        self._floor = Floor(clock, self._roster)

    async def started(self) -> None:
        """Read where the room stands, and tell its members what they have not heard of it."""
        self._inherited = self.context.me.waiting
        self._presence = Presence(self._room_id, self._roster, self.context.after)
        self._works = Works(self.context, self._archive, self._roster)
        self._teller = Teller(self._roster, self._presence, self._works, self._connections)
        state = await load(self._archive)
        if state is None:
            return
        self._order = Order(state)
        self._works.scrub(state.purges)
        await self._roster.finish()
        if not self._roster:
            self._roster.offset = state.record.last_offset
        await self._catch_up(state)
        self._presence.count_changed()

    async def stopped(self) -> None:
        """What is under way is refused by the kernel, and is safe to send again."""
        self._rosters.release(self._room_id)

    def idle(self) -> bool:
        """Whether nobody is in and nothing is under way."""
        return not (self._roster or self._order or self._floor.desk or self._works)

    async def receive(self, message: RoomMessage) -> None:
        """Handle one message, but for what a task of an earlier life, all refused, has to say."""
        inherited = self._inherited > 0
        self._inherited -= inherited
        if inherited and isinstance(message, Outcome | Found):
            return
        order = self._order
        if order is None:
            refuse(message)
        elif isinstance(message, Outcome):
            await self._do_outcome(message, order)
        else:
            try:
                await self._do(message, order)
            except RoomError as error:
                question = message.question if isinstance(message, Found) else message
                question.reply.refuse(error)

    async def _do(self, message: Question | Found, order: Order) -> None:
        """Handle what members ask. RoomError."""
        match message:
            case Join():
                self._do_join(message, order.state)
            case Leave():
                self._roster.remove(message.member)
                self._presence.count_changed()
                message.reply.answer(None)
            case PutOut():
                members = self._roster.members_of(message.user_id)
                self._presence.put_out(members, message.reason)
                message.reply.answer(None)
            case ListUsers():
                message.reply.answer(self._roster.users())
            case ReadBlocks():
                # Here, not beside: nothing may be said on the strength of what was so before.
                await order.state.moderation.read_blocks(self._archive.store)
                message.reply.answer(None)
            case CountMembers(by=person):
                self._check_reader(person, order.state)
                message.reply.answer(len(self._roster))
            case ListMembers(by=person):
                self._check_reader(person, order.state)
                message.reply.answer(self._presence.listed(order.state.role_of))
            case NoteTyping():
                await self._do_typing(message, order.state)
            case History():
                self._do_history(message, order.state)
            case Found(question, found):
                now = None if found is None else order.state.recent.message(found.id)
                self._do_about(question, now or found, order)
            case _:
                self._do_question(message, order)

    async def _do_outcome(self, message: Outcome, order: Order) -> None:
        """Handle what a child task or the time has to say."""
        match message:
            case Committed(commit):
                events = order.landed(commit)
                self._works.commit(order)
                for change in commit.changes:
                    self._teller.tell_change(change, order.state, self._clock.now_ms())
                self._works.scrub(order.state.purges)
                if events:
                    await self._publish(events, events[-1].offset, order.state)
            case CommitFailed(error):
                log.warning("room_commit_failed", room=self._room_id, error=str(error))
                self._works.reconcile(order.failed(error))
            case Reconciled(state, landed):
                order.reconciled(state, landed)
                self._works.commit(order)
                self._works.scrub(state.purges)
                await self._catch_up(order.state)
            case ReactionsWritten(outcome):
                await self._do_reactions(outcome, order.state)
            case Reported(report, found):
                report.reply.answer(None)
                self._teller.tell_report(report, found, order.state)
            case Scrubbed(user_id, purge):
                order.state.scrubbed(user_id, purge)
                self._works.scrubbed()
                self._works.scrub(order.state.purges)
            case TickDue():
                self._works.ticked()
                self._works.commit(order)
                self._works.react(self._floor.desk, order.state.record.last_offset)
            case CountDue():
                await self._presence.tell_count()
            case TypingDue():
                await self._presence.tell_typing()
            case _:
                assert_never(message)

    def _do_join(self, join: Join, state: RoomState) -> None:
        if join.member not in self._roster and len(self._roster) >= MAX_MEMBERS:
            raise RoomError("room_full", "The room is full.")
        now_ms = self._clock.now_ms()
        state.moderation.check_join(join.by, now_ms)
        self._roster.add(join.member, join.by)
        self._presence.count_changed()
        join.reply.answer(joined(join, state, len(self._roster), now_ms))

    def _do_question(self, question: OnMessage, order: Order) -> None:
        """Do what is about a message, which is read where it is not in memory."""
        message_id = message_of(question)
        message = None if message_id is None else order.state.recent.message(message_id)
        if self._floor.is_stranger(question, order.state.moderation):
            self._works.read(find_author, self.context.me, self._archive, question)
        elif message is not None or message_id is None:
            self._do_about(question, message, order)
        else:
            self._works.read(find_message, self.context.me, self._archive, question)

    def _do_about(self, question: OnMessage, message: Message | None, order: Order) -> None:
        shadow = self._floor.take(question, message, order)
        match question:
            case Send():
                self._presence.stop_typing(by(question.by))
                if shadow is not None:
                    self._teller.tell_author(shadow, order.state)
                self._works.commit(order)
            case Edit() | Delete() | Pin() | Moderate():
                self._works.commit(order)
            case React():
                self._works.react(self._floor.desk, order.state.record.last_offset)
            case Report():
                report = replace(question, reason=clean_reason(question.reason))
                now_ms = self._clock.now_ms()
                me = self.context.me
                self._works.read(write_report, me, self._archive, report, message, now_ms)

    async def _do_typing(self, typing: NoteTyping, state: RoomState) -> None:
        now_ms = self._clock.now_ms()
        state.moderation.check_voice(typing.by, now_ms)
        typing.reply.answer(None)
        if not state.moderation.is_shadowed(typing.by, now_ms):
            await self._presence.note_typing(by(typing.by))

    def _check_reader(self, person: Person, state: RoomState) -> None:
        state.moderation.check_join(person, self._clock.now_ms())

    def _do_history(self, history: History, state: RoomState) -> None:
        self._check_reader(history.by, state)
        limit = max(1, min(history.limit, MAX_HISTORY_MESSAGES))
        found = state.recent.before(history.before, limit)
        if found is not None:
            messages, more = found
            history.reply.answer(HistoryPage(state.shown(messages), more))
        else:
            self._works.read(answer_history, self._archive, history, limit)

    async def _do_reactions(self, outcome: BatchOutcome, state: RoomState) -> None:
        self._floor.desk.under_way = False
        state.sums.put(outcome.sums)
        for react, refusal in outcome.settled:
            if refusal is None:
                react.reply.answer(None)
            else:
                react.reply.refuse(refusal)
        self._works.react(self._floor.desk, state.record.last_offset)
        sums = {id_: each.counts for id_, each in outcome.sums.items()}
        if sums:
            summed = ReactionsSummed(self._room_id, sums)
            await self._publish((summed,), self._roster.offset, state)

    async def _catch_up(self, state: RoomState) -> None:
        """Tell the members what another life, or a commit of unknown outcome, has not told."""
        heard = self._roster.offset
        unheard = state.recent.after(heard)
        assert unheard is not None, "members are never further behind than a commit or two"
        pushes: tuple[Push, ...] = unheard
        sums = state.sums.since(heard)
        if sums:
            pushes = (*pushes, ReactionsSummed(self._room_id, sums))
        self._teller.put_out_banned(state, self._clock.now_ms())
        self._teller.look_again(state)
        await self._publish(pushes, state.record.last_offset, state)

    async def _publish(self, pushes: tuple[Push, ...], offset: int, state: RoomState) -> None:
        if pushes:
            await self._roster.publish(Batch(pushes), offset)
            self._presence.count_changed()
            self._teller.tell_two(pushes, state)
