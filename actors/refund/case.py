"""The case: everything about one order's money, as immutable values.

Amounts are integer minor units of the order's currency; times are Unix milliseconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from actors.refund.jobs import Job
from actors.refund.ledger import split
from actors.refund.licence_machine import LicenceStatus
from actors.refund.order_machine import OrderStatus
from actors.refund.payment_machine import PaymentStatus
from actors.refund.refund_machine import OPEN, RefundStatus
from actors.refund.transfer_machine import TransferStatus
from actors.services.carts import Line

REFUND_WINDOW_MS = 14 * 24 * 3600 * 1000
"""From the payment, where the order has no deadline of its own."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What held when the order was made."""

    fee_bps: int = 0
    """The platform's share, in basis points of each amount."""
    transfer_delay_ms: int = 0
    """From the payment until the seller's share is sent."""
    suspends: bool = False
    """Whether a licence is suspended while its refund is open."""


@dataclass(frozen=True, slots=True)
class Payment:
    """How the order is paid."""

    id: str
    status: PaymentStatus = PaymentStatus.NEW
    pay_url: str = ""


@dataclass(frozen=True, slots=True)
class Dispute:
    """A chargeback. Once it is lost, ``seller_part``, ``fee_part`` and a rest have been booked."""

    id: str
    amount: int
    status: str  # "opened", "won" or "lost"
    seller_part: int = 0
    fee_part: int = 0

    @property
    def charged(self) -> int:
        """What of it falls on this order."""
        return self.seller_part + self.fee_part

    @property
    def lost(self) -> int:
        """What of it went out beyond what the order had left: the platform's loss."""
        return self.amount - self.charged if self.status == "lost" else 0


@dataclass(frozen=True, slots=True)
class Order:
    """What was bought, by whom, and how it stands."""

    id: str
    buyer: str
    buyer_name: str
    seller: str
    seller_name: str
    currency: str
    amount: int
    fee: int
    lines: tuple[Line, ...]
    payment: Payment
    terms: Terms
    request_hash: str
    created_at: int
    status: OrderStatus = OrderStatus.CREATED
    expired: bool = False
    """Nobody paid in time, so its seats are free for others."""
    idempotency_key: str | None = None
    paid_at: int | None = None
    refund_until: int | None = None
    disputes: tuple[Dispute, ...] = ()
    jobs: tuple[Job, ...] = ()
    seq: int = 0
    """How many events it has seen."""

    @property
    def disputed(self) -> bool:
        """Whether a chargeback is open."""
        return any(dispute.status == "opened" for dispute in self.disputes)

    @property
    def refund_deadline(self) -> int | None:
        """Until when a refund can be asked for; None before it is paid."""
        if self.refund_until is not None or self.paid_at is None:
            return self.refund_until
        return self.paid_at + REFUND_WINDOW_MS


class Booking(StrEnum):
    """Where the ledger has a refund's amount, whatever is still unclear about it."""

    RESERVED = "reserved"
    RETURNED = "returned"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund; its ``shares`` say what of each product is given back.

    ``lost`` is what of it went out beyond what the order had left: the platform's loss.
    """

    id: str
    amount: int
    shares: tuple[tuple[str, int], ...]
    seller_part: int
    fee_part: int
    reason: str
    requested_by: str
    cause: str
    created_at: int
    status: RefundStatus = RefundStatus.REQUESTED
    booked: Booking = Booking.RESERVED
    lost: int = 0
    psp_id: str | None = None
    error_code: str = ""
    error_message: str = ""
    refused: bool = False
    """Whether the provider has refused a call for it: final, if it then knows of none."""
    succeeded_at: int | None = None
    note: str = ""

    @property
    def open(self) -> bool:
        """Whether its end is not known yet."""
        return self.status in OPEN

    @property
    def holds(self) -> bool:
        """Whether its amount is given back, or reserved for it."""
        return self.booked is not Booking.RELEASED

    @property
    def counted(self) -> int:
        """What of it counts against the order."""
        return self.amount - self.lost


@dataclass(frozen=True, slots=True)
class Licence:
    """What opens a stream, or a recording, to the buyer."""

    id: str
    product: str
    created_at: int
    status: LicenceStatus = LicenceStatus.ACTIVE
    stream: str | None = None
    recording: str | None = None
    revoked_at: int | None = None
    """Since when it opens nothing; None where it does."""


@dataclass(frozen=True, slots=True)
class Reversal:
    """A part of a transfer that is taken back, for a refund or a lost dispute."""

    cause: str
    amount: int
    status: str = "asked"  # then "confirmed" or "refused"

    @property
    def taken(self) -> bool:
        """Whether it came back, or may still do so."""
        return self.status != "refused"

    @property
    def confirmed(self) -> bool:
        """Whether it came back."""
        return self.status == "confirmed"


@dataclass(frozen=True, slots=True)
class Transfer:
    """The seller's share on its way. ``amount`` is final once it is sent."""

    id: str
    amount: int
    created_at: int
    status: TransferStatus = TransferStatus.SCHEDULED
    psp_id: str | None = None
    paid_at: int | None = None
    reversals: tuple[Reversal, ...] = ()
    deducted: tuple[str, ...] = ()
    """The refunds and disputes that were settled before it was sent, and so are not in it."""

    @property
    def taken_back(self) -> int:
        """What has been asked back and not been refused."""
        return sum(each.amount for each in self.reversals if each.taken)


