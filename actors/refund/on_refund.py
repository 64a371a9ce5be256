"""What an order does when a refund is asked for, and when the provider speaks of one."""

from dataclasses import replace

from actors.refund import refund_machine
from actors.refund.booking import book
from actors.refund.case import Booking, Case, Refund
from actors.refund.errors import OrderError
from actors.refund.events import RefundHeard, RefundRequested, RefundResolved
from actors.refund.following import follow
from actors.refund.jobs import POLL_DELAYS_MS, JobKind, retry_at
from actors.refund.ledger import Account, split
from actors.refund.machine import look_up
from actors.refund.order_machine import REFUNDABLE, OrderStatus
from actors.refund.refund_machine import RefundChange, RefundStatus
from actors.refund.step import Step
from actors.refund.transfers import schedule_transfer

MAX_REFUNDS_PER_ORDER = 50
NO_MORE = frozenset({"IR_12", "IR_13", "IR_14"})
"""What the provider says where no more can be refunded, and also to a second call for one."""

S, C = RefundStatus, RefundChange

CHANGES = {
    ("reply", "pending"): C.ACCEPT,
    # The reply never finalises: the webhook does, or an answer to a question.
    ("reply", "succeeded"): C.ACCEPT,
    ("reply", "failed"): C.REFUSE,
    ("reply", "refused"): C.REFUSE,
    ("reply", "review"): C.REVIEW,
    ("reply", "unclear"): C.LOSE,
    ("asked", "pending"): C.ACCEPT,
    ("asked", "succeeded"): C.CONFIRM_SUCCESS,
    ("asked", "failed"): C.CONFIRM_FAILURE,
    ("asked", "review"): C.REVIEW,
    ("asked", "unclear"): C.LOSE,
    ("asked", "not_known"): C.FIND_NOTHING,
    ("webhook", "pending"): C.ACCEPT,
    ("webhook", "succeeded"): C.SUCCEED,
    ("webhook", "failed"): C.FAIL,
    ("webhook", "review"): C.REVIEW,
}

ENDS = frozenset({C.SUCCEED, C.FAIL, C.CONFIRM_SUCCESS, C.CONFIRM_FAILURE})

CONTRADICTIONS = frozenset(
    {
        (S.SUCCEEDED, C.FAIL),
        (S.FAILED, C.SUCCEED),
        (S.REVERSED, C.SUCCEED),
    }
)
"""Words that cannot both be true: the provider is asked which is."""

ENDED = frozenset({S.SUCCEEDED, S.FAILED, S.REVERSED})


def request_refund(step: Step, event: RefundRequested) -> None:
    """Open a refund. OrderError, see its codes."""
    case = step.case
    _check_permission(case, event)
    if case.order.status is OrderStatus.REFUND_PENDING:
        raise OrderError("refund_already_requested", "A refund of this order is in progress.")
    _check_refundable(step, event)
    shares = _shares(case, event)
    open_refund(step, shares, reason=event.reason, requested_by=event.user_id, cause=event.cause)


def open_refund(
    step: Step,
    shares: tuple[tuple[str, int], ...],
    *,
    reason: str,
    requested_by: str,
    cause: str,
) -> None:
    """Reserve the money, and have the provider give it back."""
    amount = sum(share for _, share in shares)
    seller_part, fee_part = step.case.parts_of(amount)
    refund = Refund(
        id=f"ref_{step.fresh}",
        amount=amount,
        shares=shares,
        seller_part=seller_part,
        fee_part=fee_part,
        reason=reason,
        requested_by=requested_by,
        cause=cause,
        created_at=step.now_ms,
    )
    step.put_refund(refund)
    step.post(
        f"refund-opened:{refund.id}",
        "refund_opened",
        (Account.RESERVE, -amount),
        (Account.FEE, fee_part),
        seller=-seller_part,
    )
    step.add_job(JobKind.SUBMIT_REFUND, refund.id, step.now_ms)
    step.say(f"refund {refund.id}: requested, {amount} {step.order.currency}")
    follow(step)


def start_refund(step: Step, refund_id: str) -> None:
    """Note that the provider is about to be called."""
    refund = _refund(step.case, refund_id)
    _move(step, refund, C.START)
    step.retry_job(JobKind.SUBMIT_REFUND, refund_id)


