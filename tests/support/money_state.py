"""The state of the money as it can be compared between two runs: without ids, times and log."""

import json
import re
from typing import Any

from storage.api import Row, Store
from support.late_world import LateGates, LatePayouts, LatePsp

MAX_ROWS = 500
PARTS = (("refunds", "created_at"), ("transfers", "created_at"), ("licences", "created_at"))
OF_THE_RUN = re.compile(r".*_at|at|refund_until|seq|attempts|psp_id|error_\w+|refused")
"""Fields that tell when and on which way something came to be, not what it is."""
AN_ID = re.compile(r"(ord|pay|ref|lic|trf|prd|jnl)_[0-9A-Z]{26}")


async def state_of(store: Store, psp: LatePsp, payouts: LatePayouts, gates: LateGates) -> list[str]:
    """Write documents and the providers' truth, line by line; ids are named by their place."""
    (order,) = await store.find("orders", {}, sort="created_at")
    docs: list[Any] = [["order", _plain(order)]]
    for collection, sort in PARTS:
        rows = await store.find(collection, {"order": order.id}, sort=sort, limit=MAX_ROWS)
        docs += [[collection, row.id, _plain(row)] for row in rows]
    journal = await store.find("journal", {"order": order.id}, sort="at", limit=MAX_ROWS)
    docs += [["journal", _plain(row)] for row in journal]
    products = await store.find("products", {}, sort="created_at", limit=MAX_ROWS)
    docs += [["product", _plain(row)] for row in products]
    balance = await store.get("balances", f"{order.doc['seller']}:{order.doc['currency']}")
    docs += [["balance", balance and _plain(balance)]]
    inbox = await store.find("inbox", {"state": "done"}, sort="received_at", limit=MAX_ROWS)
    docs += [["inbox", len(inbox)]]
    docs += [["psp", each.payment_id, each.status, each.amount] for each in psp.payments.values()]
    docs += [["psp", each.refund_id, each.status, each.amount] for each in psp.refunds.values()]
    docs += [["sent", each.transfer_id, each.amount] for each in payouts.transfers.values()]
    docs += [["taken back", key, amount] for key, amount in payouts.reversals.items()]
    last = {each.licence_id: each.active for each in gates.told}
    docs += [["told", licence_id, active] for licence_id, active in last.items()]
    return sorted(_without_ids([json.dumps(each) for each in docs]))


def _plain(row: Row) -> Any:
    return {name: value for name, value in row.doc.items() if not OF_THE_RUN.fullmatch(name)}


def _without_ids(lines: list[str]) -> list[str]:
    names: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        return names.setdefault(found[0], f"{found[1]} {len(names)}")

    named = [json.loads(AN_ID.sub(name, line)) for line in lines]
    return [json.dumps(each, sort_keys=True) for each in named]
