"""How often a room commits: at once while it is quiet, a few times a second in a storm."""

import trio

MAX_TICK_S = 0.15
"""The longest that anything waits for its commit, beside the commit before."""
MAX_CROWDED_TICK_S = 0.1
"""The same where only the talk is much, and not the members."""
FIRST_TICK_S = 0.01
FEW_EVENTS = 4
"""More of them in one tick are the beginning of a storm."""
DELIVERY_S = 6e-6
"""What it costs to tell one member, roughly."""
FAN_OUT_SHARE = 0.3
"""Of the time, while a room is busy: the larger a room, the more is told in one go. With 5,000
members it makes ticks of 0.1 s; a share of 0.2 took 0.15 s, a tenth less CPU, and 50 ms more."""


class Pace:
    """Holds back a commit until a tick after the last one began."""

    def __init__(self) -> None:
        self._began_at = -MAX_TICK_S
        self._crowding_s = 0.0
        self._tick_s = 0.0

    def wait_s(self) -> float:
        """Seconds until the next commit may begin; 0 where it may now."""
        return max(0.0, self._began_at + self._tick_s - trio.current_time())

    def began(self, events: int, members: int) -> None:
        """Count a commit that begins now, of so many events, to tell so many members."""
        self._began_at = trio.current_time()
        if events > FEW_EVENTS:
            self._crowding_s = min(MAX_CROWDED_TICK_S, max(FIRST_TICK_S, 2 * self._crowding_s))
        else:
            self._crowding_s /= 2
        fan_out_s = members * DELIVERY_S / FAN_OUT_SHARE
        self._tick_s = min(MAX_TICK_S, max(fan_out_s, self._crowding_s))
