"""What an order does when the buyer's bank takes the money back."""

from dataclasses import replace

from actors.refund.case import Dispute, replaced
from actors.refund.events import DisputeHeard
from actors.refund.following import follow
from actors.refund.ledger import Account
from actors.refund.step import Step

MAX_DISPUTES_PER_ORDER = 10

WORDS = {
    "opened": "opened",
    "challenged": "opened",
    "won": "won",
    "cancelled": "won",
    "expired": "won",
    "lost": "lost",
    "accepted": "lost",
}
"""The provider's words for a dispute, as far as they change where its money is."""


def hear_dispute(step: Step, event: DisputeHeard) -> None:
    """Take in what became of a dispute. An end is final."""
    word = WORDS.get(event.word)
    known = next((d for d in step.order.disputes if d.id == event.dispute_id), None)
    if word is None or (known is not None and known.status != "opened"):
        step.say(f"dispute {event.dispute_id}: {event.word} changes nothing")
        return
    if known is None and len(step.order.disputes) >= MAX_DISPUTES_PER_ORDER:
        step.alert(f"dispute {event.dispute_id}: {event.word}, one too many for this order")
        return
    dispute = replace(known or Dispute(event.dispute_id, event.amount, "opened"), status=word)
    if word == "lost":
        dispute = _charge(step, replace(dispute, amount=event.amount))
    step.change_order(disputes=replaced(step.order.disputes, dispute))
    step.alert(f"dispute {dispute.id}: {event.word}, {event.amount} {step.order.currency}")
    follow(step)


def _charge(step: Step, dispute: Dispute) -> Dispute:
    """Book what the bank took: on the order as far as it has something left, else as our loss."""
    charged = min(dispute.amount, step.case.left)
    seller_part, fee_part = step.case.parts_of(charged)
    step.post(
        f"dispute-lost:{dispute.id}",
        "dispute_lost",
        (Account.CLEARING, -dispute.amount),
        (Account.LOSS, dispute.amount - charged),
        (Account.FEE, fee_part),
        seller=-seller_part,
    )
    return replace(dispute, seller_part=seller_part, fee_part=fee_part)
