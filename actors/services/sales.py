"""The seller's side of the money: balance, ledger, transfers, and where payouts go."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from actors.ports import Clock
from actors.services.orders import Transfer, read_transfer
from actors.services.pages import Page, newest
from storage.api import Cursor, Document, Put, Row, Store

MAX_CURRENCIES = 200
"""Of one seller: there are fewer in the world."""
SUMMED_ROWS = 500
"""Read at once, where all have to be."""
MAX_FOLD_ATTEMPTS = 5
PAYABLE = "seller_payable"
RECEIVABLE = "seller_receivable"
RESERVE = "refund_reserve"
IN_TRANSIT = frozenset({"sending", "unknown"})


@dataclass(frozen=True, slots=True)
class Balance:
    """Where a seller stands in one currency, in minor units.

    ``reserved`` is held for refunds whose end is not known yet, the platform's share of them
    included; ``in_transit`` is on its way to the seller.
    """

    currency: str
    payable: int
    receivable: int
    reserved: int
    in_transit: int


@dataclass(frozen=True, slots=True)
class Sums:
    """What a seller is owed, and owes, in one currency."""

    payable: int = 0
    receivable: int = 0

    def __str__(self) -> str:
        return f"payable {self.payable}, receivable {self.receivable}"


@dataclass(frozen=True, slots=True)
class Leg:
    """One account's part of an entry: positive where it is debited, negative where credited."""

    account: str
    amount: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the journal; ``seller_delta`` is what it adds to what the seller is owed."""

    id: str
    at: int
    kind: str
    order: str
    currency: str
    seller_delta: int
    legs: tuple[Leg, ...]


async def balances_of(store: Store, seller: str) -> list[Balance]:
    """Return a seller's balances, by currency; it reads through the seller's whole journal."""
    rows = await _balance_rows(store, seller)
    reserved = await _summed(store, "journal", seller, "at", _credited(RESERVE))
    in_transit = await _summed(store, "transfers", seller, "created_at", _in_transit)
    return [
        Balance(
            currency=row.doc["currency"],
            payable=row.doc["payable"],
            receivable=row.doc["receivable"],
            reserved=reserved[row.doc["currency"]],
            in_transit=in_transit[row.doc["currency"]],
        )
        for row in rows
    ]


async def folded_balances(store: Store, seller: str) -> tuple[dict[str, Sums], dict[str, Sums]]:
    """Return a seller's balances as they are stored, and as the journal tells them, by currency.

    Where something is booked meanwhile they are read again, MAX_FOLD_ATTEMPTS times at most.
    """
    for left in reversed(range(MAX_FOLD_ATTEMPTS)):
        before = await _balance_rows(store, seller)
        payable = await _summed(store, "journal", seller, "at", _credited(PAYABLE))
        receivable = await _summed(store, "journal", seller, "at", _credited(RECEIVABLE))
        after = await _balance_rows(store, seller)
        if not left or {row.id: row.version for row in before} == {
            row.id: row.version for row in after
        }:
            break
    stored = {row.doc["currency"]: Sums(row.doc["payable"], row.doc["receivable"]) for row in after}
    folded = {each: Sums(payable[each], -receivable[each]) for each in payable}
    return stored, folded


async def ledger_of(store: Store, seller: str, after: Cursor | None, limit: int) -> Page[Entry]:
    """Return the entries of the journal that are about a seller, the newest first."""
    return await newest(
        store, "journal", {"seller": seller}, read_entry, after=after, limit=limit, sort="at"
    )


async def transfers_to(
    store: Store, seller: str, after: Cursor | None, limit: int
) -> Page[Transfer]:
    """Return a seller's transfers, the newest first."""
    equals = {"seller": seller}
    return await newest(store, "transfers", equals, read_transfer, after=after, limit=limit)


async def payout_account(store: Store, user_id: str) -> str | None:
    """Return where a seller's share is sent; None until they have said it."""
    row = await store.get("payout_accounts", user_id)
    return None if row is None else str(row.doc["account"])


async def set_payout_account(store: Store, clock: Clock, user_id: str, account: str) -> None:
    """Say where a seller's share is sent from now on. Conflict where two say it at once."""
    row = await store.get("payout_accounts", user_id)
    doc = {"account": account, "updated_at": clock.now_ms()}
    await store.commit(Put("payout_accounts", user_id, doc, 0 if row is None else row.version))


def read_entry(row: Row) -> Entry:
    """Read a document of the journal."""
    doc = row.doc
    return Entry(
        id=row.id,
        at=doc["at"],
        kind=doc["kind"],
        order=doc["order"],
        currency=doc["currency"],
        seller_delta=doc["seller_delta"],
        legs=tuple(Leg(leg["account"], leg["amount"]) for leg in doc["legs"]),
    )


async def _balance_rows(store: Store, seller: str) -> list[Row]:
    return await store.find("balances", {"seller": seller}, sort="currency", limit=MAX_CURRENCIES)


async def _summed(
    store: Store, collection: str, seller: str, sort: str, amount_of: Callable[[Document], int]
) -> Counter[str]:
    """Sum up an amount of all of a seller's documents, by currency."""
    sums: Counter[str] = Counter()
    after: Cursor | None = None
    while True:
        rows = await store.find(
            collection, {"seller": seller}, sort=sort, after=after, limit=SUMMED_ROWS
        )
        for row in rows:
            sums[row.doc["currency"]] += amount_of(row.doc)
        if len(rows) < SUMMED_ROWS:
            return sums
        after = (rows[-1].doc[sort], rows[-1].id)


def _credited(account: str) -> Callable[[Document], int]:
    """Make a function that tells by how much an entry of the journal credits an account."""

    def credited(entry: Document) -> int:
        return sum(-int(leg["amount"]) for leg in entry["legs"] if leg["account"] == account)

    return credited


def _in_transit(transfer: Document) -> int:
    return int(transfer["amount"]) if transfer["status"] in IN_TRANSIT else 0
