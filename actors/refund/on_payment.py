"""What an order does when it is made, and when the provider speaks of its payment."""

from dataclasses import replace

from actors.refund import payment_machine
from actors.refund.booking import absorb_losses
from actors.refund.case import Case, Licence, Order, Payment
from actors.refund.errors import OrderError
from actors.refund.events import Created, PaymentHeard, PaymentResolved
from actors.refund.following import change_status, follow
from actors.refund.jobs import PAYMENT_HOLD_MS, POLL_DELAYS_MS, JobKind
from actors.refund.ledger import Account, fee_of, split
from actors.refund.machine import look_up
from actors.refund.on_refund import open_refund
from actors.refund.order_machine import OrderChange, OrderStatus
from actors.refund.payment_machine import PaymentChange, PaymentStatus
from actors.refund.step import Step
from actors.refund.transfers import schedule_transfer
from actors.services.carts import Line

ID_DIGITS = 2
"""Of an id, to tell apart those that one step makes: 20 lines have 20 licences."""

UNPAID = frozenset({OrderStatus.CREATED, OrderStatus.PAYMENT_FAILED})

CHANGES = {
    "open": PaymentChange.OPEN,
    "succeeded": PaymentChange.SUCCEED,
    "failed": PaymentChange.FAIL,
    "refused": PaymentChange.FAIL,
    "cancelled": PaymentChange.CANCEL,
}


def first_case(event: Created, now_ms: int, fresh: str) -> Case:
    """Make the case of a new order, before anything has happened to it."""
    cart = event.cart
    return Case(
        Order(
            id=event.order_id,
            buyer=cart.buyer,
            buyer_name=cart.buyer_name,
            seller=cart.seller,
            seller_name=cart.seller_name,
            currency=cart.currency,
            amount=cart.amount,
            fee=fee_of(cart.amount, event.terms.fee_bps),
            lines=cart.lines,
            payment=Payment(f"pay_{fresh}"),
            terms=event.terms,
            request_hash=event.request_hash,
            created_at=now_ms,
            idempotency_key=event.idempotency_key,
            refund_until=cart.refund_until,
        )
    )


def create(step: Step) -> None:
    """Take the seats, and have the provider make the payment."""
    order = step.order
    for line in order.lines:
        step.seats[line.product] += 1
    step.add_job(JobKind.CREATE_PAYMENT, order.payment.id, step.now_ms)
    step.add_job(JobKind.EXPIRE_PAYMENT, order.payment.id, step.now_ms + PAYMENT_HOLD_MS)
    step.say(f"order: made, {order.amount} {order.currency}")


def hear_payment(step: Step, event: PaymentHeard) -> None:
    """Take in what the provider said of the payment."""
    if event.word == "succeeded" and _differs(step.order, event):
        _suspect(step, event)
    elif event.word in CHANGES:
        _change(step, event, CHANGES[event.word])
    elif event.word == "not_known" and event.job.startswith(JobKind.EXPIRE_PAYMENT):
        _change(step, event, PaymentChange.CANCEL)
    else:
        step.say(f"payment: no word ({event.word} {event.code})".rstrip())
        _retry(step, event)


def resolve_payment(step: Step, event: PaymentResolved) -> None:
    """Do what an operator decided about a payment in quarantine. OrderError no_payment."""
    payment = step.order.payment
    if payment.status is not PaymentStatus.QUARANTINED:
        raise OrderError("no_payment", f"The payment is {payment.status}: nothing to decide.")
    step.say(f"payment: {event.operator} says {event.outcome}: {event.note}")
    if event.outcome == "ask":
        step.add_job(JobKind.ASK_PAYMENT, payment.id, step.now_ms)
        return
    step.change_order(payment=replace(payment, status=PaymentStatus.CANCELLED))
    _expire(step)


def _change(step: Step, event: PaymentHeard, change: PaymentChange) -> None:
    order = step.order
    before = order.payment.status
    after = look_up(payment_machine.TRANSITIONS, before, change)
    pay_url = event.pay_url or order.payment.pay_url
    step.change_order(payment=replace(order.payment, status=after, pay_url=pay_url))
    if after is not before:
        step.say(f"payment: {before} -> {after} ({event.source})")
    match after:
        case PaymentStatus.SUCCEEDED:
            _drop_jobs(step)
            if order.paid_at is None:
                _complete(step, event)
        case PaymentStatus.CANCELLED:
            _expire(step)
            if event.word == "open":  # it was made too late: nobody may pay it any more
                due_at = step.now_ms + POLL_DELAYS_MS[0]
                step.add_job(JobKind.EXPIRE_PAYMENT, order.payment.id, due_at)
        case PaymentStatus.FAILED if event.word == "refused":
            _expire(step)
        case PaymentStatus.FAILED:
            if order.status in UNPAID:
                change_status(step, OrderChange.FAIL)
            _keep_asking(step, event)
        case PaymentStatus.OPEN:
            _keep_asking(step, event)
        case PaymentStatus.QUARANTINED:
            _drop_jobs(step)


