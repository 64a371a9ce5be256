"""How many connections this process takes: what the system lets it open, shared out."""

from dataclasses import dataclass
from resource import RLIMIT_NOFILE, getrlimit, setrlimit

from server.door import MAX_CONNECTIONS_COUNT
from server.gateway import MAX_CONNECTIONS

RESERVED_OPEN_FILES = 1_024
"""Besides the door's connections: 256 encoders, the store, providers, and files that are served."""
WANTED_OPEN_FILES = MAX_CONNECTIONS_COUNT + RESERVED_OPEN_FILES


@dataclass(frozen=True, slots=True)
class Capacity:
    """Connections at the most: at the door, and how many of these may be WebSockets.

    A WebSocket stays for hours and a request for a moment, so chat never gets all of them.
    """

    door: int
    chat: int

    @property
    def whole(self) -> bool:
        """Whether the system lets us have as many as we ever take."""
        return self.door == MAX_CONNECTIONS_COUNT


def raise_open_files() -> int:
    """Raise this process's limit to what is wanted, as far as it may be; give what it is then."""
    soft, hard = open_files()
    wanted = min(WANTED_OPEN_FILES, hard)
    if soft < wanted:
        setrlimit(RLIMIT_NOFILE, (wanted, getrlimit(RLIMIT_NOFILE)[1]))
    return max(soft, wanted)


def open_files() -> tuple[int, int]:
    """Give how many files this process may have open, and how far it may raise that itself."""
    soft, hard = (limit if limit >= 0 else WANTED_OPEN_FILES for limit in getrlimit(RLIMIT_NOFILE))
    return soft, hard


def capacity_within(open_files: int) -> Capacity:
    """Share out what a limit of open files leaves for connections."""
    reserved = min(RESERVED_OPEN_FILES, open_files // 4)
    door = min(MAX_CONNECTIONS_COUNT, open_files - reserved)
    return Capacity(door, min(MAX_CONNECTIONS, door * 5 // 8))
