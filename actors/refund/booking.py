"""Where the ledger has a refund's money, and how it gets from one place to another."""

from dataclasses import replace

from actors.refund.case import Booking, Refund, replaced
from actors.refund.ledger import Account
from actors.refund.step import Step


def book(step: Step, refund: Refund, booking: Booking) -> Refund:
    """Post what brings a refund's amount to where it now is; gives the refund with it there."""
    if refund.booked is booking:
        return refund
    match refund.booked, booking:
        case Booking.RESERVED, Booking.RETURNED:
            step.post(
                f"refund-succeeded:{refund.id}",
                "refund_succeeded",
                (Account.RESERVE, refund.amount),
                (Account.CLEARING, -refund.amount),
            )
        case Booking.RESERVED, Booking.RELEASED:
            step.post(
                f"refund-failed:{refund.id}",
                "refund_failed",
                (Account.RESERVE, refund.amount),
                (Account.FEE, -refund.fee_part),
                seller=refund.seller_part,
            )
        case Booking.RELEASED, Booking.RETURNED:
            return _return_late(step, refund)
        case Booking.RETURNED, Booking.RELEASED:
            step.post(
                f"refund-reversed:{refund.id}:{step.order.seq}",
                "refund_reversed",
                (Account.CLEARING, refund.amount),
                (Account.FEE, -refund.fee_part),
                (Account.LOSS, -refund.lost),
                seller=refund.seller_part,
            )
            refund = replace(refund, lost=0)
        case _:
            raise AssertionError(f"{refund.booked} to {booking}")
    refund = replace(refund, booked=booking)
    step.put_refund(refund)
    if booking is Booking.RELEASED:
        absorb_losses(step)
    return refund


def _return_late(step: Step, refund: Refund) -> Refund:
    """The money went out after all. What the order has no longer left is the platform's loss."""
    counted = min(refund.amount, step.case.left)
    seller_part, fee_part = step.case.parts_of(counted)
    lost = refund.amount - counted
    if lost:
        step.alert(f"refund {refund.id}: {lost} went out beyond what the order had left")
    step.post(
        f"refund-late:{refund.id}:{step.order.seq}",
        "refund_succeeded",
        (Account.CLEARING, -refund.amount),
        (Account.FEE, fee_part),
        (Account.LOSS, lost),
        seller=-seller_part,
    )
    return replace(
        refund, booked=Booking.RETURNED, seller_part=seller_part, fee_part=fee_part, lost=lost
    )


def absorb_losses(step: Step) -> None:
    """An order that has something left again pays for what went out beyond it before."""
    for refund in step.case.refunds:
        absorbed = min(refund.lost, step.case.left) if refund.booked is Booking.RETURNED else 0
        if absorbed:
            seller_part, fee_part = _absorb(step, refund.id, absorbed)
            step.put_refund(
                replace(
                    refund,
                    lost=refund.lost - absorbed,
                    seller_part=refund.seller_part + seller_part,
                    fee_part=refund.fee_part + fee_part,
                )
            )
    for dispute in step.order.disputes:
        absorbed = min(dispute.lost, step.case.left)
        if absorbed:
            seller_part, fee_part = _absorb(step, dispute.id, absorbed)
            dispute = replace(
                dispute,
                seller_part=dispute.seller_part + seller_part,
                fee_part=dispute.fee_part + fee_part,
            )
            step.change_order(disputes=replaced(step.order.disputes, dispute))


def _absorb(step: Step, cause: str, absorbed: int) -> tuple[int, int]:
    """Book a loss on the order; gives the seller's part of it, and the platform's."""
    seller_part, fee_part = step.case.parts_of(absorbed)
    step.post(
        f"loss-absorbed:{cause}:{step.order.seq}",
        "loss_absorbed",
        (Account.LOSS, -absorbed),
        (Account.FEE, fee_part),
        seller=-seller_part,
    )
    return seller_part, fee_part
