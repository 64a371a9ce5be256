"""The outbox of an order: what has to be done for it in the world, until it is answered.

A job is committed with the decision that wants it, and goes with the one that needs it no more.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

PAYMENT_HOLD_MS = 30 * MINUTE_MS
"""How long an order that nobody pays keeps its seats."""
JITTER_PERCENT = 20
"""Of a delay, so that orders of one moment do not come back in one moment."""


class JobKind(StrEnum):
    """What there is to do."""

    CREATE_PAYMENT = "create_payment"
    ASK_PAYMENT = "ask_payment"
    EXPIRE_PAYMENT = "expire_payment"
    SUBMIT_REFUND = "submit_refund"
    ASK_REFUND = "ask_refund"
    SEND_TRANSFER = "send_transfer"
    REVERSE_TRANSFER = "reverse_transfer"
    TELL_LICENCE = "tell_licence"


RETRY_DELAYS_MS = (
    2 * SECOND_MS,
    5 * SECOND_MS,
    15 * SECOND_MS,
    MINUTE_MS,
    5 * MINUTE_MS,
    15 * MINUTE_MS,
    HOUR_MS,
    6 * HOUR_MS,
)
"""Between calls of which the outcome is not known; the last one is kept up."""

POLL_DELAYS_MS = (
    30 * SECOND_MS,
    MINUTE_MS,
    2 * MINUTE_MS,
    5 * MINUTE_MS,
    15 * MINUTE_MS,
    HOUR_MS,
    6 * HOUR_MS,
)
"""Between questions about what the webhook should tell; the last one is kept up."""

TRANSFER_DELAYS_MS = (HOUR_MS, 6 * HOUR_MS, DAY_MS)
"""Between looks whether a transfer can be sent by now; the last one is kept up."""

AT_WILL = frozenset(
    {
        JobKind.CREATE_PAYMENT,
        JobKind.ASK_PAYMENT,
        JobKind.SUBMIT_REFUND,
        JobKind.ASK_REFUND,
        JobKind.REVERSE_TRANSFER,
        JobKind.TELL_LICENCE,
    }
)
"""Jobs that do no harm before their time: an operator's sweep does them at once."""


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to do, from ``due_at`` (Unix ms) on; ``subject`` is the id of what it is about."""

    kind: JobKind
    subject: str
    due_at: int
    attempts: int = 0

    @property
    def key(self) -> str:
        """What it is known by: an order never has two jobs of one key."""
        return f"{self.kind}:{self.subject}"


def retry_at(job: Job, now_ms: int, delays_ms: tuple[int, ...] = RETRY_DELAYS_MS) -> int:
    """When a job is due again after one more attempt, spread by a share of its own."""
    delay_ms = delays_ms[min(job.attempts, len(delays_ms) - 1)]
    seed = hashlib.sha256(f"{job.key}:{job.attempts}".encode()).digest()
    return now_ms + delay_ms + delay_ms * JITTER_PERCENT * seed[0] // 25_500
