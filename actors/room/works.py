"""What a room's actor has done in child tasks: commits and reactions at their pace, and reads."""

from collections.abc import Awaitable, Callable, Iterable

from actors.kernel import Context
from actors.room.archive import Archive
from actors.room.committing import reconcile, write_commit
from actors.room.drafts import Draft
from actors.room.errors import busy
from actors.room.messages import (
    RoomMessage,
)
from actors.room.order import Order
from actors.room.outcomes import (
    TickDue,
)
from actors.room.pace import Pace
from actors.room.purges import Purges
from actors.room.reaction_desk import ReactionDesk
from actors.room.roster import Roster
from actors.room.scrubbing import scrub
from actors.room.welcome import put_out_unwelcome
from actors.room.writing import write_reactions

MAX_READS = 16
"""Of the store, at a time, for one room."""


class Works:
    """Starts the tasks of one life of a room's actor; how they went comes back as messages."""

    def __init__(self, context: Context[RoomMessage], archive: Archive, roster: Roster) -> None:
        self._context = context
        self._archive = archive
        self._roster = roster
        self._pace = Pace()
        self._tick_pending = False
        self._reads = 0
        self._scrubbing = False

    def __bool__(self) -> bool:
        """Whether something is being read or blanked."""
        return self._reads > 0 or self._scrubbing

    def commit(self, order: Order) -> None:
        """Begin the next commit, or have it begin at the next tick."""
        while order.wants_commit:
            wait_s = self._pace.wait_s()
            if wait_s > 0:
                self._tick_in(wait_s)
                return
            commit = order.begin()
            if commit is not None:
                self._pace.began(len(commit.events), len(self._roster))
                self._context.spawn(write_commit, self._context.me, self._archive, commit)

    def reconcile(self, drafts: tuple[Draft, ...]) -> None:
        """Find out what has become of a commit."""
        self._context.spawn(reconcile, self._context.me, self._archive, drafts)

    def react(self, desk: ReactionDesk, last_offset: int) -> None:
        """Begin the next batch of reactions, or have it begin at the next tick."""
        wait_s = desk.pace.wait_s()
        if wait_s > 0:
            self._tick_in(wait_s)
        elif batch := desk.take():
            desk.pace.began(len(batch), len(self._roster))
            me = self._context.me
            self._context.spawn(write_reactions, me, self._archive, batch, last_offset)

    def read(self, work: Callable[..., Awaitable[None]], *args: object) -> None:
        """Do one more read, or small write, beside the order. RoomError busy."""
        if self._reads >= MAX_READS:
            raise busy()
        self._reads += 1
        self._context.spawn(self._read_counted, work, args)

    def put_out_unwelcome(self, user_ids: Iterable[str | None]) -> None:
        """Have those of these users put out who may not be in any more."""
        context, archive = self._context, self._archive
        context.spawn(put_out_unwelcome, context.me, archive.store, archive.room_id, user_ids)

    def scrub(self, purges: Purges) -> None:
        """Have the next purge blanked in the store, where none is being blanked."""
        if purges and not self._scrubbing:
            self._scrubbing = True
            context, archive = self._context, self._archive
            user_id, purge = next(iter(purges.items()))
            context.spawn(scrub, context.me, archive.store, archive.room_id, user_id, purge)

    def scrubbed(self) -> None:
        """A purge is done with: the next one may begin."""
        self._scrubbing = False

    def ticked(self) -> None:
        """The tick has come: both may begin again."""
        self._tick_pending = False

    async def _read_counted(
        self, work: Callable[..., Awaitable[None]], args: tuple[object, ...]
    ) -> None:
        try:
            await work(*args)
        finally:
            self._reads -= 1

    def _tick_in(self, wait_s: float) -> None:
        if not self._tick_pending:
            self._tick_pending = True
            self._context.after(wait_s, TickDue())
