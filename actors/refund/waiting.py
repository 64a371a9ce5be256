"""Those who wait for an order's actor to hear from the provider."""

from actors.kernel import Reply
from actors.refund.case import Case
from actors.refund.errors import OrderError
from actors.refund.messages import RefundOpened
from actors.refund.payment_machine import PaymentStatus
from actors.refund.refund_machine import RefundStatus

UNDER_WAY = frozenset({RefundStatus.REQUESTED, RefundStatus.SUBMITTING})


class Waiting:
    """The open replies of one order: to who pays, and to who asked for a refund."""

    def __init__(self) -> None:
        self._paying: list[Reply[str]] = []
        self._refunding: dict[str, Reply[RefundOpened]] = {}

    def __bool__(self) -> bool:
        return bool(self._paying or self._refunding)

    def for_payment(self, reply: Reply[str]) -> None:
        """Answer once it is known where to pay."""
        self._paying.append(reply)

    def for_refund(self, refund_id: str, reply: Reply[RefundOpened]) -> None:
        """Answer once the provider has spoken of this refund."""
        self._refunding[refund_id] = reply

    def answer(self, case: Case) -> None:
        """Answer those whose question the case now answers."""
        if case.order.payment.status is not PaymentStatus.NEW:
            self._answer_paying(case)
        for refund_id in list(self._refunding):
            refund = case.refund(refund_id)
            if refund is None or refund.status not in UNDER_WAY:
                self.answer_refund(refund_id, case)

    def answer_refund(self, refund_id: str, case: Case) -> None:
        """Answer who asked for this refund with what is known by now."""
        reply = self._refunding.pop(refund_id, None)
        refund = case.refund(refund_id)
        if reply is None or refund is None:
            return
        if refund.status is RefundStatus.FAILED:
            details = {"psp_code": refund.error_code, "refund_id": refund.id}
            message = refund.error_message or "The payment provider refused the refund."
            reply.refuse(OrderError("psp_refused", message, details))
        else:
            reply.answer(RefundOpened(refund.id, refund.amount, case.order.currency))

    def refuse_paying(self, order_id: str) -> None:
        """Tell those who want to pay that the provider does not answer."""
        paying, self._paying = self._paying, []
        for reply in paying:
            message = "The payment provider does not answer. Try again with the same key."
            reply.refuse(OrderError("psp_unavailable", message, {"order_id": order_id}))

    def _answer_paying(self, case: Case) -> None:
        paying, self._paying = self._paying, []
        for reply in paying:
            if case.order.payment.pay_url:
                reply.answer(case.order.payment.pay_url)
            else:
                reply.refuse(OrderError("psp_refused", "The payment provider refused this."))
