"""What is true at rest: nothing is left to do, and the providers have done what we say."""

from actors.refund.case import Case
from actors.refund.ledger import Account
from actors.refund.licence_machine import LicenceStatus
from actors.refund.order_machine import OrderStatus
from actors.refund.payment_machine import PaymentStatus
from actors.refund.refund_machine import RefundStatus
from actors.refund.transfer_machine import IN_FLIGHT, UNSENT, TransferStatus
from support.late_world import LateGates, LatePayouts, LatePsp
from support.money_kept import Kept
from support.money_rules import LOOKED_AT

AT_REST = set(TransferStatus) - UNSENT - IN_FLIGHT - {TransferStatus.REVERSING}


def check_against_truth(kept: Kept, psp: LatePsp, payouts: LatePayouts, gates: LateGates) -> None:
    """Check what holds at rest: all jobs are done, and the providers have settled everything."""
    for case in kept.cases:
        nothing_is_stranded(kept, case)
        gates_know_of_every_licence(case, gates)
        if not was_overruled(case, psp):
            we_agree_with_the_payment_provider(case, psp)
            clearing_is_what_the_providers_hold_for_us(kept, case, psp, payouts)
    refunds = {refund.id: refund for case in kept.cases for refund in case.refunds}
    assert psp.refunds.keys() <= refunds.keys(), "money moved under an id that is not ours"
    transfers = {transfer.id for case in kept.cases for transfer in case.transfers}
    assert payouts.transfers.keys() <= transfers


def what_waits_for_an_operator_has_an_alert(kept: Kept) -> None:
    for case in kept.cases:
        alerts = [line for line in kept.says(case) if line.startswith("ALERT")]
        for refund in case.refunds:
            if refund.open:
                assert refund.status in LOOKED_AT, refund
                assert any(refund.id in alert for alert in alerts), alerts
        if case.order.payment.status is PaymentStatus.QUARANTINED:
            assert any(case.order.payment.id in alert for alert in alerts), alerts


def nothing_is_stranded(kept: Kept, case: Case) -> None:
    order = case.order
    if not has_a_share_that_waits(kept, case):
        assert order.jobs == (), order.jobs
        assert {each.status for each in case.transfers} <= AT_REST, case.transfers
    assert kept.account(case, Account.SUSPENSE) == 0
    assert not any(each.open for each in case.refunds), case.refunds
    assert order.status is not OrderStatus.REFUND_PENDING
    assert order.payment.status is not PaymentStatus.QUARANTINED


def gates_know_of_every_licence(case: Case, gates: LateGates) -> None:
    for licence in case.licences:
        told = [each.active for each in gates.told if each.licence_id == licence.id]
        active = licence.status is LicenceStatus.ACTIVE
        assert told[-1:] == [active] or (active and not told), (licence, told)


def we_agree_with_the_payment_provider(case: Case, psp: LatePsp) -> None:
    paid = case.order.paid_at is not None
    assert psp.captured(case.order.payment.id) == (case.order.amount if paid else 0)
    for refund in case.refunds:
        theirs = psp.refunds.get(refund.id)
        succeeded = theirs is not None and theirs.status == "succeeded"
        assert succeeded == (refund.status is RefundStatus.SUCCEEDED), (refund, theirs)


def clearing_is_what_the_providers_hold_for_us(
    kept: Kept, case: Case, psp: LatePsp, payouts: LatePayouts
) -> None:
    payment_id = case.order.payment.id
    ids = {refund.id for refund in case.refunds}
    refunded = sum(
        each.amount
        for each in psp.refunds.values()
        if each.refund_id in ids and each.status == "succeeded"
    )
    sent = sum(
        payouts.transfers[each.id].amount for each in case.transfers if each.id in payouts.transfers
    )
    keys = {f"rev:{r.cause}:{each.id}" for each in case.transfers for r in each.reversals}
    returned = sum(payouts.reversals.get(key, 0) for key in keys)
    truth = psp.captured(payment_id) - refunded - psp.charged_back(payment_id) - sent + returned
    assert kept.account(case, Account.CLEARING) == truth


def has_a_share_that_waits(kept: Kept, case: Case) -> bool:
    """Whether all that is left is a transfer that waits for the seller: for their debts to go, or
    for their account to take it.
    """
    waiting = {f"send_transfer:{each.id}" for each in case.transfers if each.status in UNSENT}
    balance = kept.balances.get((case.order.seller, case.order.currency))
    nothing_owed = balance is not None and balance["payable"] == 0
    refused = any(line.startswith("ALERT: transfer") for line in kept.says(case))
    return (nothing_owed or refused) and waiting == {job.key for job in case.order.jobs}


def was_overruled(case: Case, psp: LatePsp) -> bool:
    """Whether an operator has ended a refund of which the provider gave back another amount."""
    known = (each for each in case.refunds if each.id in psp.refunds)
    return any(psp.refunds[each.id].amount != each.amount for each in known)
