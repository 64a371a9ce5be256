"""The ledger: what an entry, a balance and a share may be."""

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.refund.ledger import (
    Account,
    Balance,
    Entry,
    LedgerError,
    Leg,
    entry,
    fee_of,
    split,
)

amounts = st.integers(0, 10**9)
balances = st.builds(Balance, payable=amounts) | st.builds(Balance, receivable=amounts)


@st.composite
def shared_out(draw: st.DrawFn) -> tuple[int, list[int]]:
    weights = draw(st.lists(st.integers(0, 10**6), min_size=1, max_size=8))
    return draw(st.integers(0, sum(weights))), weights


def test_an_entry_that_does_not_sum_to_zero_is_refused() -> None:
    with pytest.raises(LedgerError, match="sale:1"):
        Entry("sale:1", "sale", (Leg(Account.CLEARING, 1000), Leg(Account.FEE, -999)))


def test_an_entry_is_made_of_its_legs_without_those_of_zero() -> None:
    sellers = (Leg(Account.PAYABLE, -1000),)
    made = entry("sale:1", "sale", (Account.CLEARING, 1000), (Account.FEE, 0), also=sellers)
    assert made.legs == (Leg(Account.CLEARING, 1000), Leg(Account.PAYABLE, -1000))
    assert made.seller_delta == 1000


def test_what_a_seller_owes_counts_against_them_in_an_entry() -> None:
    legs = (Leg(Account.RECEIVABLE, 300), Leg(Account.PAYABLE, 100), Leg(Account.RESERVE, -400))
    assert Entry("refund:1", "refund", legs).seller_delta == -400


def test_a_credit_pays_the_debt_first() -> None:
    legs = Balance(receivable=300).credit(1000)
    assert legs == (Leg(Account.RECEIVABLE, -300), Leg(Account.PAYABLE, -700))


def test_a_small_credit_pays_a_part_of_the_debt() -> None:
    assert Balance(receivable=300).credit(100) == (Leg(Account.RECEIVABLE, -100),)


def test_what_a_debit_does_not_find_becomes_debt() -> None:
    legs = Balance(payable=300).debit(1000)
    assert legs == (Leg(Account.PAYABLE, 300), Leg(Account.RECEIVABLE, 700))


def test_a_balance_knows_what_is_held_and_what_is_being_sent() -> None:
    opened = entry(
        "r", "refund_opened", (Account.PAYABLE, 975), (Account.FEE, 25), (Account.RESERVE, -1000)
    )
    assert Balance(payable=975).applied(opened.legs) == Balance(reserved=1000)
    sent = entry("t", "transfer_sent", (Account.PAYABLE, 975), (Account.SUSPENSE, -975))
    assert Balance(payable=975).applied(sent.legs) == Balance(in_transit=975)


@pytest.mark.parametrize("move", [Balance.credit, Balance.debit])
def test_a_negative_amount_is_no_amount(move: object) -> None:
    assert callable(move)
    with pytest.raises(LedgerError):
        move(Balance(), -1)


@given(balances, amounts)
def test_credit_and_debit_move_just_the_amount(balance: Balance, amount: int) -> None:
    owed_before = balance.payable - balance.receivable
    for legs, sign in ((balance.credit(amount), 1), (balance.debit(amount), -1)):
        assert sum(leg.amount for leg in legs) == -sign * amount
        after = balance.applied(legs)
        assert after.payable - after.receivable == owed_before + sign * amount
        assert min(after.payable, after.receivable) == 0
        assert all(leg.amount for leg in legs)


@given(st.lists(st.tuples(st.booleans(), amounts)))
def test_a_debt_is_paid_before_anything_is_owed_again(moves: list[tuple[bool, int]]) -> None:
    balance, owed = Balance(), 0
    for credits_it, amount in moves:
        legs = balance.credit(amount) if credits_it else balance.debit(amount)
        balance = balance.applied(legs)
        owed += amount if credits_it else -amount
    assert balance == Balance(payable=max(owed, 0), receivable=max(-owed, 0))


@given(shared_out())
def test_shares_sum_exactly_and_are_as_fair_as_whole_cents_can_be(
    case: tuple[int, list[int]],
) -> None:
    amount, weights = case
    shares = split(amount, weights)
    assert sum(shares) == amount
    assert len(shares) == len(weights)
    for share, weight in zip(shares, weights, strict=True):
        assert 0 <= share <= weight
        if sum(weights):
            assert abs(share - Fraction(amount * weight, sum(weights))) < 1


@pytest.mark.parametrize(
    ("amount", "weights", "shares"),
    [
        (100, [1, 1, 1000], [0, 0, 100]),
        (10, [10, 10, 10], [4, 3, 3]),
        (1, [500, 500], [1, 0]),
        (2, [300, 400, 300], [1, 1, 0]),
        (1000, [975, 25], [975, 25]),
        (333, [975, 25], [325, 8]),
        (0, [], []),
    ],
)
def test_the_largest_remainder_takes_the_cent(
    amount: int, weights: Sequence[int], shares: list[int]
) -> None:
    assert split(amount, weights) == shares


@pytest.mark.parametrize(("amount", "weights"), [(11, [5, 5]), (-1, [5]), (1, [])])
def test_more_than_there_is_cannot_be_shared_out(amount: int, weights: list[int]) -> None:
    with pytest.raises(LedgerError):
        split(amount, weights)


@pytest.mark.parametrize(
    ("amount", "bps", "fee"), [(1000, 250, 25), (999, 250, 24), (39, 250, 0), (1000, 0, 0)]
)
def test_the_platforms_share_is_rounded_down(amount: int, bps: int, fee: int) -> None:
    assert fee_of(amount, bps) == fee