def hear_refund(step: Step, event: RefundHeard) -> None:
    """Take in what the provider said of a refund."""
    refund = _refund(step.case, event.refund_id)
    change = CHANGES[event.source, event.word]
    said_figures = (event.amount, event.currency)
    if change in ENDS and said_figures != (refund.amount, step.order.currency):
        if event.source == "webhook":
            step.say(f"refund {refund.id}: a webhook says {said_figures}: the provider is asked")
            _ask(step, refund)
            return
        step.alert(f"refund {refund.id}: the provider says {said_figures}, not as asked for")
        change = C.MISMATCH
    if change is C.REFUSE and refund.status not in (S.SUBMITTING, S.UNKNOWN):
        change = C.LOSE  # its webhook was quicker: that counts
    elif change is C.REFUSE and event.word == "refused" and _called_before(step, refund):
        change = C.LOSE  # what the earlier call has done may be why: it is asked for
    elif change is C.FIND_NOTHING and refund.status is S.UNKNOWN and refund.refused:
        change = C.REFUSE
    refund = _noted(refund, event)
    if refund.status is S.SUBMITTING and change in ENDS:
        refund = _move(step, refund, C.ACCEPT)  # the word proves that the call arrived
    contradiction = (refund.status, change) in CONTRADICTIONS
    after_the_end = event.source == "webhook" and refund.status in ENDED
    refund = _move(step, refund, change)
    if contradiction:
        step.alert(f"refund {refund.id}: {refund.status}, and now a webhook says {event.word}")
        _ask(step, refund)
    elif not after_the_end:
        _plan(step, refund, event)
    elif step.job(JobKind.ASK_REFUND, refund.id) is not None:
        # A word that only agrees answers no question, and one under way may miss what it tells of.
        _ask(step, refund)
    follow(step)


def resolve_refund(step: Step, event: RefundResolved) -> None:
    """Do what an operator decided. OrderError."""
    refund = _refund(step.case, event.refund_id)
    if refund.status not in (S.REVIEW, S.QUARANTINED):
        message = f"The refund is {refund.status}: there is nothing to decide."
        raise OrderError("order_not_refundable", message)
    refund = replace(refund, note=event.note)
    if refund.status is S.QUARANTINED:
        refund = _move(step, refund, C.RELEASE)
    step.say(f"refund {refund.id}: {event.operator} says {event.outcome}: {event.note}")
    if event.outcome == "ask":
        step.put_refund(refund)
        _ask(step, refund)
    else:
        succeeded = event.outcome == "succeeded"
        refund = _move(step, refund, C.CONFIRM_SUCCESS if succeeded else C.CONFIRM_FAILURE)
        _drop_jobs(step, refund)
    follow(step)


def recover_refunds(step: Step) -> None:
    """The calls under way when the process ended may have been made, or not: ask."""
    for refund in step.case.refunds:
        if refund.status is S.SUBMITTING:
            _move(step, refund, C.LOSE)
            submitted = step.job(JobKind.SUBMIT_REFUND, refund.id)
            step.drop_job(JobKind.SUBMIT_REFUND, refund.id)
            _ask(step, refund, 0 if submitted is None else submitted.attempts)


def _check_permission(case: Case, event: RefundRequested) -> None:
    of_seller = event.user_id == case.order.seller
    of_buyer = event.user_id == case.order.buyer and event.cause == "requested"
    if not (of_seller or of_buyer or event.admin):
        raise OrderError("forbidden", "This is neither your order nor your sale.")


def _check_refundable(step: Step, event: RefundRequested) -> None:
    order = step.order
    if order.status not in REFUNDABLE or step.case.left == 0:
        raise OrderError("order_not_refundable", f"The order is {order.status}.")
    if order.disputed:
        raise OrderError("order_not_refundable", "The buyer's bank is disputing this payment.")
    if step.case.open_refund is not None or len(step.case.refunds) >= MAX_REFUNDS_PER_ORDER:
        raise OrderError("order_not_refundable", "An operator has to look at this order first.")
    if not order.payment.id:
        raise OrderError("no_payment", "There is no payment to give back.")
    deadline = order.refund_deadline
    if event.cause == "requested" and deadline is not None and step.now_ms > deadline:
        raise OrderError("refund_window_expired", "The time for refunds of this order is over.")


