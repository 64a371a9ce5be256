"""What was said, as an event: by the provider in an answer, or in a webhook."""

from typing import Literal, cast

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
from actors.refund.events import (
    DisputeHeard,
    Event,
    LicenceTold,
    PaymentHeard,
    RefundHeard,
    ReversalHeard,
    TransferHeard,
)
from actors.refund.jobs import Job, JobKind
from actors.refund.messages import PspAnswer

TIMEOUT = "TIMEOUT"
"""The code of a refund that "failed" because the provider's own call had no answer in time."""

PAYMENT_WORDS = frozenset({"succeeded", "failed", "cancelled"})
REFUND_WORDS = frozenset({"succeeded", "failed", "review"})


def heard_from_call(job: Job, answer: PspAnswer) -> Event:
    """Turn the answer to a job's call into an event."""
    match job.kind:
        case JobKind.CREATE_PAYMENT:
            return _payment(job, "reply", answer)
        case JobKind.ASK_PAYMENT | JobKind.EXPIRE_PAYMENT:
            return _payment(job, "asked", answer)
        case JobKind.SUBMIT_REFUND:
            return _refund(job, "reply", answer)
        case JobKind.ASK_REFUND:
            return _refund(job, "asked", answer)
        case JobKind.SEND_TRANSFER:
            return _transfer(job, answer)
        case JobKind.REVERSE_TRANSFER:
            return _reversal(job, answer)
        case JobKind.TELL_LICENCE:
            return _told(job, answer)


def heard_from_webhook(notice: PspNotice) -> Event | None:
    """Turn a webhook into an event; None where it changes nothing."""
    if notice.kind == "dispute" and notice.amount is not None:
        return DisputeHeard(notice.dispute_id, notice.status, notice.amount, notice.event_id)
    if notice.kind == "payment" and notice.status in PAYMENT_WORDS:
        return PaymentHeard(
            "webhook",
            cast("Literal['succeeded', 'failed', 'cancelled']", notice.status),
            amount=notice.amount,
            currency=notice.currency,
            code=notice.error_code,
            message=notice.error_message,
            evidence=notice.event_id,
        )
    if notice.kind == "refund" and notice.status in REFUND_WORDS:
        if notice.error_code == TIMEOUT:
            return None
        return RefundHeard(
            notice.refund_id,
            "webhook",
            cast("Literal['succeeded', 'failed', 'review']", notice.status),
            amount=notice.amount,
            currency=notice.currency,
            code=notice.error_code,
            message=notice.error_message,
            evidence=notice.event_id,
        )
    return None


def _payment(job: Job, source: Literal["reply", "asked"], answer: PspAnswer) -> Event:
    match answer:
        case PaymentState():
            return PaymentHeard(
                source,
                answer.status,
                amount=answer.amount,
                currency=answer.currency,
                pay_url=answer.pay_url,
                code=answer.error_code,
                job=job.key,
            )
        case Refused(code, message):
            return PaymentHeard(source, "refused", code=code, message=message, job=job.key)
        case NotKnown():
            return PaymentHeard(source, "not_known", job=job.key)
        case _:
            return PaymentHeard(source, "unclear", code=_reason(answer), job=job.key)


def _refund(job: Job, source: Literal["reply", "asked"], answer: PspAnswer) -> Event:
    match answer:
        case RefundState():
            return RefundHeard(
                job.subject,
                source,
                answer.status,
                psp_id=answer.psp_id,
                amount=answer.amount,
                currency=answer.currency,
                code=answer.error_code,
                job=job.key,
            )
        case Refused(code, message):
            return RefundHeard(
                job.subject, source, "refused", code=code, message=message, job=job.key
            )
        case NotKnown():
            return RefundHeard(job.subject, source, "not_known", job=job.key)
        case _:
            return RefundHeard(job.subject, source, "unclear", code=_reason(answer), job=job.key)


def _transfer(job: Job, answer: PspAnswer) -> Event:
    match answer:
        case TransferState():
            return TransferHeard(
                job.subject, "paid", psp_id=answer.psp_id, amount=answer.amount, job=job.key
            )
        case Refused(code, _):
            return TransferHeard(job.subject, "refused", code=code, job=job.key)
        case _:
            return TransferHeard(job.subject, "unclear", code=_reason(answer), job=job.key)


def _reversal(job: Job, answer: PspAnswer) -> Event:
    cause, _, transfer_id = job.subject.partition(":")
    match answer:
        case TransferState():
            amount = answer.reversed_amount
            return ReversalHeard(transfer_id, cause, "confirmed", amount, job=job.key)
        case Refused(code, _):
            return ReversalHeard(transfer_id, cause, "refused", code=code, job=job.key)
        case _:
            return ReversalHeard(transfer_id, cause, "unclear", code=_reason(answer), job=job.key)


def _told(job: Job, answer: PspAnswer) -> Event:
    if isinstance(answer, LicenceChanged):
        return LicenceTold(job.subject, done=True, active=answer.active)
    return LicenceTold(job.subject, done=False)


def _reason(answer: PspAnswer) -> str:
    return answer.reason if isinstance(answer, Unclear) else type(answer).__name__
