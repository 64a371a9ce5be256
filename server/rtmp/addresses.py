"""How many encoders may connect: at a time, from one address, and how fast from one."""

from collections import Counter

import trio

from server.rates import address_key, take_token

MAX_CONNECTIONS = 256
MAX_CONNECTIONS_PER_ADDRESS = 64
"""Of both ports together, as all connections are."""
CONNECTIONS_PER_S = 5.0
"""New ones from one address: an encoder that was refused tries again every few seconds."""
BURST_CONNECTIONS = MAX_CONNECTIONS_PER_ADDRESS
"""After a restart all of an address may come back at once."""
MAX_TRACKED_ADDRESSES = 10_000
"""Some 150 bytes each; who is not connected is worth keeping for at most 13 s."""


class Addresses:
    """What is connected from each address, and when each bucket of new connections is full.

    IPv6 counts by its /64. This machine's own address has no rate, for that is the operator's.
    """

    def __init__(self) -> None:
        self._open: Counter[int | str] = Counter()
        self._full_at: dict[int, float] = {}

    def __len__(self) -> int:
        return self._open.total()

    def admit(self, address: str) -> str | None:
        """Count a connection in, until ``leave``; or give why it is refused."""
        counted = _counted(address)
        if len(self) >= MAX_CONNECTIONS:
            return "too many connections"
        if self._open[counted] >= MAX_CONNECTIONS_PER_ADDRESS:
            return "too many connections from this address"
        if isinstance(counted, int) and not self._take(counted):
            return "too many new connections from this address"
        self._open[counted] += 1
        return None

    def leave(self, address: str) -> None:
        """Count a connection out that was let in."""
        counted = _counted(address)
        self._open[counted] -= 1
        if not self._open[counted]:
            del self._open[counted]

    def _take(self, key: int) -> bool:
        if key not in self._full_at and len(self._full_at) >= MAX_TRACKED_ADDRESSES:
            now = trio.current_time()
            self._full_at = {each: full for each, full in self._full_at.items() if full > now}
            if len(self._full_at) >= MAX_TRACKED_ADDRESSES:
                return False
        full_at = self._full_at.get(key, 0.0)
        self._full_at[key], wait_s = take_token(full_at, CONNECTIONS_PER_S, BURST_CONNECTIONS)
        return wait_s == 0


def _counted(address: str) -> int | str:
    """What an address counts as: a number where it has a rate."""
    key = address_key(address)
    return address if key is None else key
