"""What the edge reads of a stream: snapshots of its window, each immutable."""

from collections.abc import Mapping
from typing import Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Window(Protocol):
    """What a listener may fetch of a show now; ``media.hls.Window`` is one."""

    @property
    def ready(self) -> bool:
        """Whether there is enough for a playlist."""
        ...

    @property
    def show_id(self) -> str:
        """The show that this is of."""
        ...

    @property
    def target_duration_s(self) -> int:
        """EXT-X-TARGETDURATION."""
        ...

    @property
    def playlists(self) -> Mapping[str, bytes]:
        """Media playlists by rendition."""
        ...

    @property
    def media(self) -> Mapping[str, bytes]:
        """Init segments and segments by rendition and file name, ``video/seg-12.m4s``."""
        ...

    def multivariant(self, session: str) -> bytes:
        """The multivariant playlist for one session."""
        ...


class Snapshots(Protocol[T_co]):
    """The newest of some values, and a wait for the next; ``Published`` is one."""

    @property
    def value(self) -> T_co:
        """The newest."""
        ...

    @property
    def version(self) -> int:
        """How many there have been."""
        ...

    async def wait_newer(self, version: int) -> T_co:
        """Wait for one past ``version``."""
        ...


class Board(Protocol):
    """Where each running stream's window is; ``actors.stream.Board`` is one."""

    def window_of(self, stream_id: str) -> Snapshots[Window | None] | None:
        """The stream's snapshots, or None where it is not running."""
        ...
