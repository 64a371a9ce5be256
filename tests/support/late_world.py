"""The world of ``world``, with time between it and us: requests and replies are under way.

A request that has left arrives, whatever becomes of who sent it. Replies get lost, the bank
changes its mind, and whatever changes there is told by a webhook, which waits for a test to
deliver it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import trio

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
)
from support.gated_world import GatedPsp
from support.world import PaymentWord, RefundWord, WorldGates, WorldPayouts

CALL_DEADLINE_S = 10.0
"""How long one of our calls waits for its reply."""
FINAL = ("succeeded", "failed")

A = TypeVar("A")


@dataclass
class Wire:
    """A request takes ``there_s`` to arrive, and its reply ``back_s``."""

    nursery: trio.Nursery
    there_s: float = 0.0
    back_s: float = 0.0

    async def call(self, serve: Callable[[], Awaitable[A]]) -> A | Unclear:
        replied = trio.Event()
        answers: list[A] = []

        async def carry(there_s: float, back_s: float) -> None:
            await trio.sleep(there_s)
            answers.append(await serve())
            await trio.sleep(back_s)
            replied.set()

        self.nursery.start_soon(carry, self.there_s, self.back_s)
        with trio.move_on_after(CALL_DEADLINE_S):
            await replied.wait()
            return answers[0]
        return Unclear("no reply in time")


@dataclass
class WorldDispute:
    payment_id: str
    amount: int
    status: str = "opened"


class LatePsp(GatedPsp):
    """``instant``: a refund has succeeded by the time of its reply, which says so."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self.wire = wire
        self.instant = False
        self.outgoing: list[PspNotice] = []
        self.disputes: dict[str, WorldDispute] = {}
        self._events = 0

    async def create_payment(self, payment: NewPayment) -> PaymentState | Refused | Unclear:
        ask = super().create_payment
        return await self.wire.call(lambda: ask(payment))

    async def get_payment(self, payment_id: str) -> PaymentState | NotKnown | Unclear:
        ask = super().get_payment
        return await self.wire.call(lambda: ask(payment_id))

    async def cancel_payment(self, payment_id: str) -> PaymentState | Refused | NotKnown | Unclear:
        ask = super().cancel_payment
        return await self.wire.call(lambda: ask(payment_id))

    async def create_refund(self, refund: NewRefund) -> RefundState | Refused | Unclear:
        return await self.wire.call(lambda: self._refund(refund))

    async def get_refund(self, refund_id: str) -> RefundState | NotKnown | Unclear:
        ask = super().get_refund
        return await self.wire.call(lambda: ask(refund_id))

    async def _refund(self, refund: NewRefund) -> RefundState | Refused | Unclear:
        answer = await super().create_refund(refund)
        if not isinstance(answer, RefundState):
            return answer
        if self.instant and answer.status == "pending":
            self.decide_refund(refund.refund_id, "succeeded")
        elif answer.status != "pending":
            self.decide_refund(refund.refund_id, answer.status)
        return self.refunds[refund.refund_id]

    def decide_payment(self, payment_id: str, word: PaymentWord) -> None:
        self._tell(self.pay(payment_id, word))

    def decide_refund(self, refund_id: str, word: RefundWord) -> None:
        self._tell(self.settle(refund_id, word))

    def open_dispute(self, payment_id: str, amount: int) -> None:
        dispute_id = f"dp_{len(self.disputes)}"
        self.disputes[dispute_id] = WorldDispute(payment_id, amount)
        self._tell_dispute(dispute_id)

    def end_dispute(self, dispute_id: str, word: str) -> None:
        self.disputes[dispute_id].status = word
        self._tell_dispute(dispute_id)

    def captured(self, payment_id: str) -> int:
        payment = self.payments.get(payment_id)
        return payment.amount if payment is not None and payment.status == "succeeded" else 0

    def charged_back(self, payment_id: str) -> int:
        """What the bank has taken back of a payment."""
        lost = (each for each in self.disputes.values() if each.status == "lost")
        return sum(each.amount for each in lost if each.payment_id == payment_id)

    def _tell_dispute(self, dispute_id: str) -> None:
        dispute = self.disputes[dispute_id]
        self._tell(
            PspNotice(
                event_id="",
                kind="dispute",
                event_type=f"dispute_{dispute.status}",
                status=dispute.status,
                payment_id=dispute.payment_id,
                dispute_id=dispute_id,
                amount=dispute.amount,
                currency=self.payments[dispute.payment_id].currency,
            )
        )

    def _tell(self, notice: PspNotice) -> None:
        self._events += 1
        self.outgoing.append(replace(notice, event_id=f"evt_{self._events}"))


@dataclass
class LatePayouts(WorldPayouts):
    wire: Wire = field(kw_only=True)

    async def send_transfer(
        self, transfer_id: str, account: str, amount: int, currency: str
    ) -> TransferState | Refused | Unclear:
        send = super().send_transfer
        return await self.wire.call(lambda: send(transfer_id, account, amount, currency))

    async def get_transfer(self, transfer_id: str) -> TransferState | NotKnown | Unclear:
        get = super().get_transfer
        return await self.wire.call(lambda: get(transfer_id))

    async def reverse_transfer(
        self, key: str, psp_id: str, amount: int
    ) -> TransferState | Refused | Unclear:
        reverse = super().reverse_transfer
        return await self.wire.call(lambda: reverse(key, psp_id, amount))


@dataclass
class LateGates(WorldGates):
    """Those who let in are of our own process, and end with it: only their answer is late."""

    wire: Wire = field(kw_only=True)

    async def licence_changed(self, change: LicenceChanged) -> None:
        await trio.sleep(self.wire.there_s)
        await super().licence_changed(change)
        await trio.sleep(self.wire.back_s)
