"""The payment provider: Hyperswitch's API, version 1 (https://api-reference.hyperswitch.io)."""

from urllib.parse import quote

import httpx

from actors.ports import (
    NewPayment,
    NewRefund,
    NotKnown,
    PaymentState,
    RefundState,
    Refused,
    Unclear,
)
from server.psp.hyperswitch_answers import (
    payment_cancelled,
    payment_found,
    payment_made,
    refund_found,
    refund_made,
    refunds_listed,
)
from server.psp.wire import Wire

MAX_REASON_CHARS = 255
MAX_DESCRIPTION_CHARS = 255
MAX_LISTED_REFUNDS = 100
NO_PAYMENT = "pay_that_cannot_exist"
PAST_CACHES = {"force_sync": "true"}


class HyperswitchPsp:
    """``actors.ports.Psp``; ``base_url`` is all before ``/payments``.

    What is ``Refused`` says by itself that nothing was done. Every other mishap is ``Unclear``,
    whose reason is the provider's code where it gave one, so that "IR_13" (more than was captured,
    and also what a retry of a full refund gets that went through) and "CE_06" can be told from
    "timed_out", "unreachable", "connection_lost" or "http_503". An ``Unclear`` is asked for by our
    own id; IR_13 again after ``NotKnown`` is a refusal.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._wire = Wire(base_url, {"api-key": api_key}, transport)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()

    async def try_key(self) -> NotKnown | Refused | Unclear:
        """Ask for a payment that cannot exist: ``Refused`` says that it is our key which is not
        taken, ``NotKnown`` that all is well.
        """
        answer = await self._wire.get(f"/payments/{NO_PAYMENT}", {})
        if isinstance(answer, Unclear):
            return answer
        if answer.refuses_key:
            return Refused(f"http_{answer.status}", "the key is refused")
        found = payment_found(answer, NO_PAYMENT)
        return Unclear("unexpected_payment") if isinstance(found, PaymentState) else found

    async def create_payment(self, payment: NewPayment) -> PaymentState | Refused | Unclear:
        """Make a payment that is captured at once, with the provider's page to pay it on."""
        body = {
            "payment_id": payment.payment_id,
            "amount": payment.amount,
            "currency": payment.currency,
            "capture_method": "automatic",
            "description": payment.description[:MAX_DESCRIPTION_CHARS],
            "return_url": payment.return_url,
            "payment_link": True,
            "metadata": {"order_id": payment.order_id},
        }
        answer = await self._wire.post_json("/payments", body)
        if isinstance(answer, Unclear):
            return answer
        return payment_made(answer, payment.payment_id)

    async def get_payment(self, payment_id: str) -> PaymentState | NotKnown | Unclear:
        """Ask how a payment stands, past the provider's caches."""
        answer = await self._wire.get(f"/payments/{quote(payment_id, safe='')}", PAST_CACHES)
        return answer if isinstance(answer, Unclear) else payment_found(answer, payment_id)

    async def cancel_payment(self, payment_id: str) -> PaymentState | Refused | NotKnown | Unclear:
        """End a payment that nobody has paid."""
        answer = await self._wire.post_json(f"/payments/{quote(payment_id, safe='')}/cancel", {})
        return answer if isinstance(answer, Unclear) else payment_cancelled(answer, payment_id)

    async def create_refund(self, refund: NewRefund) -> RefundState | Refused | Unclear:
        """Refund a part of a payment, or all, under our own refund id."""
        body = {
            "payment_id": refund.payment_id,
            "refund_id": refund.refund_id,
            "amount": refund.amount,
            "refund_type": "instant",
            "reason": refund.reason[:MAX_REASON_CHARS] or None,
        }
        answer = await self._wire.post_json("/refunds", body)
        return answer if isinstance(answer, Unclear) else refund_made(answer, refund)

    async def get_refund(self, refund_id: str) -> RefundState | NotKnown | Unclear:
        """Ask how a refund stands, past the provider's caches."""
        answer = await self._wire.get(f"/refunds/{quote(refund_id, safe='')}", PAST_CACHES)
        return answer if isinstance(answer, Unclear) else refund_found(answer, refund_id)

    async def refunds_of(self, payment_id: str) -> tuple[RefundState, ...] | Unclear:
        """List a payment's newest MAX_LISTED_REFUNDS: the provider allows fewer by default."""
        body = {"payment_id": payment_id, "limit": MAX_LISTED_REFUNDS}
        answer = await self._wire.post_json("/refunds/list", body)
        return answer if isinstance(answer, Unclear) else refunds_listed(answer, payment_id)
