"""Refunds: checked as Hyperswitch checks them, in its order, and settled a little later."""

import math

import trio

from actors.ids import new_id
from server.sandbox.bank import Bank
from server.sandbox.bodies import CreateRefundBody, ListRefundsBody, metadata_text
from server.sandbox.errors import (
    duplicate_refund,
    exceeds_captured,
    not_found,
    refund_refused,
    too_many_refunds,
    wrong_state,
)
from server.sandbox.faults import Plan
from server.sandbox.payments import find_payment
from server.sandbox.performing import Done
from server.sandbox.views import refund_view
from server.sandbox.webhooks import announce
from storage import MAX_FIND_ROWS, Conflict, Document, Put, Row

MAX_REFUND_ATTEMPTS_COUNT = 10
"""Of one payment, the failed ones included; the real one's default."""
SETTLE_AT_ONCE_COUNT = 32

SAY_FAIL = "sandbox:fail"
"""In a refund's reason: it settles as failed."""
SAY_DECLINE = "sandbox:decline"
"""It is answered ``failed`` at once (200)."""
SAY_REFUSE = "sandbox:refuse"
"""It is refused (400, HE_03) and not kept."""
SAY_REVIEW = "sandbox:review"
"""It stays in ``review`` until it is settled by the control API."""

DECLINED = {
    "error_code": "refund_declined",
    "error_message": "The refund was declined in the sandbox",
}
TIMED_OUT = {"error_code": "TIMEOUT", "error_message": "The connector did not answer in time"}
NO_ERROR = {"error_code": None, "error_message": None}


