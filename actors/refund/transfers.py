"""How an order sends its seller their share, and hears of it."""

from dataclasses import replace

from actors.refund.case import Case, Reversal, Transfer
from actors.refund.events import ReversalHeard, TransferHeard
from actors.refund.following import follow, move_transfer, settled_parts
from actors.refund.jobs import DAY_MS, HOUR_MS, TRANSFER_DELAYS_MS, JobKind
from actors.refund.ledger import Account
from actors.refund.step import Step
from actors.refund.transfer_machine import IN_FLIGHT, SENT, TransferChange, TransferStatus

MAX_TRANSFERS_PER_ORDER = 10
REFUSED_AGAIN_MS = DAY_MS
"""After the first refusal, and twice as long after each further one: time to mend the account."""
MAX_WAITS_FOR_DEBTS = 60
"""With TRANSFER_DELAYS_MS some two months; what is held back then is lost to a debt for good."""


def schedule_transfer(step: Step, delay_ms: int) -> None:
    """Send the seller later what is not on its way to them yet."""
    scheduled = any(each.status is TransferStatus.SCHEDULED for each in step.case.transfers)
    amount = _unsent(step.case)
    if amount <= 0 or scheduled or len(step.case.transfers) >= MAX_TRANSFERS_PER_ORDER:
        return
    transfer = Transfer(f"trf_{step.fresh}", amount, step.now_ms)
    step.put_transfer(transfer)
    step.add_job(JobKind.SEND_TRANSFER, transfer.id, step.now_ms + delay_ms)
    step.say(f"transfer {transfer.id}: scheduled")


def start_transfer(step: Step, transfer_id: str) -> None:
    """Fix the amount, and note that the provider is about to be called."""
    transfer = _transfer(step.case, transfer_id)
    if transfer.status is TransferStatus.SCHEDULED:
        if step.case.open_refund is not None or step.order.disputed:
            attempts = 0  # it is not the provider that kept us waiting
            step.add_job(JobKind.SEND_TRANSFER, transfer.id, step.now_ms + HOUR_MS, attempts)
            step.say(f"transfer {transfer.id}: waits for the refund or the dispute")
            return
        unsent = _unsent(step.case)
        amount = min(unsent, step.balance.payable)
        if amount <= 0:
            _hold_back(step, transfer, for_debts=unsent > 0)
            return
        deducted = tuple(settled_parts(step.case))
        transfer = replace(transfer, amount=amount, deducted=deducted)
        move_transfer(step, transfer, TransferChange.SEND)
        step.post(
            f"transfer-sent:{transfer.id}",
            "transfer_sent",
            (Account.SUSPENSE, -amount),
            seller=-amount,
        )
        step.add_job(JobKind.SEND_TRANSFER, transfer.id, step.now_ms)
    step.retry_job(JobKind.SEND_TRANSFER, transfer.id)


def account_named(step: Step) -> None:
    """Send now what waited for the seller to name a payout account, or another one."""
    for transfer in step.case.transfers:
        job = step.job(JobKind.SEND_TRANSFER, transfer.id)
        if job is None or transfer.status is not TransferStatus.SCHEDULED:
            continue
        if job.attempts > 0 or len(step.case.transfers) > 1:
            step.add_job(JobKind.SEND_TRANSFER, transfer.id, step.now_ms)
            step.say(f"transfer {transfer.id}: the seller has named a payout account")


def hear_transfer(step: Step, event: TransferHeard) -> None:
    """Take in what became of a transfer."""
    transfer = _transfer(step.case, event.transfer_id)
    if event.word == "unclear":
        move_transfer(step, transfer, TransferChange.LOSE)
        return
    step.drop_job(JobKind.SEND_TRANSFER, transfer.id)
    if event.word == "refused":
        move_transfer(step, transfer, TransferChange.REFUSE)
        step.post(
            f"transfer-returned:{transfer.id}",
            "transfer_returned",
            (Account.SUSPENSE, transfer.amount),
            seller=transfer.amount,
        )
        step.alert(f"transfer {transfer.id}: refused ({event.code})")
        refusals = sum(each.status is TransferStatus.CANCELLED for each in step.case.transfers)
        schedule_transfer(step, REFUSED_AGAIN_MS << refusals - 1)
        return
    if event.amount != transfer.amount:
        step.alert(f"transfer {transfer.id}: {event.amount} was sent, not {transfer.amount}")
    transfer = replace(transfer, psp_id=event.psp_id, paid_at=step.now_ms)
    move_transfer(step, transfer, TransferChange.CONFIRM)
    step.post(
        f"transfer-paid:{transfer.id}",
        "transfer_paid",
        (Account.SUSPENSE, transfer.amount),
        (Account.CLEARING, -transfer.amount),
    )
    follow(step)
    schedule_transfer(step, DAY_MS)  # the rest, where the seller's debts took a part


