"""The life of a stream, as one table."""

from enum import StrEnum


class Status(StrEnum):
    """Where a stream is; the value is what the API and the store say."""

    IDLE = "idle"
    LIVE = "live"
    INTERRUPTED = "interrupted"
    ENDED = "ended"


class Change(StrEnum):
    """What can happen to a stream."""

    FRAMES = "frames"  # a publisher that holds the slot sends its first frames
    DROP = "drop"  # the publisher is gone without a goodbye
    END = "end"  # a goodbye, a stop, or the end of grace


TRANSITIONS = {
    (Status.IDLE, Change.FRAMES): Status.LIVE,
    (Status.ENDED, Change.FRAMES): Status.LIVE,
    (Status.INTERRUPTED, Change.FRAMES): Status.LIVE,
    (Status.LIVE, Change.DROP): Status.INTERRUPTED,
    (Status.LIVE, Change.END): Status.ENDED,
    (Status.INTERRUPTED, Change.END): Status.ENDED,
}

ON_AIR = frozenset({Status.LIVE, Status.INTERRUPTED})


class IllegalTransition(Exception):
    """The table has no such transition."""


def next_status(status: Status, change: Change) -> Status:
    """Look up where ``change`` leads from ``status``. IllegalTransition."""
    try:
        return TRANSITIONS[status, change]
    except KeyError:
        raise IllegalTransition(f"a stream that is {status} knows no {change}") from None
