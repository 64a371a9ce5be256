"""How much may be said: token buckets, and the room's numbers."""

import trio

MAX_MEMBERS = 10_000
MAX_MESSAGE_CHARACTERS = 2_000
"""In UTF-8 at most 8,000 bytes, which with its envelope fits in the gateway's 8 KiB frame. A client
that escapes each character in JSON (6 bytes or 12) fits fewer."""

USER_BURST_MESSAGES = 20
USER_MESSAGES_PER_S = 1.0
"""A user may answer a whole chorus at once, and then speak every second."""
ROOM_BURST_MESSAGES = 400
ROOM_MESSAGES_PER_S = 200.0
"""Twice what a room of 5,000 members is built to sustain."""
USER_BURST_REACTIONS = 30
USER_REACTIONS_PER_S = 3.0
USER_BURST_REPORTS = 5
USER_REPORTS_PER_S = 0.1
ROOM_BURST_REPORTS = 100
ROOM_REPORTS_PER_S = 5.0
MAX_TRACKED_USERS = 10_000


class TokenBucket:
    """At most ``burst`` at once and ``rate_per_s`` in the long run, by trio's clock."""

    __slots__ = ("_burst", "_filled_at", "_rate_per_s", "_tokens")

    def __init__(self, rate_per_s: float, burst: float) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._tokens = burst
        self._filled_at = trio.current_time()

    def wait_s(self) -> float:
        """Seconds until there is a token; 0 where there is one now."""
        self._fill()
        return max(0.0, (1 - self._tokens) / self._rate_per_s)

    def take(self) -> bool:
        """Take a token, or nothing where there is none."""
        self._fill()
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    @property
    def full(self) -> bool:
        """Whether nothing would be lost if this bucket were made anew."""
        self._fill()
        return self._tokens >= self._burst

    def _fill(self) -> None:
        now = trio.current_time()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate_per_s)
        self._filled_at = now


class UserLimits:
    """The buckets of one room: its own, and one for each user who did something a short time ago.

    Each is a rate per second and a burst.
    """

    def __init__(self, user: tuple[float, float], room: tuple[float, float]) -> None:
        self._room = TokenBucket(*room)
        self._user = user
        self._users: dict[str, TokenBucket] = {}

    def take(self, user_id: str) -> float:
        """Count one act of a user; give 0, or the seconds to wait where it is too many."""
        user = self._users.get(user_id)
        if user is None:
            self._forget_calm_users()
            user = self._users[user_id] = TokenBucket(*self._user)
        wait_s = max(user.wait_s(), self._room.wait_s())
        if wait_s == 0:
            user.take()
            self._room.take()
        return wait_s

    def _forget_calm_users(self) -> None:
        # The room's own bucket bounds how many can be restless at a time: 400 + 200 each second
        # for the 20 seconds of a full refill, far below MAX_TRACKED_USERS.
        if len(self._users) >= MAX_TRACKED_USERS:
            self._users = {id_: each for id_, each in self._users.items() if not each.full}


def send_limits() -> UserLimits:
    """Of messages and their edits."""
    return UserLimits(
        (USER_MESSAGES_PER_S, USER_BURST_MESSAGES), (ROOM_MESSAGES_PER_S, ROOM_BURST_MESSAGES)
    )


def reaction_limits() -> UserLimits:
    """Of reactions; a room takes as many as messages."""
    return UserLimits(
        (USER_REACTIONS_PER_S, USER_BURST_REACTIONS), (ROOM_MESSAGES_PER_S, ROOM_BURST_MESSAGES)
    )


def report_limits() -> UserLimits:
    """Of reports."""
    return UserLimits(
        (USER_REPORTS_PER_S, USER_BURST_REPORTS), (ROOM_REPORTS_PER_S, ROOM_BURST_REPORTS)
    )
