"""The sandbox's dashboard: reads its whole truth, and sends webhooks once more."""

import random
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from server.sandbox.bank import Bank
from server.sandbox.bodies import RedeliverBody
from server.sandbox.errors import ServerFault, invalid_request
from storage import MAX_FIND_ROWS, Conflict, Cursor, Document, Put, Row

KINDS = ("payments", "refunds", "disputes", "transfers", "webhooks")
PAGE_COUNT = 100
"""Webhooks are made due in commits of so many: what one commit may hold."""
SHUFFLE_SPREAD_MS = 1000
MAX_TRIES_COUNT = 20
"""Each lost to a delivery that ended in that moment."""
MAX_TRUTH_COUNT = 500
"""In one page of one kind."""


class Control:
    """What a person, or a test, may see and do that no shop may."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank

    async def truth(self, kinds: tuple[str, ...], after: str, limit: int) -> dict[str, Any]:
        """Return a page of each kind, by id: ``{kind: {"items": […], "next": id or None}}``.

        Times are Unix milliseconds, and metadata JSON text, as they are stored. WireError IR_06.
        """
        if not 1 <= limit <= MAX_TRUTH_COUNT:
            raise invalid_request(f"limit is 1 to {MAX_TRUTH_COUNT}")
        if not set(kinds) <= set(KINDS):
            raise invalid_request(f"kind is one of {', '.join(KINDS)}")
        return {kind: await self._page(kind, after, limit) for kind in kinds}

    async def _page(self, kind: str, after: str, limit: int) -> dict[str, Any]:
        place = (after, after) if after else None
        rows = await self._bank.store.find(kind, {}, sort="id", after=place, limit=limit + 1)
        more = len(rows) > limit
        items = [{"id": row.id, **row.doc} for row in rows[:limit]]
        return {"items": items, "next": rows[limit - 1].id if more else None}

    async def status(self) -> Mapping[str, Any]:
        """Count what is still to happen by itself, as far as the store finds."""
        due = {}
        for kind, field in (("refunds", "settle_at"), ("webhooks", "due_at")):
            due[kind] = await self._bank.store.find(kind, {}, sort=field, limit=MAX_FIND_ROWS)
        return {
            "refunds_unsettled": len(due["refunds"]),
            "webhooks_undelivered": len(due["webhooks"]),
            "faults_fired": self._bank.faults.fired(),
        }

    async def redeliver(self, body: RedeliverBody) -> int:
        """Make webhooks due again, the lost ones too; return how many."""
        draw = random.Random(body.seed)  # noqa: S311 - an order for tests, and no secret
        place: Cursor | None = None
        count = 0
        while True:
            rows = await self._bank.store.find(
                "webhooks", {}, sort="id", after=place, limit=PAGE_COUNT
            )
            if not rows:
                return count
            place = (rows[-1].id, rows[-1].id)
            chosen = [row for row in rows if body.payment_id in (None, row.doc["payment"])]
            waits_ms = [draw.randrange(SHUFFLE_SPREAD_MS) if body.shuffle else 0 for _ in chosen]
            await self._make_due(chosen, waits_ms)
            count += len(chosen)
            self._bank.webhook_due.ring()

    async def _make_due(self, rows: list[Row], waits_ms: list[int]) -> None:
        """Make all due in one commit; where one is being delivered just now, the page once more."""
        for _ in range(MAX_TRIES_COUNT):
            now_ms = self._bank.clock.now_ms()
            puts = [
                Put("webhooks", row.id, _due_again(row.doc, now_ms + wait_ms), row.version)
                for row, wait_ms in zip(rows, waits_ms, strict=True)
            ]
            try:
                await self._bank.store.commit(*puts)
            except Conflict:
                found = [await self._bank.store.get("webhooks", row.id) for row in rows]
                rows = [row for row in found if row is not None]
            else:
                return
        raise ServerFault(HTTPStatus.SERVICE_UNAVAILABLE)


def _due_again(doc: Document, due_at: int) -> Document:
    return doc | {"state": "due", "due_at": due_at, "attempts": 0}