def _shares(case: Case, event: RefundRequested) -> tuple[tuple[str, int], ...]:
    """Say how much of each product is given back."""
    lines = case.order.lines
    if event.products:
        unknown = set(event.products) - {line.product for line in lines}
        if unknown:
            raise OrderError("order_not_refundable", "The order has no such product.")
        lines = tuple(line for line in lines if line.product in event.products)
    left = [max(0, min(case.left_of(line), case.left)) for line in lines]
    most = min(sum(left), case.left)
    amount = most if event.amount is None else event.amount
    if amount > most:
        raise OrderError("refund_exceeds_captured", "There is not so much left to give back.")
    if amount == 0:
        raise OrderError("order_not_refundable", "This has been given back already.")
    shares = zip(lines, split(amount, left), strict=True)
    return tuple((line.product, share) for line, share in shares if share)


def _move(step: Step, refund: Refund, change: RefundChange) -> Refund:
    """Move a refund, and its money with it; gives it as it is then."""
    before = refund.status
    after = look_up(refund_machine.TRANSITIONS, before, change)
    refund = replace(refund, status=after)
    if after is not before:
        step.say(f"refund {refund.id}: {before} -> {after}")
    if after is S.REVIEW and before not in (S.REVIEW, S.QUARANTINED):
        step.alert(f"refund {refund.id}: in review, where it stays until somebody decides")
    if before is S.REVERSED and change is C.CONFIRM_SUCCESS:
        step.alert(f"refund {refund.id}: it came back, and went out again: it stays as it is")
    if after is S.SUCCEEDED and before is not S.SUCCEEDED:
        refund = book(step, replace(refund, succeeded_at=step.now_ms), Booking.RETURNED)
    elif after in (S.FAILED, S.REVERSED):
        refund = book(step, refund, Booking.RELEASED)
        if after is S.REVERSED and before is not after:
            schedule_transfer(step, 0)
    step.put_refund(refund)
    return refund


def _noted(refund: Refund, event: RefundHeard) -> Refund:
    return replace(
        refund,
        psp_id=refund.psp_id or event.psp_id or None,
        error_code=event.code or refund.error_code,
        error_message=event.message or refund.error_message,
        refused=refund.refused or event.word == "refused" or event.code in NO_MORE,
    )


def _plan(step: Step, refund: Refund, event: RefundHeard) -> None:
    """Say what is to be done next for a refund that the provider spoke of."""
    asking = step.job(JobKind.ASK_REFUND, refund.id)
    if refund.status in ENDED or refund.status is S.QUARANTINED:
        asked_in_vain = event.source == "asked" and event.word in ("unclear", "pending", "review")
        if asked_in_vain:
            step.retry_job(JobKind.ASK_REFUND, refund.id, POLL_DELAYS_MS)
        elif event.source != "reply":
            _drop_jobs(step, refund)
        else:
            step.drop_job(JobKind.SUBMIT_REFUND, refund.id)
    elif refund.status is S.UNKNOWN and event.word == "not_known":
        attempts = 0 if asking is None else asking.attempts
        step.drop_job(JobKind.ASK_REFUND, refund.id)
        step.add_job(JobKind.SUBMIT_REFUND, refund.id, step.now_ms, attempts)
    elif refund.status is S.UNKNOWN and event.source == "reply":
        submitted = step.job(JobKind.SUBMIT_REFUND, refund.id)
        step.drop_job(JobKind.SUBMIT_REFUND, refund.id)
        if submitted is not None:
            due_at = retry_at(submitted, step.now_ms)
            step.add_job(JobKind.ASK_REFUND, refund.id, due_at, submitted.attempts)
    else:
        step.drop_job(JobKind.SUBMIT_REFUND, refund.id)
        if event.source == "asked":
            step.retry_job(JobKind.ASK_REFUND, refund.id, POLL_DELAYS_MS)
        elif asking is None:
            step.add_job(JobKind.ASK_REFUND, refund.id, step.now_ms + POLL_DELAYS_MS[0])


def _called_before(step: Step, refund: Refund) -> bool:
    submitted = step.job(JobKind.SUBMIT_REFUND, refund.id)
    return submitted is not None and submitted.attempts > 1


def _ask(step: Step, refund: Refund, attempts: int = 0) -> None:
    step.add_job(JobKind.ASK_REFUND, refund.id, step.now_ms, attempts)


def _drop_jobs(step: Step, refund: Refund) -> None:
    step.drop_job(JobKind.SUBMIT_REFUND, refund.id)
    step.drop_job(JobKind.ASK_REFUND, refund.id)


def _refund(case: Case, refund_id: str) -> Refund:
    refund = case.refund(refund_id)
    if refund is None:
        raise OrderError("refund_not_found", "The order has no such refund.")
    return refund
