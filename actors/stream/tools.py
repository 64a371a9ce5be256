"""What all stream actors share."""

from dataclasses import dataclass

from actors.ports import Clock, Viewers
from actors.services.stream_keys import StreamKeys
from actors.stream.board import Board
from media.hls import SegmentSettings
from storage.api import Store


@dataclass(frozen=True, slots=True)
class StreamTools:
    """What the composition lends to all stream actors."""

    store: Store
    board: Board
    keys: StreamKeys
    clock: Clock
    segments: SegmentSettings
    viewers: Viewers