def _keep_asking(step: Step, event: PaymentHeard) -> None:
    """A webhook may get lost: until the order is paid or expires, the provider is asked, too."""
    payment_id = step.order.payment.id
    step.drop_job(JobKind.CREATE_PAYMENT, payment_id)
    if step.job(JobKind.ASK_PAYMENT, payment_id) is None:
        step.add_job(JobKind.ASK_PAYMENT, payment_id, step.now_ms + POLL_DELAYS_MS[0])
    elif event.job.startswith(JobKind.ASK_PAYMENT):
        step.retry_job(JobKind.ASK_PAYMENT, payment_id, POLL_DELAYS_MS)
    if event.job.startswith(JobKind.EXPIRE_PAYMENT):
        step.retry_job(JobKind.EXPIRE_PAYMENT, payment_id)


def _retry(step: Step, event: PaymentHeard) -> None:
    kind = event.job.partition(":")[0]
    if kind:
        step.retry_job(JobKind(kind), step.order.payment.id)


def _differs(order: Order, event: PaymentHeard) -> bool:
    return (event.amount, event.currency) != (order.amount, order.currency)


def _suspect(step: Step, event: PaymentHeard) -> None:
    """Another amount was paid than was asked for. Ask, and freeze it where it is so."""
    said = f"{event.amount} {event.currency}"
    if event.source == "webhook":
        step.say(f"payment: a webhook says {said}: the provider is asked")
        step.add_job(JobKind.ASK_PAYMENT, step.order.payment.id, step.now_ms)
        return
    step.alert(f"payment {step.order.payment.id}: paid {said}, not as ordered")
    after = look_up(payment_machine.TRANSITIONS, step.order.payment.status, PaymentChange.MISMATCH)
    step.change_order(payment=replace(step.order.payment, status=after))
    _drop_jobs(step)


def _drop_jobs(step: Step) -> None:
    for kind in (JobKind.CREATE_PAYMENT, JobKind.ASK_PAYMENT, JobKind.EXPIRE_PAYMENT):
        step.drop_job(kind, step.order.payment.id)


def _expire(step: Step) -> None:
    """Nobody paid, and nobody can any more: others may have the seats."""
    _drop_jobs(step)
    order = step.order
    if order.status not in UNPAID or order.expired:
        return
    step.change_order(expired=True)
    change_status(step, OrderChange.FAIL)
    for line in order.lines:
        step.seats[line.product] -= 1


def _complete(step: Step, event: PaymentHeard) -> None:
    """Book the payment, and grant what was bought, or give it back where it cannot be had."""
    order = step.order
    change_status(step, OrderChange.PAY)
    step.change_order(paid_at=step.now_ms)
    step.post(
        f"payment:{order.id}",
        "sale",
        (Account.CLEARING, order.amount),
        (Account.FEE, -order.fee),
        seller=order.amount - order.fee,
    )
    absorb_losses(step)  # a dispute may be lost before its payment is heard of
    schedule_transfer(step, order.terms.transfer_delay_ms)
    why_not = {line.product: _why_not(order, line.product, event) for line in order.lines}
    for place, line in enumerate(order.lines):
        if not why_not[line.product]:
            licence_id = f"lic_{step.fresh[:-ID_DIGITS]}{place:0{ID_DIGITS}}"
            licence = Licence(
                licence_id,
                line.product,
                step.now_ms,
                stream=line.stream,
                recording=line.recording,
            )
            step.put_licence(licence)
            step.say(f"licence {licence_id}: granted")
        elif not order.expired:
            step.seats[line.product] -= 1
    reasons = sorted(set(why_not.values()) - {""})
    if reasons:
        _give_back(step, [each for each in order.lines if why_not[each.product]], reasons)
    follow(step)


def _give_back(step: Step, lines: list[Line], reasons: list[str]) -> None:
    amounts = [line.amount for line in lines]
    shares = split(min(sum(amounts), step.case.left), amounts)
    given = tuple((line.product, share) for line, share in zip(lines, shares, strict=True) if share)
    if given:
        reason = "; ".join(reasons)
        open_refund(step, given, reason=reason, requested_by="bandstand", cause="undeliverable")


def _why_not(order: Order, product: str, event: PaymentHeard) -> str:
    """Say why a product that was paid cannot be had; "" where it can."""
    if order.expired:
        return "paid too late"  # its seats went to others
    return "the show was cancelled" if product in event.called_off else ""
