"""How much may come from one address: connections, handshakes and commands."""

import trio

from server.rates import address_key, take_token

MAX_CONNECTIONS_PER_ADDRESS = 200
"""Many listeners share an address: a campus, a carrier's network, a hall with one access point."""
"""Who allows more gives the two rates below as much more."""
HANDSHAKES_PER_S = 5.0
BURST_HANDSHAKES = MAX_CONNECTIONS_PER_ADDRESS
"""After a restart all of an address may come back, and nobody is to be refused for that."""
COMMANDS_PER_S = 100.0
BURST_COMMANDS = 1_000
"""Each of 200 may sign in and join a room or two at once. In the long run, an address that does
nothing but join costs us some 6 percent of a core: 100 times 0.6 milliseconds. It is 25 percent
where it reads old history each time, and 35 where it asks for 1,000 missed events."""
CONNECTIONS_RETRY_S = 30.0
MAX_TRACKED_ADDRESSES = 40_000
"""Some 250 bytes each. Twice what may be connected: of those that are not, each is worth keeping
for 0.2 seconds a handshake and 0.01 a command, and nobody can make enough to fill the other half.
"""


class TooMuch(Exception):
    """There is too much from this address; it may come again after ``retry_after_s``."""

    def __init__(self, code: str, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s


class AddressUse:
    """What comes from one address now.

    Each rate is a token bucket that is kept as one number, the time at which it is full again;
    ``scale`` times the constants above.
    """

    __slots__ = ("_commands_full_at", "_handshakes_full_at", "_scale", "connections")

    def __init__(self, scale: float) -> None:
        self.connections = 0
        self._scale = scale
        self._handshakes_full_at = 0.0
        self._commands_full_at = 0.0

    def take_handshake(self) -> float:
        """Count a handshake; give 0, or the seconds to wait where it is too many."""
        full_at, wait_s = take_token(
            self._handshakes_full_at, HANDSHAKES_PER_S * self._scale, BURST_HANDSHAKES * self._scale
        )
        self._handshakes_full_at = full_at
        return wait_s

    def take_command(self) -> bool:
        """Count a command; False where it is too many."""
        full_at, wait_s = take_token(
            self._commands_full_at, COMMANDS_PER_S * self._scale, BURST_COMMANDS * self._scale
        )
        self._commands_full_at = full_at
        return wait_s == 0

    def calm(self, now: float) -> bool:
        """Whether nothing would be lost if this were forgotten."""
        restless_until = max(self._handshakes_full_at, self._commands_full_at)
        return self.connections == 0 and restless_until <= now


class Addresses:
    """What comes from each address.

    This machine's own address is not limited, nor is a peer without one: what comes from there is
    the operator's, or everybody's by way of a proxy that is not trusted.
    """

    def __init__(self, max_connections: int = MAX_CONNECTIONS_PER_ADDRESS) -> None:
        self._max_connections = max_connections
        self._scale = max(1.0, max_connections / MAX_CONNECTIONS_PER_ADDRESS)
        self._uses: dict[int, AddressUse] = {}

    def __len__(self) -> int:
        return len(self._uses)

    def admit(self, address: str) -> AddressUse | None:
        """Count a handshake; give what to count the connection in, None without limits. TooMuch."""
        key = address_key(address)
        if key is None:
            return None
        use = self._uses.get(key) or self._track(key)
        if use.connections >= self._max_connections:
            message = f"At most {self._max_connections} connections from one address at a time."
            raise TooMuch("too_many_connections", message, CONNECTIONS_RETRY_S)
        wait_s = use.take_handshake()
        if wait_s > 0:
            raise TooMuch("rate_limited", "Too many connections in a short time.", wait_s)
        return use

    def _track(self, key: int) -> AddressUse:
        if len(self._uses) >= MAX_TRACKED_ADDRESSES:
            now = trio.current_time()
            self._uses = {each: use for each, use in self._uses.items() if not use.calm(now)}
        if len(self._uses) >= MAX_TRACKED_ADDRESSES:
            raise TooMuch("busy", "Too many connections in a short time.", CONNECTIONS_RETRY_S)
        use = self._uses[key] = AddressUse(self._scale)
        return use
