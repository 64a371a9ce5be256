"""What Hyperswitch's answers mean: each outcome is mapped here, once, to a value of the port.

Pure: an answer goes in, a value comes out. The rule for all: ``Refused`` is only what says by
itself that nothing was done; what might be otherwise is ``Unclear``, and is asked for.
API: https://api-reference.hyperswitch.io (version 1).
"""

from typing import Literal

from actors.ports import NewRefund, NotKnown, PaymentState, RefundState, Refused, Unclear
from server.psp.fields import (
    MAX_CODE_CHARS,
    BadField,
    Members,
    amount,
    currency,
    identifier,
    needed,
    nested,
    remark,
    web_address,
    word,
)
from server.psp.wire import Answer

PaymentStatus = Literal["open", "succeeded", "failed", "cancelled"]
RefundStatus = Literal["pending", "succeeded", "failed", "review"]

PAYMENT_STATUSES: dict[str, PaymentStatus] = {
    "requires_payment_method": "open",
    "requires_confirmation": "open",
    "requires_customer_action": "open",
    "requires_merchant_action": "open",
    "requires_capture": "open",
    "processing": "open",
    "review": "open",
    "partially_authorized_and_requires_capture": "open",
    "partially_captured_and_capturable": "open",
    "partially_captured_and_processing": "open",
    "succeeded": "succeeded",
    # Final, with less money than was asked for: the amount says so, and its reader must look.
    "partially_captured": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
    "cancelled_post_capture": "cancelled",
    "expired": "cancelled",
    # "conflicted" (the processor took another amount or currency) is left out: it is no outcome.
}
REFUND_STATUSES: dict[str, RefundStatus] = {
    "pending": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "review": "review",
}
WITH_MONEY = ("succeeded", "partially_captured")

AMBIGUOUS_CODES = {
    # The id was used before. The stored answer is not replayed: ask for it.
    "HE_01",
    # More than was captured. A retry of a full refund that went through gets the same; only when
    # the refund is then asked for and not known is it a refusal.
    "IR_13",
    # They are busy with this very object, or in trouble.
    "HE_00",
}
NO_VERDICT_STATUSES = {401, 403, 407, 408, 409, 425, 429}
"""Our key, or the moment, was not right: of the payment or refund they say nothing."""
PROCESSOR_CODES = "CE_"
"""It went on to the processor and failed there, or on the way back (CE_06: "retry refund")."""
NOT_FOUND_CODE = "HE_02"
"""Shared by a dozen kinds of objects: only the message tells which one does not exist."""
PROCESSOR_TIMEOUT = "TIMEOUT"


def payment_made(answer: Answer, payment_id: str) -> PaymentState | Refused | Unclear:
    """Read the answer to the making of a payment: an open one must say where it is paid."""
    if not answer.ok:
        return _fault(answer)
    state = _payment(answer.body, payment_id)
    if isinstance(state, PaymentState) and state.status == "open" and not state.pay_url:
        return Unclear("payment_link: missing")
    return state


def payment_found(answer: Answer, payment_id: str) -> PaymentState | NotKnown | Unclear:
    """Read the answer to a question for a payment."""
    if _is_absent(answer, "payment"):
        return NotKnown()
    return _payment(answer.body, payment_id) if answer.ok else _no_answer(answer)


def payment_cancelled(
    answer: Answer, payment_id: str
) -> PaymentState | Refused | NotKnown | Unclear:
    """Read the answer to the cancellation of a payment."""
    if _is_absent(answer, "payment"):
        return NotKnown()
    return _payment(answer.body, payment_id) if answer.ok else _fault(answer)


def refund_made(answer: Answer, refund: NewRefund) -> RefundState | Refused | Unclear:
    """Read the answer to the making of a refund; another amount is for the caller to see."""
    if not answer.ok:
        return _fault(answer)
    if answer.body.get("payment_id") != refund.payment_id:
        return Unclear("payment_id: of another payment")
    return _refund(answer.body, refund.refund_id)


