"""What the sandbox is told at its start."""

from dataclasses import dataclass, field

from server.sandbox.faults import FaultScript

SETTLE_DELAY_S = 1.5
"""Long enough to see a refund pending."""
RETRY_FACTOR = 1 / 60
"""A minute of the real schedule is a second here."""
PREFIX = "/sandbox"
"""Of every path, so that the app can be mounted beside another."""


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """``public_url`` is the origin at which browsers reach ``/sandbox/``, without a slash.

    Without a ``webhook_url`` webhooks are kept, and sent by nobody. ``payout_key`` is the bearer
    of the payouts' API. ``retry_factor`` stretches (1 is the real one) the webhooks' schedule.
    """

    public_url: str
    api_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    payout_key: str = field(repr=False)
    webhook_url: str = ""
    settle_delay_s: float = SETTLE_DELAY_S
    retry_factor: float = RETRY_FACTOR
    faults: FaultScript = field(default_factory=FaultScript)