def _hold_back(step: Step, transfer: Transfer, *, for_debts: bool) -> None:
    """Send nothing now: there is nothing to send, or the seller's debts were paid from it.

    Such a debt is often that of a refund whose transfer is being taken back, and is gone then.
    """
    job = step.job(JobKind.SEND_TRANSFER, transfer.id)
    if for_debts and job is not None and job.attempts < MAX_WAITS_FOR_DEBTS:
        step.say(f"transfer {transfer.id}: held back for the seller's debts")
        step.retry_job(JobKind.SEND_TRANSFER, transfer.id, TRANSFER_DELAYS_MS)
        return
    move_transfer(step, transfer, TransferChange.CANCEL)
    step.drop_job(JobKind.SEND_TRANSFER, transfer.id)


def hear_reversal(step: Step, event: ReversalHeard) -> None:
    """Take in what became of a reversal. What does not come back stays the seller's debt."""
    transfer = _transfer(step.case, event.transfer_id)
    asked = next(each for each in transfer.reversals if each.cause == event.cause)
    subject = f"{event.cause}:{transfer.id}"
    if event.word == "unclear":
        step.say(f"transfer {transfer.id}: no word of its reversal ({event.code})")
        return
    step.drop_job(JobKind.REVERSE_TRANSFER, subject)
    returned = min(event.amount, asked.amount) if event.word == "confirmed" else 0
    if returned < asked.amount:
        step.alert(f"transfer {transfer.id}: {returned} of {asked.amount} came back {event.code}")
    if returned:
        step.post(
            f"reversal:{event.cause}:{transfer.id}",
            "transfer_reversed",
            (Account.CLEARING, returned),
            seller=returned,
        )
    settled = Reversal(asked.cause, returned, "confirmed" if returned else "refused")
    reversals = tuple(settled if each is asked else each for each in transfer.reversals)
    transfer = replace(transfer, reversals=reversals)
    move_transfer(step, transfer, _after_reversal(transfer))
    if returned and asked.cause not in settled_parts(step.case):
        schedule_transfer(step, 0)  # its refund has been reversed meanwhile
    follow(step)


def recover_transfers(step: Step) -> None:
    """The calls under way when the process ended may have been made, or not."""
    for transfer in step.case.transfers:
        if transfer.status is TransferStatus.SENDING:
            move_transfer(step, transfer, TransferChange.LOSE)
            job = step.job(JobKind.SEND_TRANSFER, transfer.id)
            attempts = 1 if job is None else job.attempts
            step.add_job(JobKind.SEND_TRANSFER, transfer.id, step.now_ms, attempts)


def _after_reversal(transfer: Transfer) -> TransferChange:
    if any(each.status == "asked" for each in transfer.reversals):
        return TransferChange.TAKE_BACK
    if transfer.taken_back == 0:
        return TransferChange.KEEP
    some = transfer.taken_back < transfer.amount
    return TransferChange.RETURN_SOME if some else TransferChange.RETURN_ALL


def _unsent(case: Case) -> int:
    """What of the seller's share is neither sent nor on its way."""
    underway = (each for each in case.transfers if each.status in SENT | IN_FLIGHT)
    return case.seller_left - sum(each.amount - each.taken_back for each in underway)


def _transfer(case: Case, transfer_id: str) -> Transfer:
    transfer = case.transfer(transfer_id)
    assert transfer is not None, "jobs name transfers of their own order"
    return transfer
