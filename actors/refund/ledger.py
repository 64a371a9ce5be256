"""The ledger: double entry, append only, in integer minor units.

A leg's amount is positive where the account is debited and negative where it is credited; those
of an entry sum to zero. ``psp_clearing`` is what we hold with the provider (a debit balance); what
we owe is a credit balance.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Account(StrEnum):
    """The accounts; the seller's two are kept per seller."""

    CLEARING = "psp_clearing"
    PAYABLE = "seller_payable"
    RECEIVABLE = "seller_receivable"
    FEE = "platform_fee"
    RESERVE = "refund_reserve"
    LOSS = "dispute_loss"
    SUSPENSE = "suspense"


class LedgerError(Exception):
    """An entry that would break a rule of the ledger: a fault of ours, never of a user."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One account's part of an entry."""

    account: Account
    amount: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What is posted at once, for one ``cause``: no cause is ever posted twice."""

    cause: str
    kind: str
    legs: tuple[Leg, ...]

    def __post_init__(self) -> None:
        if sum(leg.amount for leg in self.legs) != 0:
            raise LedgerError(f"{self.cause}: the legs do not sum to zero")

    @property
    def seller_delta(self) -> int:
        """What it adds to what the seller is owed; negative where it takes away."""
        sellers = (Account.PAYABLE, Account.RECEIVABLE)
        return -sum(leg.amount for leg in self.legs if leg.account in sellers)


@dataclass(frozen=True, slots=True)
class Balance:
    """Where one seller stands in one currency: what is owed to them, and what they owe.

    Neither is ever negative; a debt is paid from what comes in before anything is owed again.
    Of their orders, ``reserved`` is held for refunds and ``in_transit`` is being sent to them.
    """

    payable: int = 0
    receivable: int = 0
    reserved: int = 0
    in_transit: int = 0

    def credit(self, amount: int) -> tuple[Leg, ...]:
        """Make the legs that owe the seller ``amount`` more: their debt is paid from it first."""
        _require_positive(amount)
        debt = min(self.receivable, amount)
        return _legs((Account.RECEIVABLE, -debt), (Account.PAYABLE, debt - amount))

    def debit(self, amount: int) -> tuple[Leg, ...]:
        """Make the legs that take ``amount`` from the seller: what is not there they owe."""
        _require_positive(amount)
        paid = min(self.payable, amount)
        return _legs((Account.PAYABLE, paid), (Account.RECEIVABLE, amount - paid))

    def applied(self, legs: Sequence[Leg]) -> "Balance":
        """The balance after the legs of an entry: how it is told from the journal."""
        debits: Counter[Account] = Counter()
        for leg in legs:
            debits[leg.account] += leg.amount
        return Balance(
            payable=self.payable - debits[Account.PAYABLE],
            receivable=self.receivable + debits[Account.RECEIVABLE],
            reserved=self.reserved - debits[Account.RESERVE],
            in_transit=self.in_transit - debits[Account.SUSPENSE],
        )


def entry(cause: str, kind: str, *legs: tuple[Account, int], also: tuple[Leg, ...] = ()) -> Entry:
    """Make an entry of (account, amount) pairs, those of zero left out, and the seller's legs."""
    return Entry(cause, kind, (*_legs(*legs), *also))


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Share ``amount`` out by weights, none above its own, by largest remainder: it sums exactly.

    ``amount`` is at most the sum of the weights. Of equal remainders the first one wins.
    """
    total = sum(weights)
    if not 0 <= amount <= total:
        raise LedgerError(f"{amount} cannot be shared out over {total}")
    if total == 0:
        return [0] * len(weights)
    shares = [amount * weight // total for weight in weights]
    remainders = [amount * weight % total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: -remainders[place])
    for place in by_remainder[: amount - sum(shares)]:
        shares[place] += 1
    return shares


def fee_of(amount: int, fee_bps: int) -> int:
    """The platform's share of a sale: rounded down, so that it is never more than was said."""
    return amount * fee_bps // 10_000


def _legs(*pairs: tuple[Account, int]) -> tuple[Leg, ...]:
    return tuple(Leg(account, amount) for account, amount in pairs if amount)


def _require_positive(amount: int) -> None:
    if amount < 0:
        raise LedgerError(f"{amount} is no amount to book")
