"""Where reactions wait for the next batch."""

from collections import deque

from actors.room.errors import busy, rate_limited
from actors.room.events import Message
from actors.room.limits import reaction_limits
from actors.room.messages import React
from actors.room.pace import Pace
from actors.room.reactions import MAX_BATCH_REACTIONS, MAX_WAITING_REACTIONS


class ReactionDesk:
    """The reactions of one room that are not written yet; one batch at a time is."""

    def __init__(self) -> None:
        self.under_way = False
        self.pace = Pace()
        self._waiting: deque[tuple[React, Message]] = deque()
        self._limits = reaction_limits()

    def __bool__(self) -> bool:
        """Whether anything waits or is under way."""
        return self.under_way or bool(self._waiting)

    def add(self, react: React, message: Message) -> None:
        """Let a reaction wait. RoomError rate_limited, busy."""
        if len(self._waiting) >= MAX_WAITING_REACTIONS:
            raise busy()
        wait_s = self._limits.take(react.by.user_id or "")
        if wait_s > 0:
            raise rate_limited(wait_s)
        self._waiting.append((react, message))

    def take(self) -> list[tuple[React, Message]]:
        """Begin the next batch, where something waits and none is under way."""
        if self.under_way:
            return []
        count = min(len(self._waiting), MAX_BATCH_REACTIONS)
        self.under_way = count > 0
        return [self._waiting.popleft() for _ in range(count)]
