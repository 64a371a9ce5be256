"""What a job does in the world: one call, or two where it first has to ask."""

from dataclasses import replace
from typing import assert_never

from actors.ports import (
    Gatekeeper,
    LicenceChanged,
    NewPayment,
    NewRefund,
    NotKnown,
    PaymentState,
    Payouts,
    Psp,
    Refused,
    TransferState,
    Unclear,
    Untold,
)
from actors.refund.case import Case
from actors.refund.jobs import Job, JobKind
from actors.refund.licence_machine import LicenceStatus
from actors.refund.messages import PspAnswer

MAX_DESCRIPTION_CHARS = 200


class Calls:
    """Makes the calls of jobs. What the provider or the network does to one is its answer."""

    def __init__(self, psp: Psp, payouts: Payouts, gatekeeper: Gatekeeper, return_url: str) -> None:
        self._psp = psp
        self._payouts = payouts
        self._gatekeeper = gatekeeper
        self._return_url = return_url

    async def make(self, job: Job, case: Case, account: str) -> PspAnswer:
        """Do a job of this case.

        ``account`` is where the seller's transfers go.
        """
        match job.kind:
            case JobKind.CREATE_PAYMENT:
                return await self._create_payment(job, case)
            case JobKind.ASK_PAYMENT:
                return await self._psp.get_payment(job.subject)
            case JobKind.EXPIRE_PAYMENT:
                return await self._expire_payment(job.subject)
            case JobKind.SUBMIT_REFUND:
                return await self._submit_refund(job.subject, case)
            case JobKind.ASK_REFUND:
                return await self._psp.get_refund(job.subject)
            case JobKind.SEND_TRANSFER:
                return await self._send_transfer(job, case, account)
            case JobKind.REVERSE_TRANSFER:
                return await self._reverse_transfer(job, case)
            case JobKind.TELL_LICENCE:
                return await self._tell_licence(job.subject, case)
            case _:
                assert_never(job.kind)

    async def _create_payment(self, job: Job, case: Case) -> PspAnswer:
        order = case.order
        if job.attempts > 0:
            found = await self._psp.get_payment(order.payment.id)
            if not isinstance(found, NotKnown):
                return found
        titles = ", ".join(line.title for line in order.lines)
        return await self._psp.create_payment(
            NewPayment(
                payment_id=order.payment.id,
                order_id=order.id,
                amount=order.amount,
                currency=order.currency,
                description=titles[:MAX_DESCRIPTION_CHARS],
                return_url=f"{self._return_url}{order.id}",
            )
        )

    async def _expire_payment(self, payment_id: str) -> PspAnswer:
        """End a payment at the provider, unless it was paid: it cannot be paid after that."""
        found = await self._psp.get_payment(payment_id)
        if not isinstance(found, PaymentState) or found.status in ("succeeded", "cancelled"):
            return found
        answer = await self._psp.cancel_payment(payment_id)
        return Unclear(answer.code) if isinstance(answer, Refused) else answer

    async def _submit_refund(self, refund_id: str, case: Case) -> PspAnswer:
        refund = case.refund(refund_id)
        assert refund is not None, "jobs name refunds of their own order"
        return await self._psp.create_refund(
            NewRefund(
                refund_id=refund.id,
                payment_id=case.order.payment.id,
                amount=refund.amount,
                currency=case.order.currency,
                reason=refund.reason,
            )
        )

    async def _send_transfer(self, job: Job, case: Case, account: str) -> PspAnswer:
        transfer = case.transfer(job.subject)
        assert transfer is not None, "jobs name transfers of their own order"
        # It may have been sent, before a crash or even before a backup that we were restored from,
        # and for longer than the provider remembers keys.
        found = await self._payouts.get_transfer(transfer.id)
        if isinstance(found, TransferState | Unclear):
            return found
        return await self._payouts.send_transfer(
            transfer.id, account, transfer.amount, case.order.currency
        )

    async def _reverse_transfer(self, job: Job, case: Case) -> PspAnswer:
        cause, _, transfer_id = job.subject.partition(":")
        transfer = case.transfer(transfer_id)
        assert transfer is not None, "jobs name transfers of their own order"
        asked = [each for each in transfer.reversals if each.status == "asked"]
        if asked[0].cause != cause:
            return Unclear("an earlier reversal of this transfer is under way")
        if job.attempts > 1:
            # The provider forgets a key after a day; what has come back so far it knows for ever.
            found = await self._payouts.get_transfer(transfer.id)
            if not isinstance(found, TransferState):
                return Unclear("the transfer cannot be looked at")
            confirmed = sum(each.amount for each in transfer.reversals if each.confirmed)
            if found.reversed_amount >= confirmed + asked[0].amount:
                return replace(found, reversed_amount=asked[0].amount)
        return await self._payouts.reverse_transfer(
            f"rev:{cause}:{transfer.id}", transfer.psp_id or "", asked[0].amount
        )

    async def _tell_licence(self, licence_id: str, case: Case) -> PspAnswer:
        licence = next(each for each in case.licences if each.id == licence_id)
        assert licence.stream is not None, "only who lets into a stream is told"
        active = licence.status is LicenceStatus.ACTIVE
        change = LicenceChanged(licence.id, case.order.buyer, licence.stream, active)
        try:
            await self._gatekeeper.licence_changed(change)
        except Untold as error:
            return Unclear(str(error))
        return change
