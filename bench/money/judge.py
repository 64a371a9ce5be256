"""The verdict: every way in which the two truths, and what was acknowledged, do not agree."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace

from support import money_rules as rules
from support.money_kept import Kept

from actors.refund.case import Case
from actors.refund.jobs import JobKind
from actors.refund.ledger import Account
from actors.refund.order_machine import PAID, OrderStatus
from actors.refund.payment_machine import PaymentStatus
from actors.refund.refund_machine import RefundStatus
from bench.money.crowd import Acknowledged
from bench.money.truth import House, ProviderTruth

OF_ALL: tuple[Callable[[Kept], None], ...] = (
    rules.entries_sum_to_zero,
    rules.no_cause_posts_twice,
    rules.balances_are_the_fold_of_the_journal,
    rules.nobody_is_owed_less_than_nothing,
    rules.a_capacity_is_never_oversold,
    rules.taken_seats_are_those_of_licences_and_holds,
)
OF_AN_ORDER_WITH_ITS_ENTRIES: tuple[Callable[[Kept, Case], None], ...] = (
    rules.the_reserve_is_what_open_refunds_hold,
    rules.no_more_goes_back_than_was_captured,
    rules.no_reply_alone_makes_a_success,
    rules.the_log_leads_to_what_is_stored,
)
OF_AN_ORDER: tuple[Callable[[Case], None], ...] = (
    rules.a_refund_is_booked_where_its_status_says,
    rules.a_loss_is_only_what_the_order_has_not,
    rules.reversals_are_at_most_their_transfer,
    rules.sellers_are_sent_no_more_than_their_share,
    rules.shares_sum_exactly,
    rules.a_line_wholly_given_back_opens_nothing,
    rules.a_line_not_given_back_stays_open,
    rules.one_refund_at_a_time,
    rules.the_order_says_what_its_refunds_do,
    rules.refunds_were_allowed,
)

LEFT_TO_DO = {JobKind.ASK_PAYMENT, JobKind.EXPIRE_PAYMENT, JobKind.SEND_TRANSFER}
"""What an order may still have to do at rest: wait for its payment, or for the time to pay out."""


def judge(house: House, provider: ProviderTruth, acknowledged: Acknowledged) -> list[str]:
    """Give every difference in words; none is what is wanted."""
    differences = list(acknowledged.faults)
    for rule in OF_ALL:
        differences += _broken(lambda rule=rule: rule(house.kept), rule.__name__)
    misreported = provider.misreported()
    entries = defaultdict(list)
    for entry in house.kept.journal:
        entries[entry["order"]].append(entry)
    for case in house.kept.cases:
        kept = replace(house.kept, cases=[case], journal=entries[case.order.id])
        found = [*_judge_order(kept, case), *_stranded(kept, case)]
        if not (case.order.payment.id in misreported or _is_frozen(case)):
            found += _other_than_theirs(kept, case, provider)
        differences += (f"{case.order.id}: {each}" for each in found)
    differences += _unknown_money(house.kept, provider)
    differences += _lost(house.kept, acknowledged)
    differences += (
        f"webhook {row.id}: {row.doc['state']}" for row in house.inbox if row.doc["state"] != "done"
    )
    return differences


def _broken(check: Callable[[], None], name: str) -> Iterator[str]:
    try:
        check()
    except AssertionError as error:
        yield f"{name}: {str(error)[:500]}"


def _judge_order(kept: Kept, case: Case) -> Iterator[str]:
    for with_entries in OF_AN_ORDER_WITH_ITS_ENTRIES:
        yield from _broken(lambda rule=with_entries: rule(kept, case), with_entries.__name__)
    for rule in OF_AN_ORDER:
        yield from _broken(lambda rule=rule: rule(case), rule.__name__)


def _is_frozen(case: Case) -> bool:
    """Whether an operator has to decide before the two can agree."""
    quarantined = case.order.payment.status is PaymentStatus.QUARANTINED
    return quarantined or any(each.status in rules.LOOKED_AT for each in case.refunds)


def _stranded(kept: Kept, case: Case) -> Iterator[str]:
    """Tell what nobody will go on with, or nobody was told of."""
    alerts = [line for line in kept.says(case) if line.startswith("ALERT")]
    for refund in case.refunds:
        if refund.status in rules.LOOKED_AT:
            if not any(refund.id in alert for alert in alerts):
                yield f"{refund.id} is {refund.status} without an alert"
        elif refund.open:
            yield f"{refund.id} is stranded: {refund.status}"
    if case.order.status is OrderStatus.REFUND_PENDING and case.open_refund is None:
        yield "refund_pending without a refund"
    for job in case.order.jobs:
        if job.kind not in LEFT_TO_DO:
            yield f"still to do: {job}"
    for transfer in case.transfers:
        if transfer.status in ("sending", "unknown", "reversing"):
            yield f"{transfer.id} is stranded: {transfer.status}"
    if kept.account(case, Account.SUSPENSE):
        yield f"{kept.account(case, Account.SUSPENSE)} in suspense"
    if case.order.payment.status is PaymentStatus.NEW:
        yield "the payment was never made"


def _other_than_theirs(kept: Kept, case: Case, provider: ProviderTruth) -> Iterator[str]:
    order = case.order
    payment = provider.payments.get(order.payment.id, {})
    captured = payment.get("captured", 0)
    if captured != (order.amount if order.paid_at is not None else 0):
        yield f"the provider captured {captured} of {order.amount}; ours is {order.status}"
    if captured and order.status not in PAID:
        yield f"captured, and {order.status}"
    refunded = 0
    for refund in case.refunds:
        theirs = provider.refunds.get(refund.id, {"status": "not known", "amount": refund.amount})
        if (theirs["status"] == "succeeded") != (refund.status is RefundStatus.SUCCEEDED):
            yield f"{refund.id}: ours {refund.status}, theirs {theirs['status']}"
        if theirs["amount"] != refund.amount:
            yield f"{refund.id}: ours {refund.amount}, theirs {theirs['amount']}"
        refunded += theirs["amount"] if theirs["status"] == "succeeded" else 0
    if refunded > captured:
        yield f"{refunded} were refunded of {captured}"
    truth = captured - refunded - payment.get("lost", 0) - _sent(case, provider)
    if kept.account(case, Account.CLEARING) != truth:
        yield f"clearing: ours {kept.account(case, Account.CLEARING)}, theirs {truth}"


def _sent(case: Case, provider: ProviderTruth) -> int:
    """What sellers have of the provider's, after what was taken back."""
    theirs = [each for ours in case.transfers for each in provider.transfers.get(ours.id, ())]
    return sum(each["amount"] - each["reversed"] for each in theirs)


