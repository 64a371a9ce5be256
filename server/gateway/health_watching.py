"""A stream's ingest health, pushed to its owner and to admins: a task for each stream."""

from dataclasses import dataclass, field

import trio

from actors.kernel import Published
from actors.ports import Batch, Member
from actors.stream import Board, HealthNews
from actors.stream.health import Health


@dataclass(slots=True, eq=False)
class _Followed:
    heard: Published[Health | None]
    members: dict[Member, None] = field(default_factory=dict)
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)


class HealthWatching:
    """Tells members of a stream's health, each second while it is on air and once at its end.

    Who may hear of it, and how many streams at most, is for the caller to say.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._followed: dict[str, _Followed] = {}

    def __len__(self) -> int:
        """How many streams' health is followed."""
        return len(self._followed)

    def watch(self, stream_id: str, member: Member, nursery: trio.Nursery) -> None:
        """Tell ``member`` from now on, by a task in ``nursery``."""
        followed = self._followed.get(stream_id)
        if followed is None:
            followed = _Followed(self._board.follow_health(stream_id))
            self._followed[stream_id] = followed
            nursery.start_soon(self._follow, stream_id, followed)
        followed.members[member] = None

    def unwatch(self, stream_id: str, member: Member) -> None:
        """Tell ``member`` no more; one that is not told is no error."""
        followed = self._followed.get(stream_id)
        if followed is not None:
            followed.members.pop(member, None)
            if not followed.members:
                self.close(stream_id)

    def close(self, stream_id: str) -> None:
        """Tell nobody of a stream any more."""
        followed = self._followed.pop(stream_id, None)
        if followed is not None:
            followed.scope.cancel()
            self._board.unfollow_health(stream_id)

    async def _follow(self, stream_id: str, followed: _Followed) -> None:
        heard, seen = followed.heard, 0  # it was made for us, so all of it is news
        with followed.scope:
            while True:
                health = await heard.wait_newer(seen)
                seen = heard.version
                if health is None:
                    continue
                # Who lags behind may miss a second, but not the end.
                batch = Batch((HealthNews(stream_id, health),), ephemeral=health.on_air)
                for member in tuple(followed.members):
                    if member.offer(batch) is not None:
                        self.unwatch(stream_id, member)
