"""Transfers to sellers' accounts and their reversals, in the shape of Stripe Connect.

An account whose name begins ``acct_closed`` takes no transfers, and one that begins ``acct_broke``
has nothing left to take back. Every account of another name exists.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from actors.ids import new_id
from server.sandbox.bank import Bank
from server.sandbox.errors import WireError, no_such, stripe_error
from server.sandbox.forms import Form, amount_of, currency_of, limit_of, metadata_of, text_of
from server.sandbox.performing import Done
from storage import Document, Put, Row

MAX_REVERSALS_COUNT = 100
"""Of one transfer."""
SHOWN_REVERSALS_COUNT = 10
"""Within the transfer itself, the newest first; as many as Stripe shows."""
DEFAULT_LIST_COUNT = 10
MAX_KEY_CHARS = 255
CLOSED_ACCOUNTS = "acct_closed"
BROKE_ACCOUNTS = "acct_broke"
TRANSFER_PARAMETERS = frozenset(
    {"amount", "currency", "destination", "transfer_group", "description", "metadata"}
)
REVERSAL_PARAMETERS = frozenset({"amount", "description", "metadata"})
LIST_PARAMETERS = frozenset({"transfer_group", "destination", "limit", "starting_after"})

Effect = Callable[[], Awaitable[tuple[dict[str, Any], list[Put]]]]
"""What a request does: its answer, and what is to be written; or a WireError that is kept too."""


class Transfers:
    """All that happens to transfers. To a key there is one effect and one answer, for ever."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank

    async def create(self, form: Form, key: str) -> Done:
        """Send money. WireError ``transfers_not_allowed`` and of bad parameters."""
        amount, currency = amount_of(form), currency_of(form)
        destination = text_of(form, "destination", needed=True)
        now_ms = self._bank.clock.now_ms()
        doc: Document = {
            "amount": amount,
            "currency": currency,
            "destination": destination,
            "transfer_group": text_of(form, "transfer_group"),
            "description": text_of(form, "description"),
            "metadata": json.dumps(metadata_of(form)),
            "reversals": [],
            "reversed": 0,
            "created_at": now_ms,
        }

        async def send() -> tuple[dict[str, Any], list[Put]]:
            if destination.startswith(CLOSED_ACCOUNTS):
                raise stripe_error("transfers_not_allowed", f"{destination} takes no transfers")
            transfer_id = new_id("tr")
            return transfer_view(transfer_id, doc), [Put("transfers", transfer_id, doc, 0)]

        return await self._once(key, {"on": "transfers", **form}, send)

    async def reverse(self, transfer_id: str, form: Form, key: str) -> Done:
        """Take back a part of a transfer, or without an amount the rest. WireError."""
        wanted = amount_of(form) if "amount" in form else None

        async def reverse() -> tuple[dict[str, Any], list[Put]]:
            row = await self._find(transfer_id)
            left = row.doc["amount"] - row.doc["reversed"]
            amount = left if wanted is None else wanted
            _check_reversal(row, amount, left)
            entry = {"id": new_id("trr"), "amount": amount, "created_at": self._bank.clock.now_ms()}
            doc = row.doc | {
                "reversals": [*row.doc["reversals"], entry],
                "reversed": row.doc["reversed"] + amount,
            }
            view = reversal_view(row.id, row.doc["currency"], entry)
            return view, [Put("transfers", row.id, doc, row.version)]

        async with self._bank.locks.hold(f"transfer:{transfer_id}"):
            return await self._once(key, {"on": transfer_id, **form}, reverse)

    async def get(self, transfer_id: str) -> Done:
        """Show a transfer. WireError ``resource_missing``."""
        row = await self._find(transfer_id)
        return Done(transfer_view(row.id, row.doc))

    async def list(self, form: Form) -> Done:
        """Show transfers, the newest first. WireError."""
        limit = limit_of(form, DEFAULT_LIST_COUNT)
        names = ("transfer_group", "destination")
        equals = {name: text_of(form, name) for name in names if name in form}
        after = None
        if "starting_after" in form:
            last = await self._find(text_of(form, "starting_after", needed=True))
            after = (last.doc["created_at"], last.id)
        rows = await self._bank.store.find(
            "transfers", equals, sort="created_at", descending=True, after=after, limit=limit + 1
        )
        return Done(
            {
                "object": "list",
                "url": "/v1/transfers",
                "has_more": len(rows) > limit,
                "data": [transfer_view(row.id, row.doc) for row in rows[:limit]],
            }
        )

    async def _once(self, key: str, request: Mapping[str, str], effect: Effect) -> Done:
        """Do it, or answer what the first request with this key was answered."""
        if not key:
            view, puts = await effect()
            await self._bank.store.commit(*puts)
            return Done(view)
        if len(key) > MAX_KEY_CHARS:
            raise stripe_error("parameter_invalid", "The Idempotency-Key is too long")
        key_id = hashlib.sha256(key.encode()).hexdigest()
        asked = json.dumps(request, sort_keys=True)
        request_hash = hashlib.sha256(asked.encode()).hexdigest()
        async with self._bank.locks.hold(f"key:{key_id}"):
            kept = await self._bank.store.get("keys", key_id)
            if kept is not None:
                return _replayed(kept, request_hash)
            done, puts = await _outcome(effect)
            body = json.dumps(done.view)
            answer = {"request_hash": request_hash, "status": int(done.status), "body": body}
            await self._bank.store.commit(*puts, Put("keys", key_id, answer, 0))
            return done

    async def _find(self, transfer_id: str) -> Row:
        row = await self._bank.store.get("transfers", transfer_id)
        if row is None:
            raise no_such("transfer", transfer_id)
        return row


