"""What is always true of the money, one function for each rule, over all that is stored."""

from collections import Counter
from collections.abc import Iterator

from actors.refund.case import Booking, Case, Refund
from actors.refund.documents import documents
from actors.refund.ledger import Account
from actors.refund.licence_machine import LicenceStatus
from actors.refund.order_machine import OrderStatus
from actors.refund.refund_machine import RefundStatus
from actors.refund.replay import replay
from actors.services.carts import Line
from storage.api import Document, Store
from support.money_kept import MAX_ROWS, Kept, account_of, read_all
from support.orders import ADMIN

NOTHING = {"payable": 0, "receivable": 0, "reserved": 0, "in_transit": 0}
ENDS = {
    RefundStatus.SUCCEEDED: Booking.RETURNED,
    RefundStatus.FAILED: Booking.RELEASED,
    RefundStatus.REVERSED: Booking.RELEASED,
}
LOOKED_AT = {RefundStatus.REVIEW, RefundStatus.QUARANTINED}
"""Where a refund stays until somebody decides; it may have come there after its end."""


async def check_books(store: Store) -> Kept:
    """Check every rule that holds at any time."""
    kept = await read_all(store)
    entries_sum_to_zero(kept)
    no_cause_posts_twice(kept)
    balances_are_the_fold_of_the_journal(kept)
    nobody_is_owed_less_than_nothing(kept)
    a_capacity_is_never_oversold(kept)
    taken_seats_are_those_of_licences_and_holds(kept)
    for case in kept.cases:
        the_reserve_is_what_open_refunds_hold(kept, case)
        a_refund_is_booked_where_its_status_says(case)
        no_more_goes_back_than_was_captured(kept, case)
        a_loss_is_only_what_the_order_has_not(case)
        reversals_are_at_most_their_transfer(case)
        sellers_are_sent_no_more_than_their_share(case)
        shares_sum_exactly(case)
        a_line_wholly_given_back_opens_nothing(case)
        a_line_not_given_back_stays_open(case)
        one_refund_at_a_time(case)
        the_order_says_what_its_refunds_do(case)
        refunds_were_allowed(case)
        no_reply_alone_makes_a_success(kept, case)
        every_outcome_of_a_call_is_taken_in(kept, case)
        the_log_leads_to_what_is_stored(kept, case)
    return kept


def entries_sum_to_zero(kept: Kept) -> None:
    for entry in kept.journal:
        assert sum(leg["amount"] for leg in entry["legs"]) == 0, entry


def no_cause_posts_twice(kept: Kept) -> None:
    causes = Counter(entry["cause"] for entry in kept.journal)
    assert all(count == 1 for count in causes.values()), causes
    for entry in kept.journal:
        legs = Counter(leg["account"] for leg in entry["legs"])
        assert all(count == 1 for count in legs.values()), entry


def balances_are_the_fold_of_the_journal(kept: Kept) -> None:
    for entry in kept.journal:
        sellers = (Account.PAYABLE, Account.RECEIVABLE)
        delta = -sum(account_of([entry], account) for account in sellers)
        assert entry["seller_delta"] == delta, entry
    for seller, currency in {(each["seller"], each["currency"]) for each in kept.journal}:
        theirs = [
            entry
            for entry in kept.journal
            if (entry["seller"], entry["currency"]) == (seller, currency)
        ]
        balance = kept.balances.get((seller, currency), NOTHING)
        assert balance["payable"] == -account_of(theirs, Account.PAYABLE)
        assert balance["receivable"] == account_of(theirs, Account.RECEIVABLE)
        assert balance["reserved"] == -account_of(theirs, Account.RESERVE)
        assert balance["in_transit"] == -account_of(theirs, Account.SUSPENSE)


def nobody_is_owed_less_than_nothing(kept: Kept) -> None:
    for balance in kept.balances.values():
        assert balance["payable"] >= 0, balance
        assert balance["receivable"] >= 0, balance
        assert not (balance["payable"] and balance["receivable"]), balance


def the_reserve_is_what_open_refunds_hold(kept: Kept, case: Case) -> None:
    held = [each for each in case.refunds if each.booked is Booking.RESERVED]
    assert -kept.account(case, Account.RESERVE) == sum(each.amount for each in held)
    assert all(each.open for each in held), held


def a_refund_is_booked_where_its_status_says(case: Case) -> None:
    for refund in case.refunds:
        if refund.status not in LOOKED_AT:
            assert refund.booked is ENDS.get(refund.status, Booking.RESERVED), refund


def no_more_goes_back_than_was_captured(kept: Kept, case: Case) -> None:
    sales = (entry for entry in kept.entries_of(case) if entry["kind"] == "sale")
    captured = account_of(sales, Account.CLEARING)
    held = sum(each.counted for each in case.refunds if each.holds)
    lost = sum(each.charged for each in case.order.disputes)
    assert held + lost <= captured, (held, lost, captured)


def a_loss_is_only_what_the_order_has_not(case: Case) -> None:
    beyond = sum(each.lost for each in case.refunds if each.booked is Booking.RETURNED)
    beyond += sum(each.lost for each in case.order.disputes)
    if beyond and case.order.paid_at is not None:
        assert case.left == 0, f"{beyond} lost, while {case.left} are left"


