"""The seats of a licence: few sessions may be alive on one at a time."""

from collections.abc import Callable

from server.edge.sessions import SESSION_ALIVE_S


class Seats:
    """Which sessions are alive on each licence, ``per_licence`` at most.

    A session keeps its seat until a newer one takes it, or for SESSION_ALIVE_S after it was last
    seen. So nothing is to be remembered of those that lost theirs, and a restart needs no store:
    those who are still there take their seats again, by the same order.
    """

    def __init__(self, per_licence: int, now: Callable[[], float]) -> None:
        self._per_licence = per_licence
        self._now = now
        # Last seen, by mark, of each licence. Every use moves a licence to the end: the first ones
        # are those not seen for longest, and no more are kept than are watching.
        self._licences: dict[str, dict[bytes, float]] = {}

    def __len__(self) -> int:
        return len(self._licences)

    def take(self, licence: str, mark: bytes) -> bool:
        """Note that a session is alive; tell whether it has a seat now."""
        now_s = self._now()
        alive_s = now_s - SESSION_ALIVE_S
        self._forget_dead(alive_s)
        seats = self._licences.get(licence, {})
        seats = {each: seen_s for each, seen_s in seats.items() if seen_s > alive_s}
        if mark not in seats and len(seats) >= self._per_licence:
            oldest = min(seats)
            if mark < oldest:
                return False
            del seats[oldest]
        seats[mark] = now_s
        self._licences.pop(licence, None)
        self._licences[licence] = seats
        return True

    def _forget_dead(self, alive_s: float) -> None:
        while self._licences:
            licence = next(iter(self._licences))
            if max(self._licences[licence].values()) > alive_s:
                return
            del self._licences[licence]
