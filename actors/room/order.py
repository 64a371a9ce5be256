"""The room's one order: what waits for its place in it, and the commits that give places.

It does nothing by itself: its actor has the commits written, one at a time.
"""

from collections.abc import Mapping
from dataclasses import replace

from actors.room.drafts import Commit, Draft, Drafts, Landed
from actors.room.errors import busy, unavailable
from actors.room.events import Event, Message, MessagePosted
from actors.room.state import RoomState
from storage import Conflict, StoreError

MAX_COMMIT_ATTEMPTS = 3


class Order:
    """Nothing is acknowledged or told before it is committed: no offset is ever seen twice."""

    def __init__(self, state: RoomState) -> None:
        self.state = state
        self._drafts = Drafts()
        self._store_out = False

    def __bool__(self) -> bool:
        """Whether anything waits or is under way."""
        return bool(self._drafts)

    def check_open(self) -> None:
        """Whether one more draft can be taken. RoomError unavailable, busy."""
        if self._store_out:
            raise unavailable()
        if self._drafts.full:
            raise busy()

    def add(self, draft: Draft) -> None:
        """Let a draft wait for the next commit. RoomError unavailable, busy."""
        self.check_open()
        self._drafts.add(draft)

    def sent_as(self, user_id: str, client_id: str) -> Message | Draft | None:
        """Give what a user sent under this client_id before."""
        message = self.state.recent.sent_as(user_id, client_id)
        return message or self._drafts.sent_as(user_id, client_id)

    @property
    def wants_commit(self) -> bool:
        """Whether something waits and no commit is under way."""
        return bool(self._drafts) and not self._drafts.under_way

    def begin(self) -> Commit | None:
        """Make the next commit of what waits; None where nothing is left of that to write."""
        record = self.state.record
        steps = self._drafts.begin(self.state)
        if not any(step.changes for step in steps):
            self._drafts.land(steps)
            return None
        pinned, spoken_at = record.pinned, record.spoken_at
        for step in steps:
            pinned = pinned if step.pinned is None else step.pinned
            for event in step.events:
                spoken_at = event.message.at_ms if isinstance(event, MessagePosted) else spoken_at
        after = replace(
            record,
            version=record.version + 1,
            last_offset=record.last_offset + sum(len(step.events) for step in steps),
            pinned=pinned,
            spoken_at=spoken_at,
        )
        return Commit(after, steps)

    def landed(self, commit: Commit) -> tuple[Event, ...]:
        """The commit under way is in the store: answer all; give what members are to be told."""
        self.state.advance(commit.after, commit.events, commit.amended)
        for change in commit.changes:
            self.state.moderation.applied(change)
        self._drafts.land(commit.steps)
        return commit.events

    def failed(self, error: StoreError) -> tuple[Draft, ...]:
        """The commit under way has failed, or may have; give the drafts to look for."""
        if not isinstance(error, Conflict):
            self._store_out = True
            self._drafts.refuse_all(unavailable())
        return tuple(self._drafts.under_way)

    def reconciled(self, state: RoomState, landed: Mapping[str, Landed]) -> None:
        """Go on with what the store really holds."""
        self._store_out = False
        state.sums = self.state.sums  # of these the actor knows: they are not written by commits
        self.state.moderation.rules = state.moderation.rules  # but it knows who has just written
        state.moderation = self.state.moderation
        self.state = state
        for draft in tuple(self._drafts.under_way):
            if draft.id in landed:
                self._drafts.settle(draft, landed[draft.id])
        self._drafts.wait_again(MAX_COMMIT_ATTEMPTS, unavailable())