def reversals_are_at_most_their_transfer(case: Case) -> None:
    for transfer in case.transfers:
        assert 0 <= transfer.taken_back <= transfer.amount, transfer


def sellers_are_sent_no_more_than_their_share(case: Case) -> None:
    sent = [each for each in case.transfers if each.status not in ("scheduled", "cancelled")]
    on_their_side = sum(each.amount - each.taken_back for each in sent)
    assert on_their_side <= case.order.amount - case.order.fee, sent


def shares_sum_exactly(case: Case) -> None:
    for refund in case.refunds:
        assert sum(amount for _, amount in refund.shares) == refund.amount > 0, refund
        assert all(amount > 0 for _, amount in refund.shares), refund
        assert 0 <= refund.lost <= refund.amount, refund
        if refund.holds:
            assert refund.seller_part + refund.fee_part == refund.counted, refund
        assert refund.seller_part >= 0, refund
        assert refund.fee_part >= 0, refund


def a_line_wholly_given_back_opens_nothing(case: Case) -> None:
    for line, status in opened_lines(case):
        if is_given_back(case, line):
            assert status is LicenceStatus.REVOKED, (line, status)


def a_line_not_given_back_stays_open(case: Case) -> None:
    for line, status in opened_lines(case):
        if not is_given_back(case, line):
            assert status is not LicenceStatus.REVOKED, (line, status)
            suspended = status is LicenceStatus.SUSPENDED
            covered = case.open_refund is not None and case.left_of(line) <= 0
            assert suspended == (covered and case.order.terms.suspends), (line, status)


def one_refund_at_a_time(case: Case) -> None:
    held = [each for each in case.refunds if each.booked is Booking.RESERVED]
    assert len(held) <= 1, held


def the_order_says_what_its_refunds_do(case: Case) -> None:
    status, order = case.order.status, case.order
    if order.paid_at is None:
        assert status in (OrderStatus.CREATED, OrderStatus.PAYMENT_FAILED), status
        assert case.refunds + case.licences + case.transfers == (), case
    elif any(each.open and each.status not in LOOKED_AT for each in case.refunds):
        assert status is OrderStatus.REFUND_PENDING, status
    elif not any(each.open for each in case.refunds):
        expected = OrderStatus.PARTIALLY_REFUNDED if case.returned else OrderStatus.COMPLETED
        if case.returned >= order.amount:
            expected = OrderStatus.REFUNDED
        assert status is expected, status


def refunds_were_allowed(case: Case) -> None:
    """By the buyer, the seller or an administrator; within the window; for money that is there."""
    order = case.order
    for refund in case.refunds:
        if refund.cause == "requested":
            assert refund.requested_by in (order.buyer, order.seller, ADMIN.user_id), refund
            assert refund.created_at <= (order.refund_deadline or 0), refund


def no_reply_alone_makes_a_success(kept: Kept, case: Case) -> None:
    said = [row.doc["event"] for row in kept.logs[case.order.id]]
    for refund in case.refunds:
        if refund.status is RefundStatus.SUCCEEDED:
            assert any(is_word_of_success(event, refund) for event in said), refund


def every_outcome_of_a_call_is_taken_in(kept: Kept, case: Case) -> None:
    for row in kept.logs[case.order.id]:
        assert row.doc["event"]["kind"] != "job_postponed" or is_for_an_account(row.doc), row.doc


def the_log_leads_to_what_is_stored(kept: Kept, case: Case) -> None:
    log = kept.logs[case.order.id]
    assert [row.doc["seq"] for row in log] == list(range(1, case.order.seq + 1))
    told = replay(log)
    assert told is not None
    assert documents(told) == documents(case)


def a_capacity_is_never_oversold(kept: Kept) -> None:
    if any(entry["kind"] == "refund_reversed" for entry in kept.journal):
        return  # whose licence comes back has a seat, whoever has bought it meanwhile
    for product in kept.products:
        assert product.doc["taken"] <= product.doc.get("capacity", MAX_ROWS), product


def taken_seats_are_those_of_licences_and_holds(kept: Kept) -> None:
    taken = Counter(
        line.product for case in kept.cases for line in case.order.lines if takes_a_seat(case, line)
    )
    for product in kept.products:
        assert product.doc["taken"] == taken[product.id], (product, taken)


def is_given_back(case: Case, line: Line) -> bool:
    all_returned = case.returned >= case.order.amount
    return all_returned or case.given_back(line.product) >= line.amount


def is_word_of_success(event: Document, refund: Refund) -> bool:
    if event["kind"] == "refund_resolved":
        return bool(event["refund_id"] == refund.id)
    said = event["kind"] == "refund_heard" and event["word"] == "succeeded"
    return said and event["refund_id"] == refund.id and event["source"] != "reply"


def opened_lines(case: Case) -> Iterator[tuple[Line, LicenceStatus]]:
    """The lines for which there is a licence, with its status."""
    lines = {line.product: line for line in case.order.lines}
    return ((lines[licence.product], licence.status) for licence in case.licences)


def takes_a_seat(case: Case, line: Line) -> bool:
    if case.order.paid_at is None:
        return not case.order.expired
    held = (product_status for product_status in opened_lines(case))
    return any(each is line and status is not LicenceStatus.REVOKED for each, status in held)


def is_for_an_account(event: Document) -> bool:
    return bool(event["event"]["reason"] == "the seller has no payout account")
