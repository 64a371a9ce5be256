"""The two truths, read whole: what the provider has, and what the house has kept."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from support.money_kept import Kept

from actors.refund import Books
from actors.refund.replay import read_log
from bench.money.faults import ask_psp
from bench.money.processes import Town
from storage import MAX_FIND_ROWS, Document, Row, Store, open_sqlite


@dataclass(frozen=True)
class ProviderTruth:
    """All documents of the provider, by their ids; transfers by ours."""

    payments: Mapping[str, Document]
    disputes: Mapping[str, Document]
    refunds: Mapping[str, Document]
    transfers: Mapping[str, list[Document]]
    webhooks: Mapping[str, Document]

    def misreported(self) -> set[str]:
        """The payments of which a dispute was told with a wrong amount: nobody can ask for it."""
        wrong = set()
        for webhook in self.webhooks.values():
            said = json.loads(webhook["body"])["content"]["object"]
            dispute = self.disputes.get(said.get("dispute_id", ""))
            if dispute is not None and int(said["amount"]) != dispute["amount"]:
                wrong.add(dispute["payment"])
        return wrong


async def read_provider(town: Town) -> ProviderTruth:
    """Read it over the provider's dashboard."""
    transfers = defaultdict(list)
    for doc in (await all_of(town, "transfers")).values():
        transfers[doc["transfer_group"]].append(doc)
    return ProviderTruth(
        payments=await all_of(town, "payments"),
        disputes=await all_of(town, "disputes"),
        refunds=await all_of(town, "refunds"),
        transfers=transfers,
        webhooks=await all_of(town, "webhooks"),
    )


async def all_of(town: Town, kind: str) -> dict[str, Document]:
    """Read all documents of one kind."""
    docs: dict[str, Document] = {}
    after = ""
    while True:
        page = (await ask_psp(town, "GET", "/control/truth", kind=kind, after=after))[kind]
        docs |= {item["id"]: item for item in page["items"]}
        if page["next"] is None:
            return docs
        after = page["next"]


@dataclass(frozen=True)
class House:
    """All that the house has kept of the money."""

    kept: Kept
    inbox: list[Row]


async def read_house(town: Town) -> House:
    """Read its store, which it must have left."""
    async with open_sqlite(town.data) as store:
        orders = await _find_all(store, "orders", "created_at")
        books = Books(store)
        records = [await books.load(row.id) for row in orders]
        whose = sorted({(row.doc["seller"], row.doc["currency"]) for row in orders})
        balances = [await store.get("balances", f"{seller}:{coin}") for seller, coin in whose]
        kept = Kept(
            cases=[record.case for record in records if record is not None],
            logs={row.id: await read_log(store, row.id) for row in orders},
            journal=[row.doc for row in await _find_all(store, "journal", "at")],
            balances={(b.doc["seller"], b.doc["currency"]): b.doc for b in balances if b},
            products=await _find_all(store, "products", "created_at"),
        )
        return House(kept, await _find_all(store, "inbox", "id"))


async def _find_all(store: Store, collection: str, sort: str) -> list[Row]:
    rows: list[Row] = []
    while True:
        last = rows[-1] if rows else None
        after = None if last is None else (last.id if sort == "id" else last.doc[sort], last.id)
        page = await store.find(collection, {}, sort=sort, after=after, limit=MAX_FIND_ROWS)
        rows += page
        if len(page) < MAX_FIND_ROWS:
            return rows