def _unknown_money(kept: Kept, provider: ProviderTruth) -> Iterator[str]:
    """Tell what moved at the provider under no id of ours, or twice under one."""
    payments = {case.order.payment.id for case in kept.cases}
    refunds = {each.id: case for case in kept.cases for each in case.refunds}
    transfers = {each.id for case in kept.cases for each in case.transfers}
    yield from (f"their payment {each} is not ours" for each in provider.payments.keys() - payments)
    sent = provider.transfers.keys()
    yield from (f"their transfer {each} is not ours" for each in sent - transfers)
    given_back: Counter[str] = Counter()
    for refund_id, doc in provider.refunds.items():
        case = refunds.get(refund_id)
        if case is None or case.order.payment.id != doc["payment"]:
            yield f"their refund {refund_id} is not ours"
        if doc["status"] == "succeeded":
            given_back[doc["payment"]] += doc["amount"]
    for transfer_id, docs in provider.transfers.items():
        if len(docs) > 1:
            yield f"{transfer_id} was sent {len(docs)} times"
    for payment_id, doc in provider.payments.items():
        back = given_back[payment_id]
        if not back <= doc["captured"] <= doc["amount"]:
            yield f"{payment_id}: {doc['amount']}, captured {doc['captured']}, back {back}"


def _lost(kept: Kept, acknowledged: Acknowledged) -> Iterator[str]:
    """Tell what was acknowledged and is not there."""
    cases = {case.order.id: case for case in kept.cases}
    by_payment = {case.order.payment.id: case for case in kept.cases}
    for key, order_id in acknowledged.order_of_key.items():
        said, case = acknowledged.orders[order_id], cases.get(order_id)
        if case is None or (case.order.idempotency_key, case.order.amount) != (key, said["amount"]):
            yield f"order {order_id} was acknowledged, and is lost"
    keys = Counter(case.order.idempotency_key for case in kept.cases)
    yield from (
        f"{keys[key]} orders of {key}" for key in acknowledged.order_of_key if keys[key] > 1
    )
    for payment_id in acknowledged.paid:
        case = by_payment.get(payment_id)
        if case is None or case.order.paid_at is None:
            yield f"payment {payment_id} was made, and nothing was given for it"
    for order_id in acknowledged.completed:
        if order_id not in cases or cases[order_id].order.paid_at is None:
            yield f"order {order_id} was shown as completed, and is not"
    for refund_id, (order_id, amount) in acknowledged.refunds.items():
        refund = cases[order_id].refund(refund_id) if order_id in cases else None
        if refund is None or refund.amount != amount:
            yield f"refund {refund_id} was acknowledged, and is lost"
