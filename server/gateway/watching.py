"""Who watches which stream: one task for each stream that is watched, for all who watch it."""

from dataclasses import dataclass, field

import trio

from actors.ids import is_id
from actors.kernel import Published
from actors.ports import Batch, Clock, Member, Viewers
from actors.services import Principal
from actors.services.streams import COLLECTION, STREAM_PREFIX
from actors.stream import Board, Facts, StreamNews, facts_of
from server.gateway.health_watching import HealthWatching
from storage import Store

VIEWERS_INTERVAL_S = 5.0
"""How often the number of viewers is looked at; where it has changed, it is told."""
MAX_WATCHED_STREAMS = 2_000
"""Some 5 KiB each, and 30 microseconds each time that its viewers are counted: 1 percent of a core
for all."""
OFFERS_PER_CHECKPOINT = 200
"""About 1.5 ms of one."""


class WatchRefused(Exception):
    """The stream cannot be watched. Codes: not_found, busy."""

    def __init__(self, code: str, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s


@dataclass(slots=True, eq=False)
class Watched:
    """A stream that somebody watches, as they were told of it last."""

    owner: str
    heard: Published[Facts | None]
    facts: Facts
    viewers: int
    members: dict[Member, None] = field(default_factory=dict)
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)


class Watching:
    """Tells members of the streams that they watch: what anybody may know, so guests too.

    The stream's owner and admins are also told of its ingest health.

    What is told is committed: it comes from the stream's actor by way of ``board``, and where no
    actor runs there is no news. ``run`` holds a task for each watched stream, from its first
    watcher to its last.
    """

    def __init__(self, store: Store, board: Board, viewers: Viewers, clock: Clock) -> None:
        self._store = store
        self._board = board
        self._viewers = viewers
        self._clock = clock
        self._watched: dict[str, Watched] = {}
        self._health = HealthWatching(board)
        self._opening = trio.Lock()
        self._nursery: trio.Nursery | None = None

    def __len__(self) -> int:
        """How many streams are watched."""
        return len(self._watched)

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled."""
        async with trio.open_nursery() as self._nursery:
            task_status.started()
            await trio.sleep_forever()

    async def watch(
        self, stream_id: str, member: Member, principal: Principal | None = None
    ) -> Watched:
        """Tell ``member`` of a stream from now on; give how it stands. WatchRefused.

        ``principal`` is whose it is, None for a guest. StoreUnavailable. Until the caller waits for
        something, ``member`` is told nothing.
        """
        async with self._opening:
            watched = self._watched.get(stream_id) or await self._open(stream_id)
            if watched.facts.gone:
                raise _not_found()
            watched.members[member] = None
            if principal is not None and (principal.admin or principal.user_id == watched.owner):
                assert self._nursery is not None
                self._health.watch(stream_id, member, self._nursery)
        return watched

    def unwatch(self, stream_id: str, member: Member) -> None:
        """Tell ``member`` of a stream no more; one that it does not watch is no error."""
        self._health.unwatch(stream_id, member)
        watched = self._watched.get(stream_id)
        if watched is not None:
            watched.members.pop(member, None)
            if not watched.members:
                self._close(stream_id, watched)

    def watches(self, stream_id: str, member: Member) -> bool:
        """Whether ``member`` is told of a stream: not of one that is gone."""
        watched = self._watched.get(stream_id)
        return watched is not None and member in watched.members

    async def _open(self, stream_id: str) -> Watched:
        if len(self._watched) >= MAX_WATCHED_STREAMS:
            raise WatchRefused("busy", "Too many streams are watched at once.", VIEWERS_INTERVAL_S)
        if not is_id(stream_id, STREAM_PREFIX):
            raise _not_found()
        assert self._nursery is not None
        heard = self._board.follow(stream_id)  # from before the look, so that nothing is missed
        row = None
        try:
            row = await self._store.get(COLLECTION, stream_id)
        finally:
            if row is None:
                self._board.unfollow(stream_id)
        if row is None:
            raise _not_found()
        facts = facts_of(row.version, row.doc)
        watched = Watched(row.doc["owner"], heard, facts, self._count(stream_id, facts))
        self._watched[stream_id] = watched
        self._nursery.start_soon(self._follow, stream_id, watched)
        return watched

    def _close(self, stream_id: str, watched: Watched) -> None:
        if self._watched.get(stream_id) is watched:
            del self._watched[stream_id]
            self._board.unfollow(stream_id)
            self._health.close(stream_id)
            watched.scope.cancel()

    async def _follow(self, stream_id: str, watched: Watched) -> None:
        """Tell what happens to a stream, and how many look at it, until nobody is told."""
        seen = 0
        with watched.scope:
            while True:
                with trio.move_on_after(VIEWERS_INTERVAL_S):
                    await watched.heard.wait_newer(seen)
                seen = watched.heard.version
                event = self._learn(stream_id, watched)
                if event is not None:
                    await self._tell(stream_id, watched, event)
                if watched.facts.gone:
                    self._close(stream_id, watched)

    def _learn(self, stream_id: str, watched: Watched) -> str | None:
        """Take in what is new; give the event that it is, None where nothing is."""
        old, heard = (watched.facts, watched.viewers), watched.heard.value
        if heard is not None and heard.version > watched.facts.version:
            watched.facts = heard
        watched.viewers = self._count(stream_id, watched.facts)
        return _event(*old, watched.facts, watched.viewers)

    async def _tell(self, stream_id: str, watched: Watched, event: str) -> None:
        now_ms = self._clock.now_ms()
        news = StreamNews(stream_id, event, watched.facts, watched.viewers, now_ms)
        batch = Batch((news,), ephemeral=event == "viewers")
        for place, member in enumerate(tuple(watched.members), 1):
            # One that left meanwhile is not told, nor one that came: that was told in its reply.
            if member in watched.members and member.offer(batch) is not None:
                self.unwatch(stream_id, member)
            if place % OFFERS_PER_CHECKPOINT == 0:
                await trio.lowlevel.checkpoint()

    def _count(self, stream_id: str, facts: Facts) -> int:
        return self._viewers.count(stream_id) if facts.on_air else 0


def _event(old: Facts, old_viewers: int, new: Facts, viewers: int) -> str | None:
    if new.gone:
        return "ended"
    if (new.status, new.show) != (old.status, old.show):
        return new.status
    if (new.title, new.description, new.access) != (old.title, old.description, old.access):
        return "updated"
    return "viewers" if viewers != old_viewers else None


def _not_found() -> WatchRefused:
    return WatchRefused("not_found", "There is no such stream.")
