"""What actors need from outside; ``server`` implements it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from actors.room.events import Push


class Clock(Protocol):
    """The wall clock."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        ...


class Publisher(Protocol):
    """A connection that pushes a show; the stream's actor may only end it."""

    @property
    def address(self) -> str:
        """Where it comes from, for logs and for the broadcaster's page."""
        ...

    def close(self, code: str, description: str) -> None:
        """End the connection, telling the encoder an RTMP ``onStatus`` code and why in words."""
        ...


class Viewers(Protocol):
    """How many are watching, counted by the edge from its playback sessions."""

    def count(self, stream_id: str) -> int:
        """Sessions of the stream that asked for a playlist a short time ago."""
        ...


@dataclass(frozen=True, slots=True)
class CloseReason:
    """Why a member is closed: a WebSocket close code (RFC 6455, section 7.4) and a word."""

    code: int
    reason: str


class Batch:
    """What a room pushes to all its members at once, encoded once for each encoding.

    An ``ephemeral`` batch may be left out where a member lags behind.
    """

    __slots__ = ("_encoded", "ephemeral", "pushes")

    def __init__(self, pushes: "tuple[Push, ...]", *, ephemeral: bool = False) -> None:
        self.pushes = pushes
        self.ephemeral = ephemeral
        self._encoded: dict[Callable[[tuple[Push, ...]], bytes], bytes] = {}

    def encoded(self, encode: "Callable[[tuple[Push, ...]], bytes]") -> bytes:
        """Give the bytes that ``encode`` makes of the pushes: the same object to every caller."""
        frame = self._encoded.get(encode)
        if frame is None:
            frame = self._encoded[encode] = encode(self.pushes)
        return frame


class Member(Protocol):
    """Somebody in a room, as far as the room's actor knows."""

    def offer(self, batch: Batch) -> CloseReason | None:
        """Take a batch without waiting; give a reason where the member is out from now on."""
        ...
