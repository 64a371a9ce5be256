"""What actors need from outside; ``server`` implements it."""

from typing import Protocol


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