P = TypeVar("P", bound=Refund | Licence | Transfer | Dispute)


@dataclass(frozen=True, slots=True)
class Case:
    """An order with all that hangs on it."""

    order: Order
    refunds: tuple[Refund, ...] = ()
    licences: tuple[Licence, ...] = ()
    transfers: tuple[Transfer, ...] = ()

    def refund(self, refund_id: str) -> Refund | None:
        """Return the refund of this id."""
        return next((each for each in self.refunds if each.id == refund_id), None)

    def transfer(self, transfer_id: str) -> Transfer | None:
        """Return the transfer of this id."""
        return next((each for each in self.transfers if each.id == transfer_id), None)

    @property
    def open_refund(self) -> Refund | None:
        """The refund whose end is not known yet; there is one at most."""
        return next((each for each in self.refunds if each.open), None)

    @property
    def returned(self) -> int:
        """What has been given back, by refunds and by disputes that were lost."""
        returned = (each for each in self.refunds if each.booked is Booking.RETURNED)
        return sum(each.counted for each in returned) + self._charged_back

    @property
    def captured(self) -> int:
        """What has been paid, as far as we have heard."""
        return 0 if self.order.paid_at is None else self.order.amount

    @property
    def left(self) -> int:
        """What can still be given back."""
        held = sum(each.counted for each in self.refunds if each.holds)
        return self.captured - held - self._charged_back

    @property
    def seller_left(self) -> int:
        """The seller's share of what is left."""
        if self.captured == 0:
            return 0
        fee_held = sum(each.fee_part for each in self.refunds if each.holds)
        fee_held += sum(each.fee_part for each in self.order.disputes)
        return self.left - (self.order.fee - fee_held)

    def parts_of(self, amount: int) -> tuple[int, int]:
        """Split an amount as what is left is: the seller's part of it, and the platform's."""
        seller_part, fee_part = split(amount, [self.seller_left, self.left - self.seller_left])
        return seller_part, fee_part

    @property
    def _charged_back(self) -> int:
        return sum(each.charged for each in self.order.disputes)

    def given_back(self, product: str) -> int:
        """What refunds have given back of one product."""
        return self._shares(product, lambda each: each.booked is Booking.RETURNED)

    def left_of(self, line: Line) -> int:
        """What refunds can still give back of one line."""
        return line.amount - self._shares(line.product, lambda each: each.holds)

    def _shares(self, product: str, counts: Callable[[Refund], bool]) -> int:
        return sum(
            amount
            for each in self.refunds
            if counts(each)
            for name, amount in each.shares
            if name == product
        )


def replaced(items: tuple[P, ...], item: P) -> tuple[P, ...]:
    """Put an item in the place of the one with its id, or at the end."""
    if any(each.id == item.id for each in items):
        return tuple(item if each.id == item.id else each for each in items)
    return (*items, item)
