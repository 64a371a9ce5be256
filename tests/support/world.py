"""A world for an order's actor: a payment provider, one of payouts, and gatekeepers, in memory.

Each keeps a truth of its own, apart from ours, and does what a script of faults says. What a real
provider does over a real wire is the sandbox's to show; here every schedule can be tried.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from actors.ports import (
    LicenceChanged,
    NewPayment,
    NewRefund,
    NotKnown,
    PaymentState,
    PspNotice,
    RefundState,
    Refused,
    TransferState,
    Unclear,
    Untold,
)

PaymentWord = Literal["open", "succeeded", "failed", "cancelled"]
RefundWord = Literal["pending", "succeeded", "failed", "review"]

EXCEEDS = "IR_13"
DUPLICATE = "HE_01"


@dataclass
class WorldPsp:
    """Its truth: payments and refunds. ``faults`` are taken one per POST of a refund:

    "" (none), "drop" (done, and no reply), "lose" (not done, and no reply), "refuse",
    "fail", "timeout" (a failure that is none), "review".
    """

    payments: dict[str, PaymentState] = field(default_factory=dict)
    refunds: dict[str, RefundState] = field(default_factory=dict)
    refunded: dict[str, str] = field(default_factory=dict)
    """By refund: the payment that it is of."""
    faults: deque[str] = field(default_factory=deque)
    silent: bool = False
    """Whether it answers nothing at all."""
    posts: Counter[str] = field(default_factory=Counter)
    before_reply: Callable[[str], None] = lambda _: None

    async def create_payment(self, payment: NewPayment) -> PaymentState | Refused | Unclear:
        self.posts[payment.payment_id] += 1
        if self.silent:
            return Unclear("silent")
        if payment.payment_id in self.payments:
            return Unclear(DUPLICATE)
        state = PaymentState(
            payment.payment_id,
            "open",
            payment.amount,
            payment.currency,
            f"https://psp.example/{payment.payment_id}",
        )
        self.payments[payment.payment_id] = state
        return state

    async def get_payment(self, payment_id: str) -> PaymentState | NotKnown | Unclear:
        if self.silent:
            return Unclear("silent")
        return self.payments.get(payment_id, NotKnown())

    async def cancel_payment(self, payment_id: str) -> PaymentState | Refused | NotKnown | Unclear:
        if self.silent:
            return Unclear("silent")
        state = self.payments.get(payment_id)
        if state is None:
            return NotKnown()
        if state.status == "succeeded":
            return Refused("IR_16", "a payment that succeeded cannot be cancelled")
        return self._set_payment(payment_id, "cancelled")

    async def create_refund(self, refund: NewRefund) -> RefundState | Refused | Unclear:
        self.posts[refund.refund_id] += 1
        fault = self.faults.popleft() if self.faults else ""
        if self.silent or fault == "lose":
            return Unclear("lost")
        if fault == "refuse":
            return Refused("IR_14", "this payment cannot be refunded")
        if refund.refund_id in self.refunds:
            return Unclear(DUPLICATE)
        if refund.amount > self.refundable(refund.payment_id):
            return Unclear(EXCEEDS)
        ends: dict[str, RefundWord] = {"fail": "failed", "review": "review"}
        state = RefundState(
            refund.refund_id,
            f"re_{refund.refund_id}",
            ends.get(fault, "pending"),
            refund.amount,
            refund.currency,
        )
        self.refunds[refund.refund_id] = state
        self.refunded[refund.refund_id] = refund.payment_id
        self.before_reply(refund.refund_id)
        if fault in ("drop", "timeout"):
            return Unclear("TIMEOUT" if fault == "timeout" else "no reply")
        return state

    async def get_refund(self, refund_id: str) -> RefundState | NotKnown | Unclear:
        if self.silent:
            return Unclear("silent")
        return self.refunds.get(refund_id, NotKnown())

    async def refunds_of(self, payment_id: str) -> tuple[RefundState, ...] | Unclear:
        if self.silent:
            return Unclear("silent")
        refunds = self.refunds.values()
        return tuple(r for r in refunds if self.refunded.get(r.refund_id) == payment_id)

    def refundable(self, payment_id: str) -> int:
        payment = self.payments[payment_id]
        paid = payment.amount if payment.status == "succeeded" else 0
        held = (
            each
            for each in self.refunds.values()
            if each.status != "failed"
            and self.refunded.get(each.refund_id, payment_id) == payment_id
        )
        return paid - sum(each.amount for each in held)

    def pay(self, payment_id: str, status: PaymentWord = "succeeded") -> PspNotice:
        """The buyer pays (or is declined): gives the webhook that says so."""
        state = self._set_payment(payment_id, status)
        return PspNotice(
            event_id=f"evt_{payment_id}_{status}",
            kind="payment",
            event_type=f"payment_{status}",
            status=status,
            payment_id=payment_id,
            amount=state.amount,
            currency=state.currency,
        )

    def settle(
        self, refund_id: str, status: RefundWord = "succeeded", event: str = ""
    ) -> PspNotice:
        """The bank confirms a refund (or does not): gives the webhook that says so."""
        state = replace(self.refunds[refund_id], status=status)
        self.refunds[refund_id] = state
        return PspNotice(
            event_id=event or f"evt_{refund_id}_{status}",
            kind="refund",
            event_type=f"refund_{status}",
            status=status,
            refund_id=refund_id,
            amount=state.amount,
            currency=state.currency,
        )

    def _set_payment(self, payment_id: str, status: PaymentWord) -> PaymentState:
        state = replace(self.payments[payment_id], status=status)
        self.payments[payment_id] = state
        return state


@dataclass
class WorldPayouts:
    """Its truth: transfers by our ids, and what came back of each by the reversal's key."""

    transfers: dict[str, TransferState] = field(default_factory=dict)
    reversals: dict[str, int] = field(default_factory=dict)
    faults: deque[str] = field(default_factory=deque)
    broke: bool = False
    """Whether the seller's account has nothing left to take back."""

    async def send_transfer(
        self, transfer_id: str, account: str, amount: int, currency: str
    ) -> TransferState | Refused | Unclear:
        fault = self.faults.popleft() if self.faults else ""
        if fault == "lose":
            return Unclear("lost")
        if fault == "refuse":
            return Refused("account_closed", f"{account} takes no transfers")
        state = TransferState(transfer_id, f"tr_{transfer_id}", amount, currency)
        self.transfers.setdefault(transfer_id, state)
        return Unclear("no reply") if fault == "drop" else self.transfers[transfer_id]

    async def get_transfer(self, transfer_id: str) -> TransferState | NotKnown | Unclear:
        transfer = self.transfers.get(transfer_id)
        if transfer is None:
            return NotKnown()
        back = (each for key, each in self.reversals.items() if key.endswith(transfer_id))
        return replace(transfer, reversed_amount=sum(back))

    async def reverse_transfer(
        self, key: str, psp_id: str, amount: int
    ) -> TransferState | Refused | Unclear:
        fault = self.faults.popleft() if self.faults else ""
        if fault == "lose":
            return Unclear("lost")
        if self.broke and key not in self.reversals:
            return Refused("insufficient_funds", "the account has nothing left")
        self.reversals.setdefault(key, amount)
        if fault == "drop":
            return Unclear("no reply")
        transfer = next(each for each in self.transfers.values() if each.psp_id == psp_id)
        return replace(transfer, reversed_amount=self.reversals[key])

    def sent(self) -> int:
        """What sellers have, in all."""
        return sum(each.amount for each in self.transfers.values()) - sum(self.reversals.values())


@dataclass
class WorldGates:
    """Notes what the stream and the room are told."""

    told: list[LicenceChanged] = field(default_factory=list)
    deaf: bool = False

    async def licence_changed(self, change: LicenceChanged) -> None:
        if self.deaf:
            raise Untold("nobody answers")
        self.told.append(change)