class Refunds:
    """All that happens to refunds. ``run`` settles those whose time has come."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank

    async def create(self, body: CreateRefundBody, plan: Plan) -> Done:
        """Take a refund. WireError HE_01, HE_02, HE_03, IR_12, IR_13, IR_14.

        The amount is checked before the id, as in the real one: so a retry of a full refund that
        went through hears IR_13, and one of a partial refund HE_01.
        """
        refund_id = body.refund_id or new_id("ref")
        async with self._bank.locks.hold(body.payment_id):
            payment = await find_payment(self._bank, body.payment_id)
            known = await self._bank.store.get("refunds", refund_id)
            if known is not None and "ir_13_on_retry" in plan:
                raise exceeds_captured()
            amount = body.amount or payment.doc["captured"]
            _check(payment, amount, limited="double_success" not in plan)
            if known is not None:
                raise duplicate_refund()
            if SAY_REFUSE in (body.reason or ""):
                raise refund_refused()
            return await self._take(payment, refund_id, amount, body, plan)

    async def _take(
        self, payment: Row, refund_id: str, amount: int, body: CreateRefundBody, plan: Plan
    ) -> Done:
        now_ms = self._bank.clock.now_ms()
        doc: Document = {
            "payment": payment.id,
            "amount": amount,
            "currency": payment.doc["currency"],
            "reason": body.reason,
            "metadata": metadata_text(body.metadata),
            "connector_refund_id": new_id("psp"),
            "created_at": now_ms,
            "updated_at": now_ms,
        }
        doc |= self._first_state(body.reason or "", plan, now_ms)
        said = refund_view(refund_id, doc)
        at_once = "succeed_at_once" in plan
        if "settles" in doc and (at_once or "webhook_before_reply" in plan):
            doc = _settled(doc, doc["settles"], now_ms)
            said = refund_view(refund_id, doc) if at_once else said
        webhooks = () if "settles" in doc else self._announced(refund_id, doc)
        held = payment.doc | {
            "refund_count": payment.doc["refund_count"] + 1,
            "refunded": payment.doc["refunded"] + _counted(doc),
        }
        try:
            await self._bank.store.commit(
                Put("refunds", refund_id, doc, 0),
                Put("payments", payment.id, held, payment.version),
                *webhooks,
            )
        except Conflict as error:  # another payment's refund took this id in the same moment
            raise duplicate_refund() from error
        self._bank.refund_due.ring()
        self._bank.webhook_due.ring()
        return Done(said, [webhook.id for webhook in webhooks])

    def _first_state(self, reason: str, plan: Plan, now_ms: int) -> Document:
        if SAY_REVIEW in reason:
            return {"status": "review", **NO_ERROR}
        if SAY_DECLINE in reason:
            return {"status": "failed", **DECLINED}
        settle_at = now_ms + round(self._bank.config.settle_delay_s * 1000)
        if timeout := plan.get("timeout_then_success"):
            return {
                "status": "failed",
                **TIMED_OUT,
                "settle_at": settle_at,
                "settles": timeout.then,
            }
        settles = "failed" if SAY_FAIL in reason else "succeeded"
        return {"status": "pending", **NO_ERROR, "settle_at": settle_at, "settles": settles}

    def _announced(self, refund_id: str, doc: Document) -> tuple[Put, ...]:
        if doc["status"] not in ("succeeded", "failed"):
            return ()
        view = refund_view(refund_id, doc)
        return (announce(self._bank, f"refund_{doc['status']}", "refund_details", view),)

    async def get(self, refund_id: str) -> Done:
        """Show a refund. WireError HE_02."""
        row = await self._find(refund_id)
        return Done(refund_view(row.id, row.doc))

    async def list(self, body: ListRefundsBody) -> Done:
        """Show refunds, the newest first; ``total_count`` ends at ``MAX_FIND_ROWS``."""
        equals = {} if body.payment_id is None else {"payment": body.payment_id}
        rows = await self._bank.store.find(
            "refunds", equals, sort="created_at", descending=True, limit=MAX_FIND_ROWS
        )
        shown = rows[body.offset : body.offset + body.limit]
        data = [refund_view(row.id, row.doc) for row in shown]
        return Done({"count": len(data), "total_count": len(rows), "data": data})

    async def settle(self, refund_id: str, status: str) -> Done:
        """End a refund, whatever it was before; the same end again changes nothing. HE_02."""
        found = await self._find(refund_id)
        async with self._bank.locks.hold(found.doc["payment"]):
            row = await self._find(refund_id)
            if row.doc["status"] == status and "settle_at" not in row.doc:
                return Done(refund_view(row.id, row.doc))
            return await self._end(row, status)

    async def _end(self, row: Row, status: str) -> Done:
        payment = await find_payment(self._bank, row.doc["payment"])
        doc = _settled(row.doc, status, self._bank.clock.now_ms())
        refunded = payment.doc["refunded"] - _counted(row.doc) + _counted(doc)
        webhooks = self._announced(row.id, doc)
        await self._bank.store.commit(
            Put("refunds", row.id, doc, row.version),
            Put("payments", payment.id, payment.doc | {"refunded": refunded}, payment.version),
            *webhooks,
        )
        self._bank.webhook_due.ring()
        return Done(refund_view(row.id, doc), [webhook.id for webhook in webhooks])

    async def settle_due(self) -> float:
        """Settle what is due; return the seconds until the next is."""
        rows = await self._bank.store.find(
            "refunds", {}, sort="settle_at", limit=SETTLE_AT_ONCE_COUNT
        )
        now_ms = self._bank.clock.now_ms()
        due = [row for row in rows if row.doc["settle_at"] <= now_ms]
        async with trio.open_nursery() as settling:
            for row in due:
                settling.start_soon(self._settle_as_planned, row.id)
        if due:
            return 0.0
        return (rows[0].doc["settle_at"] - now_ms) / 1000 if rows else math.inf

    async def _settle_as_planned(self, refund_id: str) -> None:
        found = await self._find(refund_id)
        async with self._bank.locks.hold(found.doc["payment"]):
            row = await self._find(refund_id)
            if "settles" in row.doc:  # not settled by hand meanwhile
                await self._end(row, row.doc["settles"])

    async def _find(self, refund_id: str) -> Row:
        row = await self._bank.store.get("refunds", refund_id)
        if row is None:
            raise not_found("Refund")
        return row


def _check(payment: Row, amount: int, *, limited: bool) -> None:
    if payment.doc["status"] != "succeeded":
        raise wrong_state("refunded", payment.doc["status"], "succeeded")
    if limited and payment.doc["refunded"] + amount > payment.doc["captured"]:
        raise exceeds_captured()
    if limited and payment.doc["refund_count"] >= MAX_REFUND_ATTEMPTS_COUNT:
        raise too_many_refunds()


def _counted(doc: Document) -> int:
    """Tell how much a refund takes of what was captured: nothing, once it has failed."""
    amount: int = 0 if doc["status"] == "failed" else doc["amount"]
    return amount


def _settled(doc: Document, status: str, now_ms: int) -> Document:
    kept = {name: value for name, value in doc.items() if name not in ("settle_at", "settles")}
    return kept | {
        "status": status,
        "updated_at": max(now_ms, doc["updated_at"] + 1),
        **(DECLINED if status == "failed" else NO_ERROR),
    }
