"""The bodies of webhooks, and of the operator's requests and responses."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from actors.services.rules import normal_description
from server.api.bodies import Body, Text

MAX_NOTE_CHARS = 1000

Note = Annotated[
    Text, AfterValidator(normal_description), Field(min_length=1, max_length=MAX_NOTE_CHARS)
]


class ReceivedView(Body):
    """A webhook has been kept."""

    received: Literal[True]


class SweptView(Body):
    """How many jobs of orders were begun."""

    driven: int


class RefundDetailView(Body):
    """A refund as operators see it, with the status that it really has."""

    id: str
    order_id: str
    status: str
    amount: int
    currency: str
    shares: dict[str, int]
    reason: str
    cause: str
    requested_by: str
    psp_id: str | None
    error_code: str
    error_message: str
    note: str
    created_at: str
    succeeded_at: str | None


class StepView(Body):
    """One thing that happened to an order: what was done, what made it so, what was said."""

    seq: int
    at: str
    what: list[str]
    cause: str
    evidence: dict[str, Any]


class ExplainedView(Body):
    """A refund with all that happened to its order.

    ``replay_matches`` tells whether the events, run again, lead to what the store has.
    """

    refund: RefundDetailView
    steps: list[StepView]
    replay_matches: bool


class ResolveBody(Body):
    """An operator's word on a refund in review or quarantine; ``ask`` asks the provider."""

    outcome: Literal["ask", "succeeded", "failed"]
    note: Note


class ResolvedView(Body):
    """A refund after an operator's word."""

    refund: RefundDetailView


class ResolvePaymentBody(Body):
    """An operator's word on a payment in quarantine; ``ask`` asks the provider."""

    outcome: Literal["ask", "failed"]
    note: Note


class ResolvedPaymentView(Body):
    """A payment after an operator's word."""

    order_id: str
    status: str


class DifferenceView(Body):
    """Where the provider's truth, or the ledger's, is not ours."""

    kind: Literal["payment", "refund", "transfer", "entry", "balance"]
    id: str
    ours: str
    theirs: str


class ReconciliationView(Body):
    """What was compared. ``complete`` is false where there was more than one run compares."""

    checked: int
    complete: bool
    differences: list[DifferenceView]
