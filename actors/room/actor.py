"""The room's actor: one order for all that is said, and everybody told of it."""

from collections.abc import Sequence
from typing import assert_never

import structlog

from actors.ids import new_id
from actors.kernel import Actor
from actors.ports import Batch, Clock
from actors.room.archive import Archive, RoomRecord
from actors.room.committing import commit, reconcile
from actors.room.drafts import Draft, Drafts
from actors.room.errors import RoomError, busy, not_found, unavailable
from actors.room.events import MemberRemoved, MembersCounted, Message, MessagePosted
from actors.room.limits import MAX_MEMBERS, SendLimits
from actors.room.messages import (
    CommitFailed,
    Committed,
    CountDue,
    CountMembers,
    History,
    HistoryPage,
    Join,
    Joined,
    Leave,
    ListUsers,
    PutOut,
    Reconciled,
    RoomMessage,
    Send,
    Sent,
)
from actors.room.recent import RECENT_MESSAGES, Recent
from actors.room.roster import Rosters
from actors.room.text import clean_content
from storage import Conflict, StoreUnavailable

MESSAGE_PREFIX = "msg"
FIRST_MESSAGES = 50
"""What a new member is shown of what was said before."""
MAX_HISTORY_MESSAGES = 100
MAX_HISTORY_READS = 16
"""Of the store, at a time, for one room."""
MAX_COMMIT_ATTEMPTS = 3
COUNT_INTERVAL_S = 2.0

log = structlog.get_logger()


