"""All that is stored of the money, read at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from actors.refund import Books
from actors.refund.case import Case
from actors.refund.ledger import Account
from actors.refund.replay import read_log
from storage.api import Document, Row, Store

MAX_ROWS = 1000


@dataclass
class Kept:
    """All that is stored."""

    cases: list[Case]
    logs: dict[str, list[Row]]
    journal: list[Document]
    balances: dict[tuple[str, str], Document]
    products: list[Row]

    def entries_of(self, case: Case) -> Iterator[Document]:
        return (entry for entry in self.journal if entry["order"] == case.order.id)

    def account(self, case: Case, account: Account) -> int:
        return account_of(self.entries_of(case), account)

    def says(self, case: Case) -> list[str]:
        return [line for row in self.logs[case.order.id] for line in row.doc["says"]]


async def read_all(store: Store) -> Kept:
    orders = await store.find("orders", {}, sort="created_at", limit=MAX_ROWS)
    records = [await Books(store).load(row.id) for row in orders]
    journal = await store.find("journal", {}, sort="at", limit=MAX_ROWS)
    whose = {(row.doc["seller"], row.doc["currency"]) for row in orders}
    balances = [await store.get("balances", f"{seller}:{currency}") for seller, currency in whose]
    return Kept(
        cases=[record.case for record in records if record is not None],
        logs={row.id: await read_log(store, row.id) for row in orders},
        journal=[row.doc for row in journal],
        balances={(b.doc["seller"], b.doc["currency"]): b.doc for b in balances if b is not None},
        products=await store.find("products", {}, sort="created_at", limit=MAX_ROWS),
    )


def account_of(entries: Iterable[Document], account: Account) -> int:
    legs = (leg for entry in entries for leg in entry["legs"])
    return sum(leg["amount"] for leg in legs if leg["account"] == account)
