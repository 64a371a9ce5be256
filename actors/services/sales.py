"""The seller's side of the money: balance, ledger, transfers, and where payouts go."""

from dataclasses import dataclass

from actors.ports import Clock
from actors.services.orders import Transfer, read_transfer
from actors.services.pages import Page, newest
from storage.api import Cursor, Put, Row, Store

MAX_CURRENCIES = 200
"""Of one seller: there are fewer in the world."""


@dataclass(frozen=True, slots=True)
class Balance:
    """Where a seller stands in one currency, in minor units."""

    currency: str
    payable: int
    receivable: int


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
    rows = await store.find("balances", {"seller": seller}, sort="currency", limit=MAX_CURRENCIES)
    return [Balance(row.doc["currency"], row.doc["payable"], row.doc["receivable"]) for row in rows]


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
