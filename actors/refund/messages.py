"""What an order's actor can be told and asked."""

from dataclasses import dataclass

from actors.kernel import Ask
from actors.ports import (
    LicenceChanged,
    NotKnown,
    PaymentState,
    PspNotice,
    RefundState,
    Refused,
    TransferState,
    Unclear,
)
from actors.refund.events import AccountNamed, PaymentResolved, RefundResolved
from actors.refund.jobs import Job
from actors.services.carts import Cart

PspAnswer = (
    PaymentState | RefundState | TransferState | LicenceChanged | Refused | NotKnown | Unclear
)


@dataclass(frozen=True, slots=True)
class CreateOrder(Ask[None]):
    """Make the order of a cart, with its seats taken.

    Storage's Conflict on (buyer, idempotency_key) where this buyer has used the key before;
    OrderError sold_out, not_on_sale; StoreUnavailable.
    """

    cart: Cart
    idempotency_key: str | None
    request_hash: str


@dataclass(frozen=True, slots=True)
class StartPayment(Ask[str]):
    """Have the provider make the payment, if it has not; answers with where to pay.

    OrderError psp_refused, psp_unavailable, order_not_found.
    """


@dataclass(frozen=True, slots=True)
class RefundOpened:
    """A refund is on its way: what became of it so far is pending."""

    refund_id: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class RequestRefund(Ask[RefundOpened]):
    """Open a refund of ``amount``, or of whole ``products``, or of all that is left.

    Answered after the provider's word or PSP_WAIT_S, whichever is first. ``cause`` is
    "requested", or "show_cancelled", for which no window closes and which the seller alone asks.
    OrderError forbidden, order_not_found, order_not_refundable, no_payment,
    refund_window_expired, refund_exceeds_captured, refund_already_requested, psp_refused.
    """

    user_id: str
    admin: bool
    reason: str = ""
    amount: int | None = None
    products: tuple[str, ...] = ()
    cause: str = "requested"


@dataclass(frozen=True, slots=True)
class Instruct(Ask[None]):
    """Take in what an operator has decided, or that the seller has named a payout account.

    OrderError order_not_found, refund_not_found, order_not_refundable, no_payment.
    """

    event: RefundResolved | PaymentResolved | AccountNamed


@dataclass(frozen=True, slots=True)
class Notified:
    """A webhook about this order is in the inbox, at this version."""

    notice: PspNotice
    inbox_version: int


@dataclass(frozen=True, slots=True)
class Drive(Ask[int]):
    """Do the jobs that are due, or with ``force`` all; answers how many were begun."""

    force: bool = False


@dataclass(frozen=True, slots=True)
class JobEnded:
    """What came of a job's call."""

    job: Job
    answer: PspAnswer


@dataclass(frozen=True, slots=True)
class WaitOver:
    """The requester of this refund has waited for the provider's word long enough."""

    refund_id: str


RefundMessage = (
    CreateOrder | StartPayment | RequestRefund | Instruct | Notified | Drive | JobEnded | WaitOver
)