async def _outcome(effect: Effect) -> tuple[Done, list[Put]]:
    """Carry an effect out; a refusal is an answer that is kept like any other."""
    try:
        view, puts = await effect()
    except WireError as error:
        return Done(error.body(), status=error.status), []
    return Done(view), puts


def _replayed(kept: Row, request_hash: str) -> Done:
    if kept.doc["request_hash"] != request_hash:
        raise WireError(
            HTTPStatus.BAD_REQUEST,
            "idempotency_error",
            "idempotency_key_reused",
            "This Idempotency-Key came before with other parameters",
        )
    view = json.loads(kept.doc["body"])
    headers = {"Idempotent-Replayed": "true"}
    return Done(view, status=HTTPStatus(kept.doc["status"]), headers=headers)


def _check_reversal(row: Row, amount: int, left: int) -> None:
    if amount > left or left == 0:
        message = f"The transfer has {left} left to reverse, which is less than {amount}"
        raise stripe_error("amount_too_large", message)
    if row.doc["destination"].startswith(BROKE_ACCOUNTS):
        message = f"Insufficient funds in {row.doc['destination']}"
        raise stripe_error("balance_insufficient", message)
    if len(row.doc["reversals"]) >= MAX_REVERSALS_COUNT:
        raise stripe_error("too_many_reversals", "This transfer has been reversed too often")


def transfer_view(transfer_id: str, doc: Document) -> dict[str, Any]:
    """Show a transfer as Stripe does."""
    newest = doc["reversals"][: -SHOWN_REVERSALS_COUNT - 1 : -1]
    return {
        "id": transfer_id,
        "object": "transfer",
        "amount": doc["amount"],
        "amount_reversed": doc["reversed"],
        "reversed": doc["reversed"] == doc["amount"],
        "currency": doc["currency"],
        "created": doc["created_at"] // 1000,
        "description": doc["description"] or None,
        "destination": doc["destination"],
        "transfer_group": doc["transfer_group"] or None,
        "metadata": json.loads(doc["metadata"]),
        "livemode": False,
        "reversals": {
            "object": "list",
            "url": f"/v1/transfers/{transfer_id}/reversals",
            "has_more": len(doc["reversals"]) > len(newest),
            "total_count": len(doc["reversals"]),
            "data": [reversal_view(transfer_id, doc["currency"], each) for each in newest],
        },
    }


def reversal_view(transfer_id: str, currency: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Show a reversal as Stripe does."""
    return {
        "id": entry["id"],
        "object": "transfer_reversal",
        "amount": entry["amount"],
        "currency": currency,
        "created": entry["created_at"] // 1000,
        "transfer": transfer_id,
    }