class RoomActor(Actor[RoomMessage]):
    """Owns a room's order. What is sent while a commit is under way goes into the next one.

    Nothing is acknowledged or pushed before it is committed, so no offset is ever seen twice.
    """

    def __init__(self, archive: Archive, rosters: Rosters, clock: Clock) -> None:
        self._archive = archive
        self._room_id = archive.room_id
        self._rosters = rosters
        self._roster = rosters.of(archive.room_id)
        self._clock = clock
        self._record: RoomRecord | None = None
        self._recent = Recent()
        self._drafts = Drafts()
        self._limits = SendLimits()
        self._store_out = False
        self._history_reads = 0
        self._told_count = 0
        self._count_pending = False

    async def started(self) -> None:
        """Read where the room stands, and tell its members what they have not heard of it."""
        self._record = await self._archive.open()
        if self._record is None:
            return
        last = self._record.last_offset
        self._recent = Recent(await self._archive.before(last + 1, RECENT_MESSAGES))
        await self._roster.finish()
        if not self._roster:
            self._roster.offset = last
        unheard = self._recent.after(self._roster.offset)
        assert unheard is not None, "members are never further behind than a commit or two"
        await self._publish(unheard)
        self._count_changed()

    async def stopped(self) -> None:
        """What is under way is refused by the kernel, and is safe to send again."""
        self._rosters.release(self._room_id)

    def idle(self) -> bool:
        """Whether nobody is in and nothing is under way."""
        return not self._roster and not self._drafts and not self._history_reads

    async def receive(self, message: RoomMessage) -> None:
        """Handle one message."""
        if self._record is None:
            _refuse_unknown_room(message)
            return
        match message:
            case Join():
                self._do_join(message, self._record)
            case Leave():
                self._do_leave(message)
            case PutOut():
                self._do_put_out(message)
            case ListUsers():
                message.reply.answer(self._roster.users())
            case Send():
                self._do_send(message)
            case History():
                self._do_history(message)
            case CountMembers():
                message.reply.answer(len(self._roster))
            case Committed():
                await self._do_committed(message, self._record)
            case CommitFailed():
                self._do_commit_failed(message, self._record)
            case Reconciled():
                await self._do_reconciled(message)
            case CountDue():
                await self._do_count()
            case _:
                assert_never(message)

    def _do_join(self, join: Join, record: RoomRecord) -> None:
        if join.member not in self._roster and len(self._roster) >= MAX_MEMBERS:
            join.reply.refuse(RoomError("room_full", "The room is full."))
            return
        missed = None
        if join.epoch == record.epoch and join.after is not None:
            missed = self._recent.after(join.after) if join.after <= record.last_offset else None
        self._roster.add(join.member, join.user_id)
        self._count_changed()
        join.reply.answer(
            Joined(
                epoch=record.epoch,
                offset=record.last_offset,
                recovered=missed is not None,
                messages=self._recent.latest(FIRST_MESSAGES) if missed is None else missed,
                members=len(self._roster),
            )
        )

    def _do_leave(self, leave: Leave) -> None:
        self._roster.remove(leave.member)
        self._count_changed()
        leave.reply.answer(None)

    def _do_put_out(self, put_out: PutOut) -> None:
        farewell = Batch((MemberRemoved(self._room_id, put_out.reason),))
        for member in self._roster.members_of(put_out.user_id):
            self._roster.remove(member)
            member.put_out(self._room_id, farewell)
        self._count_changed()
        put_out.reply.answer(None)

    def _do_send(self, send: Send) -> None:
        if send.client_id is not None:
            message = self._recent.sent_as(send.user_id, send.client_id)
            if message is not None:
                send.reply.answer(Sent(message.offset, message.id))
                return
            draft = self._drafts.sent_as(send.user_id, send.client_id)
            if draft is not None:
                draft.replies.append(send.reply)
                return
        try:
            self._drafts.add(self._draft(send))
        except RoomError as error:
            send.reply.refuse(error)
            return
        self._commit_next()

    def _draft(self, send: Send) -> Draft:
        """Turn a question into a draft. RoomError where it may not be said now."""
        if self._store_out:
            raise unavailable()
        if self._drafts.full:
            raise busy()
        content = clean_content(send.content)
        wait_s = self._limits.take(send.user_id)
        if wait_s > 0:
            raise RoomError("rate_limited", "Too many messages at once.", wait_s)
        return Draft(
            id=new_id(MESSAGE_PREFIX),
            user_id=send.user_id,
            user_name=send.user_name,
            content=content,
            at_ms=self._clock.now_ms(),
            client_id=send.client_id,
            replies=[send.reply],
        )

    def _do_history(self, history: History) -> None:
        limit = max(1, min(history.limit, MAX_HISTORY_MESSAGES))
        messages = self._recent.before(history.before, limit)
        if messages is not None:
            history.reply.answer(_page(messages))
        elif self._history_reads >= MAX_HISTORY_READS:
            history.reply.refuse(busy())
        else:
            self._history_reads += 1
            before = self._recent.first_offset if history.before is None else history.before
            self.context.spawn(self._read_history, history, before, limit)

    async def _read_history(self, history: History, before: int, limit: int) -> None:
        # What is committed never changes, so this answers by itself and needs no message.
        try:
            messages = await self._archive.before(before, limit)
        except StoreUnavailable:
            history.reply.refuse(unavailable())
        else:
            history.reply.answer(_page(messages))
        finally:
            self._history_reads -= 1

    def _commit_next(self) -> None:
        if self._record is None or self._drafts.under_way or not self._drafts:
            return
        messages = self._drafts.begin(self._record.last_offset)
        self.context.spawn(commit, self.context.me, self._archive, self._record, messages)

    async def _do_committed(self, committed: Committed, record: RoomRecord) -> None:
        self._record = record.advanced(committed.messages)
        self._recent.extend(committed.messages)
        self._drafts.land(committed.messages)
        self._commit_next()
        await self._publish(committed.messages)

    def _do_commit_failed(self, failed: CommitFailed, record: RoomRecord) -> None:
        log.warning("room_commit_failed", room=self._room_id, error=str(failed.error))
        if not isinstance(failed.error, Conflict):
            self._store_out = True
            self._drafts.refuse_all(unavailable())
        drafts = tuple(self._drafts.under_way)
        self.context.spawn(reconcile, self.context.me, self._archive, record.last_offset, drafts)

    async def _do_reconciled(self, reconciled: Reconciled) -> None:
        self._store_out = False
        self._record = reconciled.record
        self._recent.extend(reconciled.news)
        landed = {message.id: message for message in reconciled.news}
        for draft in tuple(self._drafts.under_way):
            message = landed.get(draft.id) or reconciled.earlier.get(draft.id)
            if message is not None:
                self._drafts.settle(draft, message)
        self._drafts.wait_again(MAX_COMMIT_ATTEMPTS, unavailable())
        self._commit_next()
        await self._publish(reconciled.news)

    async def _publish(self, messages: Sequence[Message]) -> None:
        if messages:
            pushes = tuple(MessagePosted(self._room_id, message) for message in messages)
            await self._roster.publish(Batch(pushes), messages[-1].offset)
            self._count_changed()

    def _count_changed(self) -> None:
        if not self._count_pending and len(self._roster) != self._told_count:
            self._count_pending = True
            self.context.after(COUNT_INTERVAL_S, CountDue())

    async def _do_count(self) -> None:
        self._count_pending = False
        count = len(self._roster)
        if count != self._told_count:
            self._told_count = count
            batch = Batch((MembersCounted(self._room_id, count),), ephemeral=True)
            await self._roster.publish(batch, self._roster.offset)


def _page(messages: tuple[Message, ...]) -> HistoryPage:
    return HistoryPage(messages, more=bool(messages) and messages[0].offset > 1)


def _refuse_unknown_room(message: RoomMessage) -> None:
    match message:
        case Leave() | PutOut():
            message.reply.answer(None)
        case ListUsers():
            message.reply.answer(frozenset())
        case Join() | Send() | History() | CountMembers():
            message.reply.refuse(not_found())
        case Committed() | CommitFailed() | Reconciled() | CountDue():
            raise RuntimeError("a room that does not exist has nothing under way")
        case _:
            assert_never(message)
