"""Slow mode: when each user wrote last."""

from actors.room.moderation.modes import MAX_SLOW_S

MAX_TRACKED_USERS = 10_000
"""At 60 to 100 bytes each. One more, and who wrote first of all may write again."""


class LastPosts:
    """The last posts of the last hour, as far as there is room for."""

    def __init__(self) -> None:
        self._at_ms: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._at_ms)

    def take(self, user_id: str, slow_s: int, now_ms: int) -> float:
        """Count a post of a user; give 0, or the seconds to wait where it is too early."""
        last_ms = self._at_ms.get(user_id)
        if last_ms is not None and slow_s > 0:
            # The wall clock may have been put back: nobody waits longer for that.
            wait_ms = min(last_ms, now_ms) + slow_s * 1000 - now_ms
            if wait_ms > 0:
                return wait_ms / 1000
        self.note(user_id, now_ms)
        return 0.0

    def note(self, user_id: str, at_ms: int) -> None:
        """Know of a post, later than all that are known."""
        self._at_ms.pop(user_id, None)  # so that the dict is in the order of the last posts
        self._at_ms[user_id] = at_ms
        self._forget(at_ms)

    def _forget(self, now_ms: int) -> None:
        oldest = next(iter(self._at_ms))
        if (
            len(self._at_ms) > MAX_TRACKED_USERS
            or self._at_ms[oldest] + MAX_SLOW_S * 1000 <= now_ms
        ):
            del self._at_ms[oldest]
