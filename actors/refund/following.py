"""What follows from where the money of an order is: its status, its licences, its transfers."""

from dataclasses import replace

from actors.refund import licence_machine, order_machine, transfer_machine
from actors.refund.case import Booking, Case, Licence, Reversal, Transfer
from actors.refund.jobs import JobKind
from actors.refund.licence_machine import LicenceChange, LicenceStatus
from actors.refund.machine import look_up
from actors.refund.order_machine import PAID, REFUNDABLE, OrderChange
from actors.refund.step import Step
from actors.refund.transfer_machine import SENT, UNSENT, TransferChange, TransferStatus
from actors.services.carts import Line


def follow(step: Step) -> None:
    """Bring status, licences and transfers in line with what has been given back."""
    _follow_status(step)
    for licence in step.case.licences:
        _follow_licence(step, licence)
    for transfer in step.case.transfers:
        _follow_transfer(step, transfer)


def change_status(step: Step, change: OrderChange) -> None:
    """Move the order."""
    before = step.order.status
    after = look_up(order_machine.TRANSITIONS, before, change)
    if after is not before:
        step.change_order(status=after)
        step.say(f"order: {before} -> {after}")


def move_transfer(step: Step, transfer: Transfer, change: TransferChange) -> Transfer:
    """Move a transfer; gives it as it is then."""
    after = look_up(transfer_machine.TRANSITIONS, transfer.status, change)
    if after is not transfer.status:
        step.say(f"transfer {transfer.id}: {transfer.status} -> {after}")
    transfer = replace(transfer, status=after)
    step.put_transfer(transfer)
    return transfer


def _follow_status(step: Step) -> None:
    case = step.case
    if case.order.status not in PAID:
        return
    if case.open_refund is not None:
        if case.order.status in REFUNDABLE:
            change_status(step, OrderChange.OPEN)
    elif case.returned == 0:
        change_status(step, OrderChange.KEEP)
    elif case.returned < case.order.amount:
        change_status(step, OrderChange.RETURN_SOME)
    else:
        change_status(step, OrderChange.RETURN_ALL)


def _follow_licence(step: Step, licence: Licence) -> None:
    change = _wanted(step.case, licence)
    after = look_up(licence_machine.TRANSITIONS, licence.status, change)
    if after is licence.status:
        return
    active = after is LicenceStatus.ACTIVE
    step.put_licence(replace(licence, status=after, revoked_at=None if active else step.now_ms))
    step.say(f"licence {licence.id}: {licence.status} -> {after}")
    gone, back = after is LicenceStatus.REVOKED, licence.status is LicenceStatus.REVOKED
    step.seats[licence.product] += back - gone
    if licence.stream is not None:
        step.add_job(JobKind.TELL_LICENCE, licence.id, step.now_ms)


def _wanted(case: Case, licence: Licence) -> LicenceChange:
    line = _line(case, licence)
    all_returned = case.returned >= case.order.amount
    if all_returned or case.given_back(licence.product) >= line.amount:
        return LicenceChange.REVOKE
    refund = case.open_refund
    covered = refund is not None and case.left_of(line) <= 0
    if covered and case.order.terms.suspends:
        return LicenceChange.SUSPEND
    return LicenceChange.RESTORE


def _line(case: Case, licence: Licence) -> Line:
    return next(line for line in case.order.lines if line.product == licence.product)


def _follow_transfer(step: Step, transfer: Transfer) -> None:
    case = step.case
    if transfer.status in UNSENT:
        if case.returned >= case.order.amount:
            move_transfer(step, transfer, TransferChange.CANCEL)
            step.drop_job(JobKind.SEND_TRANSFER, transfer.id)
        return
    if transfer.status not in SENT:
        return  # in flight: what is to be taken back is known once it has arrived
    for cause, seller_part in settled_parts(case).items():
        asked = any(each.cause == cause for each in transfer.reversals)
        if not asked and cause not in transfer.deducted:
            elsewhere = _taken_back_for(case, cause)
            transfer = _take_back(step, transfer, cause, seller_part - elsewhere)


def settled_parts(case: Case) -> dict[str, int]:
    """The seller's part of each refund and each dispute that has been settled, by its id."""
    returned = (each for each in case.refunds if each.booked is Booking.RETURNED)
    parts = {each.id: each.seller_part for each in returned}
    return parts | {each.id: each.seller_part for each in case.order.disputes if each.charged}


def _taken_back_for(case: Case, cause: str) -> int:
    reversals = (each for transfer in case.transfers for each in transfer.reversals)
    return sum(each.amount for each in reversals if each.cause == cause and each.taken)


def _take_back(step: Step, transfer: Transfer, cause: str, seller_part: int) -> Transfer:
    amount = min(seller_part, transfer.amount - transfer.taken_back)
    if amount <= 0 or transfer.status is TransferStatus.REVERSED:
        return transfer
    transfer = replace(transfer, reversals=(*transfer.reversals, Reversal(cause, amount)))
    transfer = move_transfer(step, transfer, TransferChange.TAKE_BACK)
    step.add_job(JobKind.REVERSE_TRANSFER, f"{cause}:{transfer.id}", step.now_ms)
    return transfer
