"""What all stream actors share."""

from collections.abc import Sequence
from dataclasses import dataclass

from actors.ports import Clock, ShowListener, Viewers
from actors.services.stream_keys import StreamKeys
from actors.stream.board import Board
from media.frames import Frame
from media.hls import SegmentSettings
from storage.api import Store


class NobodyListens:
    """Where no show is passed on."""

    def turned(self, stream_id: str, status: str) -> None:
        """Hear it, and do nothing."""

    def frames(self, stream_id: str, frames: Sequence[Frame]) -> None:
        """Hear it, and do nothing."""


NOBODY = NobodyListens()


@dataclass(frozen=True, slots=True)
class StreamTools:
    """What the composition lends to all stream actors."""

    store: Store
    board: Board
    keys: StreamKeys
    clock: Clock
    segments: SegmentSettings
    viewers: Viewers
    listener: ShowListener = NOBODY
