"""What can happen to an order. Each event is kept with the order, word for word, as evidence."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from actors.refund.case import Terms
from actors.services.carts import Cart

Source = Literal["reply", "asked", "webhook"]
"""The reply to the call that makes something, an answer to a question, or a webhook."""


@dataclass(frozen=True, slots=True)
class Created:
    """A buyer ordered."""

    order_id: str
    cart: Cart
    idempotency_key: str | None
    request_hash: str
    terms: Terms
    kind: Literal["created"] = "created"


@dataclass(frozen=True, slots=True)
class PaymentHeard:
    """The provider said something of the payment, or did not answer.

    ``job`` is the key of the job that asked; ``called_off`` are the products of the order whose
    show had been cancelled by then.
    """

    source: Source
    word: Literal["open", "succeeded", "failed", "cancelled", "refused", "unclear", "not_known"]
    amount: int | None = None
    currency: str = ""
    pay_url: str = ""
    code: str = ""
    message: str = ""
    job: str = ""
    called_off: tuple[str, ...] = ()
    evidence: str = ""
    kind: Literal["payment_heard"] = "payment_heard"


@dataclass(frozen=True, slots=True)
class RefundRequested:
    """Somebody asks for money back: ``amount``, or whole ``products``, or all that is left."""

    user_id: str
    admin: bool
    reason: str
    amount: int | None = None
    products: tuple[str, ...] = ()
    cause: str = "requested"
    kind: Literal["refund_requested"] = "refund_requested"


@dataclass(frozen=True, slots=True)
class RefundHeard:
    """The provider said something of a refund, or did not answer."""

    refund_id: str
    source: Source
    word: Literal["pending", "succeeded", "failed", "review", "refused", "unclear", "not_known"]
    psp_id: str = ""
    amount: int | None = None
    currency: str = ""
    code: str = ""
    message: str = ""
    job: str = ""
    evidence: str = ""
    kind: Literal["refund_heard"] = "refund_heard"


@dataclass(frozen=True, slots=True)
class RefundResolved:
    """An operator decides what nobody else can."""

    refund_id: str
    outcome: str
    operator: str
    note: str
    kind: Literal["refund_resolved"] = "refund_resolved"


@dataclass(frozen=True, slots=True)
class PaymentResolved:
    """An operator decides about a payment in quarantine: "ask" once more, or it has "failed"."""

    outcome: str
    operator: str
    note: str
    kind: Literal["payment_resolved"] = "payment_resolved"


@dataclass(frozen=True, slots=True)
class AccountNamed:
    """The seller has named where their money goes, perhaps anew."""

    kind: Literal["account_named"] = "account_named"


@dataclass(frozen=True, slots=True)
class TransferHeard:
    """The provider of payouts answered to a transfer, or did not."""

    transfer_id: str
    word: Literal["paid", "refused", "unclear"]
    psp_id: str = ""
    amount: int = 0
    code: str = ""
    job: str = ""
    kind: Literal["transfer_heard"] = "transfer_heard"


@dataclass(frozen=True, slots=True)
class ReversalHeard:
    """The provider of payouts answered to a reversal, or did not; ``amount`` came back."""

    transfer_id: str
    cause: str
    word: Literal["confirmed", "refused", "unclear"]
    amount: int = 0
    code: str = ""
    job: str = ""
    kind: Literal["reversal_heard"] = "reversal_heard"


@dataclass(frozen=True, slots=True)
class DisputeHeard:
    """The buyer's bank takes the money back, or does so no more."""

    dispute_id: str
    word: str
    amount: int
    evidence: str = ""
    kind: Literal["dispute_heard"] = "dispute_heard"


@dataclass(frozen=True, slots=True)
class LicenceTold:
    """The stream and the room have heard of a licence, or (not ``done``) could not.

    ``active`` is what they heard: it may have changed since.
    """

    licence_id: str
    done: bool
    active: bool = False
    kind: Literal["licence_told"] = "licence_told"


@dataclass(frozen=True, slots=True)
class JobStarted:
    """A call that moves money is about to be made: from here on it may have been."""

    key: str
    kind: Literal["job_started"] = "job_started"


@dataclass(frozen=True, slots=True)
class JobPostponed:
    """A job cannot be done yet."""

    key: str
    reason: str
    kind: Literal["job_postponed"] = "job_postponed"


@dataclass(frozen=True, slots=True)
class Recovered:
    """The process came back: what calls were under way may or may not have been made."""

    kind: Literal["recovered"] = "recovered"


@dataclass(frozen=True, slots=True)
class Disregarded:
    """Something was said that cannot be: it is kept, and changes nothing."""

    reason: str
    evidence: str = ""
    kind: Literal["disregarded"] = "disregarded"


Event = (
    Created
    | PaymentHeard
    | RefundRequested
    | RefundHeard
    | RefundResolved
    | PaymentResolved
    | AccountNamed
    | TransferHeard
    | ReversalHeard
    | DisputeHeard
    | LicenceTold
    | JobStarted
    | JobPostponed
    | Recovered
    | Disregarded
)

EVENTS: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])
"""Reads and writes events as JSON objects."""
