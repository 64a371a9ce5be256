"""The seller's side of the money: balance, ledger, transfers, and where payouts go."""

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass

from actors.ports import Clock
from actors.services.orders import Transfer, read_transfer
from actors.services.pages import Page, newest
from storage.api import Cursor, Put, Row, Store

MAX_CURRENCIES = 200
"""Of one seller: there are fewer in the world."""
SUMMED_ROWS = 500
"""Read at once, where all have to be."""
MAX_FOLD_ATTEMPTS = 5
PAYABLE = "seller_payable"
RECEIVABLE = "seller_receivable"
RESERVE = "refund_reserve"
SUSPENSE = "suspense"


@dataclass(frozen=True, slots=True)
class Balance:
    """Where a seller stands in one currency, in minor units.

    ``reserved`` is held for refunds whose end is not known yet, the platform's share of them
    included; ``in_transit`` is on its way to the seller.
    """

    currency: str
    payable: int = 0
    receivable: int = 0
    reserved: int = 0
    in_transit: int = 0

    def __str__(self) -> str:
        """Name its sums, for the operator."""
        sums = asdict(self)
        del sums["currency"]
        return ", ".join(f"{name} {amount}" for name, amount in sums.items())


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
    """Return a seller's balances, by currency."""
    return [_read_balance(row) for row in await _balance_rows(store, seller)]


async def folded_balances(
    store: Store, seller: str
) -> tuple[dict[str, Balance], dict[str, Balance]]:
    """Return a seller's balances as they are stored, and as the journal tells them, by currency.

    Where something is booked meanwhile they are read again, MAX_FOLD_ATTEMPTS times at most.
    """
    for left in reversed(range(MAX_FOLD_ATTEMPTS)):
        before = await _balance_rows(store, seller)
        folded = await _fold(store, seller)
        after = await _balance_rows(store, seller)
        if not left or _versions(before) == _versions(after):
            break
    return {row.doc["currency"]: _read_balance(row) for row in after}, folded


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


def _read_balance(row: Row) -> Balance:
    doc = row.doc
    return Balance(
        currency=doc["currency"],
        payable=doc["payable"],
        receivable=doc["receivable"],
        reserved=doc["reserved"],
        in_transit=doc["in_transit"],
    )


def _versions(rows: list[Row]) -> dict[str, int]:
    return {row.id: row.version for row in rows}


async def _fold(store: Store, seller: str) -> dict[str, Balance]:
    """Sum up a seller's whole journal, by currency."""
    debits: dict[str, Counter[str]] = defaultdict(Counter)
    after: Cursor | None = None
    while True:
        rows = await store.find(
            "journal", {"seller": seller}, sort="at", after=after, limit=SUMMED_ROWS
        )
        for row in rows:
            for leg in row.doc["legs"]:
                debits[row.doc["currency"]][leg["account"]] += leg["amount"]
        if len(rows) < SUMMED_ROWS:
            break
        after = (rows[-1].doc["at"], rows[-1].id)
    return {
        currency: Balance(
            currency=currency,
            payable=-sums[PAYABLE],
            receivable=sums[RECEIVABLE],
            reserved=-sums[RESERVE],
            in_transit=-sums[SUSPENSE],
        )
        for currency, sums in debits.items()
    }