def refund_found(answer: Answer, refund_id: str) -> RefundState | NotKnown | Unclear:
    """Read the answer to a question for a refund."""
    if _is_absent(answer, "refund"):
        return NotKnown()
    return _refund(answer.body, refund_id) if answer.ok else _no_answer(answer)


def refunds_listed(answer: Answer, payment_id: str) -> tuple[RefundState, ...] | Unclear:
    """Read a list of a payment's refunds; a payment without any is "not found"."""
    if _is_absent(answer, "refund"):
        return ()
    if not answer.ok:
        return _no_answer(answer)
    listed = answer.body.get("data")
    if not isinstance(listed, list):
        return Unclear("data: not a list")
    refunds: list[RefundState] = []
    for members in listed:
        if not isinstance(members, dict) or members.get("payment_id") != payment_id:
            return Unclear("payment_id: of another payment")
        refund = _refund(members, str(members.get("refund_id")))
        if isinstance(refund, Unclear):
            return refund
        refunds.append(refund)
    return tuple(refunds)


def captured(status: str, payment: Members) -> int | None:
    """Tell how much a payment of this status took, or else is to take, in minor units. BadField."""
    received = amount(payment, "amount_received") if status in WITH_MONEY else None
    return amount(payment, "amount") if received is None else received


def _payment(members: Members, payment_id: str) -> PaymentState | Unclear:
    try:
        if needed(identifier(members, "payment_id"), "payment_id") != payment_id:
            return Unclear("payment_id: of another payment")
        said = word(members, "status")
        status = PAYMENT_STATUSES.get(said)
        if status is None:
            return Unclear(f"status: {said or 'missing'}")
        return PaymentState(
            payment_id,
            status,
            needed(captured(said, members), "amount"),
            needed(currency(members, "currency"), "currency"),
            web_address(nested(members, "payment_link"), "link"),
            remark(members, "error_code", MAX_CODE_CHARS),
        )
    except BadField as error:
        return Unclear(str(error))


def _refund(members: Members, refund_id: str) -> RefundState | Unclear:
    try:
        psp_id = needed(identifier(members, "refund_id"), "refund_id")
        if psp_id != refund_id:
            return Unclear("refund_id: of another refund")
        said = word(members, "status")
        status = REFUND_STATUSES.get(said)
        if status is None:
            return Unclear(f"status: {said or 'missing'}")
        error_code = remark(members, "error_code", MAX_CODE_CHARS)
        if status == "failed" and error_code == PROCESSOR_TIMEOUT:
            return Unclear(PROCESSOR_TIMEOUT)
        return RefundState(
            refund_id,
            psp_id,
            status,
            needed(amount(members, "amount"), "amount"),
            needed(currency(members, "currency"), "currency"),
            error_code,
        )
    except BadField as error:
        return Unclear(str(error))


def _is_absent(answer: Answer, noun: str) -> bool:
    """Tell whether it is the very object asked for that they do not have."""
    code, message = _error(answer)
    asked_for = message.lower().startswith(f"{noun} does not exist")
    return answer.status == 404 and code == NOT_FOUND_CODE and asked_for


def _fault(answer: Answer) -> Refused | Unclear:
    """Read an answer that is no success: a refusal is a 4xx with a code that is a verdict."""
    code, message = _error(answer)
    if not code or not 400 <= answer.status < 500:
        return Unclear(f"http_{answer.status}")
    ambiguous = code in AMBIGUOUS_CODES or code.startswith(PROCESSOR_CODES)
    if ambiguous or answer.status in NO_VERDICT_STATUSES:
        return Unclear(code)
    return Refused(code, message)


def _no_answer(answer: Answer) -> Unclear:
    """Read an answer that is no success, to a question, which cannot be refused."""
    fault = _fault(answer)
    return Unclear(fault.code) if isinstance(fault, Refused) else fault


def _error(answer: Answer) -> tuple[str, str]:
    """Read ``{"error": {"code", "message"}}``; where there is none, both are empty."""
    try:
        error = nested(answer.body, "error")
        return remark(error, "code", MAX_CODE_CHARS), remark(error, "message")
    except BadField:
        return "", ""
