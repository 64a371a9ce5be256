"""Payments: made by the shop, paid or declined by a person on our page."""

from typing import Literal

from server.sandbox.bank import Bank
from server.sandbox.bodies import CreatePaymentBody, metadata_text
from server.sandbox.errors import duplicate_payment, not_found, wrong_state
from server.sandbox.performing import Done
from server.sandbox.views import payment_view
from server.sandbox.webhooks import announce
from storage import Document, Put, Row

OPEN = ("requires_payment_method", "failed")
"""Can still be paid: who is declined may try once more."""

Ending = Literal["succeeded", "failed", "cancelled"]


class Payments:
    """All that happens to a payment but its refunds and disputes."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank

    async def create(self, body: CreatePaymentBody) -> Done:
        """Make a payment. WireError HE_01 where there is one of this id."""
        now_ms = self._bank.clock.now_ms()
        doc: Document = {
            "amount": body.amount,
            "currency": body.currency,
            "description": body.description,
            "return_url": body.return_url,
            "metadata": metadata_text(body.metadata),
            "status": "requires_payment_method",
            "captured": 0,
            "refunded": 0,
            "refund_count": 0,
            "lost": 0,
            "created_at": now_ms,
            "updated_at": now_ms,
        }
        async with self._bank.locks.hold(body.payment_id):
            if await self._bank.store.get("payments", body.payment_id) is not None:
                raise duplicate_payment()
            await self._bank.store.commit(Put("payments", body.payment_id, doc, 0))
        return self._done(body.payment_id, doc)

    async def get(self, payment_id: str) -> Done:
        """Show a payment. WireError HE_02."""
        row = await find_payment(self._bank, payment_id)
        return self._done(row.id, row.doc)

    async def cancel(self, payment_id: str) -> Done:
        """End a payment that is not paid. WireError HE_02, IR_14."""
        async with self._bank.locks.hold(payment_id):
            row = await find_payment(self._bank, payment_id)
            if row.doc["status"] not in OPEN:
                raise wrong_state("cancelled", row.doc["status"], ", ".join(OPEN))
            return await self._end(row, "cancelled")

    async def pay(self, payment_id: str) -> Done:
        """Take the money, once, however often it is asked. WireError HE_02, IR_14."""
        return await self._try_to_pay(payment_id, "succeeded")

    async def decline(self, payment_id: str) -> Done:
        """Fail to take the money; what is paid stays paid. WireError HE_02, IR_14."""
        return await self._try_to_pay(payment_id, "failed")

    async def _try_to_pay(self, payment_id: str, ending: Ending) -> Done:
        async with self._bank.locks.hold(payment_id):
            row = await find_payment(self._bank, payment_id)
            status = row.doc["status"]
            if status == "cancelled":
                raise wrong_state("confirmed", status, ", ".join(OPEN))
            if status in ("succeeded", ending):
                return self._done(row.id, row.doc)
            return await self._end(row, ending)

    async def _end(self, row: Row, ending: Ending) -> Done:
        doc = row.doc | {"status": ending, "updated_at": self._bank.clock.now_ms()}
        if ending == "succeeded":
            doc["captured"] = doc["amount"]
        view = payment_view(row.id, doc, self._bank.config.public_url)
        webhook = announce(self._bank, f"payment_{ending}", "payment_details", view)
        await self._bank.store.commit(Put("payments", row.id, doc, row.version), webhook)
        self._bank.webhook_due.ring()
        return Done(view, (webhook.id,))

    def _done(self, payment_id: str, doc: Document) -> Done:
        return Done(payment_view(payment_id, doc, self._bank.config.public_url))


async def find_payment(bank: Bank, payment_id: str) -> Row:
    """Return a payment. WireError HE_02."""
    row = await bank.store.get("payments", payment_id) if payment_id else None
    if row is None:
        raise not_found("Payment")
    return row
