"""An endpoint's line: the events that wait for it, in their order, and the latest tries.

Pure: a line goes in, a line comes out; the time and the dice are arguments.
"""

from dataclasses import asdict, dataclass, replace
from typing import Literal

from actors.services.hooks.events import PING
from storage.api import Document

MAX_WAITING_EVENTS = 64
"""For one more the oldest is given up: what a stream is now matters more than what it was."""
MAX_TRIES_KEPT = 50
FIRST_DELAY_MS = 5_000
MAX_DELAY_MS = 3_600_000
JITTER_PERCENT = 20
RETRY_FOR_MS = 24 * 3_600_000
"""How long after its first try an event is given up."""
HOLD_UP_TRIES = 8
"""So often an event is tried before later ones no longer wait for it: for about 10 minutes."""

Outcome = Literal["delivered", "retrying", "given_up", "ping"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request: the status, or a word for why there is none."""

    status: int | None
    error: str | None
    took_ms: int

    @property
    def taken(self) -> bool:
        """Whether the endpoint says that it has the event."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event in the line, with the exact body that each try sends."""

    event: str
    type: str
    body: str
    due_at: int
    attempts: int = 0
    first_at: int | None = None

    @property
    def holds_up(self) -> bool:
        """Whether later ones wait for it."""
        return self.attempts < HOLD_UP_TRIES


@dataclass(frozen=True, slots=True)
class Try:
    """One request that was made, or (``line_full``) an event that had to make room.

    ``attempt`` is how many were made for this event so far.
    """

    event: str
    type: str
    at: int
    attempt: int
    outcome: Outcome
    status: int | None
    error: str | None
    took_ms: int
    next_at: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """``waiting`` is in the order of the events; ``tries`` in that of time."""

    waiting: tuple[Waiting, ...] = ()
    tries: tuple[Try, ...] = ()

    def next(self) -> Waiting | None:
        """Tell which is sent next, and when: ``due_at``."""
        eligible = []
        for each in self.waiting:
            eligible.append(each)
            if each.holds_up:
                break
        return min(eligible, key=lambda each: each.due_at, default=None)

    def join(self, event_id: str, event_type: str, body: str, now_ms: int) -> "Line":
        """Let an event join the line at its end."""
        line = self
        if len(self.waiting) >= MAX_WAITING_EVENTS:
            oldest = self.waiting[0]
            dropped = _try(oldest, "given_up", Answer(None, "line_full", 0), now_ms)
            line = replace(self, waiting=self.waiting[1:])._noted(dropped)
        joined = Waiting(event_id, event_type, body, now_ms)
        return replace(line, waiting=(*line.waiting, joined))

    def tried(self, sent: Waiting, answer: Answer, now_ms: int, dice: float) -> "Line":
        """Note what came of sending an event; ``dice`` is even in 0 to 1."""
        first_at = now_ms if sent.first_at is None else sent.first_at
        tried = replace(sent, attempts=sent.attempts + 1, first_at=first_at)
        others = tuple(each for each in self.waiting if each.event != sent.event)
        made_room = len(others) == len(self.waiting)
        if answer.taken:
            # It hears us again: what failed before is due.
            due = tuple(replace(each, due_at=min(each.due_at, now_ms)) for each in others)
            return replace(self, waiting=due)._noted(_try(tried, "delivered", answer, now_ms))
        if made_room or now_ms - first_at >= RETRY_FOR_MS:
            return replace(self, waiting=others)._noted(_try(tried, "given_up", answer, now_ms))
        again = replace(tried, due_at=now_ms + delay_ms(tried.attempts, dice))
        waiting = tuple(again if each.event == sent.event else each for each in self.waiting)
        noted = replace(_try(again, "retrying", answer, now_ms), next_at=again.due_at)
        return replace(self, waiting=waiting)._noted(noted)

    def pinged(self, event_id: str, answer: Answer, now_ms: int) -> "Line":
        """Note what came of a ping, which never waits in the line."""
        ping = Waiting(event_id, PING, "", now_ms, attempts=1)
        return self._noted(_try(ping, "ping", answer, now_ms))

    def hurried(self, now_ms: int) -> "Line":
        """Have all that wait due now."""
        return replace(self, waiting=tuple(replace(each, due_at=now_ms) for each in self.waiting))

    def _noted(self, noted: Try) -> "Line":
        return replace(self, tries=(*self.tries, noted)[-MAX_TRIES_KEPT:])


def _try(waiting: Waiting, outcome: Outcome, answer: Answer, now_ms: int) -> Try:
    return Try(
        event=waiting.event,
        type=waiting.type,
        at=now_ms,
        attempt=waiting.attempts,
        outcome=outcome,
        status=answer.status,
        error=answer.error,
        took_ms=answer.took_ms,
    )


def delay_ms(failures: int, dice: float) -> int:
    """How long to wait after so many failures: twice as long each time, a fifth more or less."""
    even = min(FIRST_DELAY_MS << min(failures - 1, 32), MAX_DELAY_MS)
    return round(even * (1 + (2 * dice - 1) * JITTER_PERCENT / 100))


def read_line(doc: Document) -> Line:
    """Read a line's document."""
    waiting = tuple(Waiting(**each) for each in doc["waiting"])
    return Line(waiting, tuple(Try(**each) for each in doc["tries"]))


def write_line(line: Line) -> Document:
    """Write a line as a document: 64 bodies of at most some 2 KiB fit into one."""
    return {
        "waiting": [asdict(each) for each in line.waiting],
        "tries": [asdict(each) for each in line.tries],
    }
