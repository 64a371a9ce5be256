"""The world's providers behind gates: what is done may be answered when a test says so."""

from collections.abc import Callable
from dataclasses import dataclass, field

import trio

from actors.ports import (
    LicenceChanged,
    NewPayment,
    NewRefund,
    NotKnown,
    PaymentState,
    RefundState,
    Refused,
    TransferState,
    Unclear,
)
from support.world import WorldGates, WorldPayouts, WorldPsp


def _open() -> trio.Event:
    event = trio.Event()
    event.set()
    return event


@dataclass
class GatedPsp(WorldPsp):
    """Answers the POST of a refund once its gate is open, which it is unless a test shuts it.

    The answer is how the refund stands by then.
    """

    gate: trio.Event = field(default_factory=_open)
    before_post: Callable[[str], None] = lambda _: None
    refuses_payments: bool = False
    patience: int = 1000
    """How often it lets itself be asked: an order that asks without end is at fault."""

    def shut(self) -> trio.Event:
        """Hold back answers until the event that this gives is set."""
        self.gate = trio.Event()
        return self.gate

    async def create_payment(self, payment: NewPayment) -> PaymentState | Refused | Unclear:
        if self.refuses_payments:
            return Refused("IR_06", "no such currency")
        return await super().create_payment(payment)

    async def get_payment(self, payment_id: str) -> PaymentState | NotKnown | Unclear:
        self._ask()
        return await super().get_payment(payment_id)

    async def get_refund(self, refund_id: str) -> RefundState | NotKnown | Unclear:
        self._ask()
        return await super().get_refund(refund_id)

    def _ask(self) -> None:
        self.patience -= 1
        assert self.patience > 0, "it is asked again and again"

    async def create_refund(self, refund: NewRefund) -> RefundState | Refused | Unclear:
        self.before_post(refund.refund_id)
        answer = await super().create_refund(refund)
        await self.gate.wait()
        return self.refunds[refund.refund_id] if isinstance(answer, RefundState) else answer


@dataclass
class GatedPayouts(WorldPayouts):
    """Answers to a transfer once its gate is open."""

    gate: trio.Event = field(default_factory=_open)
    calls: int = 0

    def shut(self) -> trio.Event:
        """Hold back answers until the event that this gives is set."""
        self.gate = trio.Event()
        return self.gate

    async def send_transfer(
        self, transfer_id: str, account: str, amount: int, currency: str
    ) -> TransferState | Refused | Unclear:
        self.calls += 1
        answer = await super().send_transfer(transfer_id, account, amount, currency)
        await self.gate.wait()
        return answer


@dataclass
class GatedGates(WorldGates):
    """The stream and the room answer once their gate is open."""

    gate: trio.Event = field(default_factory=_open)

    def shut(self) -> trio.Event:
        """Hold back answers until the event that this gives is set."""
        self.gate = trio.Event()
        return self.gate

    async def licence_changed(self, change: LicenceChanged) -> None:
        await super().licence_changed(change)
        await self.gate.wait()
