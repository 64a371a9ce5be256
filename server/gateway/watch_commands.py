"""The commands with which a stream is watched."""

from collections.abc import Callable
from dataclasses import dataclass

from server.gateway.fields import Fields, mark


@dataclass(frozen=True, slots=True)
class WatchStream:
    """Be told what happens to a stream."""

    stream: str


@dataclass(frozen=True, slots=True)
class UnwatchStream:
    """Be told of a stream no more."""

    stream: str


WatchCommand = WatchStream | UnwatchStream


def _watch(fields: Fields) -> WatchCommand:
    return WatchStream(mark(fields, "stream"))


def _unwatch(fields: Fields) -> WatchCommand:
    return UnwatchStream(mark(fields, "stream"))


WATCH_BUILDERS: dict[str, Callable[[Fields], WatchCommand]] = {
    "watch": _watch,
    "unwatch": _unwatch,
}
