"""Disputes: a buyer's bank takes the money back, and perhaps gives it again."""

from actors.ids import new_id
from server.sandbox.bank import Bank
from server.sandbox.bodies import DisputeBody
from server.sandbox.errors import exceeds_captured, invalid_request, not_found, wrong_state
from server.sandbox.payments import find_payment
from server.sandbox.performing import Done
from server.sandbox.views import dispute_view
from server.sandbox.webhooks import announce
from storage import Document, Put, Row

OPENED = "dispute_opened"


class Disputes:
    """Disputes of payments; one at a time of each."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank

    async def step(self, body: DisputeBody) -> Done:
        """Open a dispute, or end the open one. WireError HE_02, IR_06, IR_13, IR_14."""
        async with self._bank.locks.hold(body.payment_id):
            payment = await find_payment(self._bank, body.payment_id)
            if payment.doc["status"] != "succeeded":
                raise wrong_state("disputed", payment.doc["status"], "succeeded")
            known = await self._open_one(payment.id)
            if body.status == "opened":
                if known is not None:
                    raise invalid_request("There is an open dispute of this payment")
                return await self._open(payment, body.amount or payment.doc["captured"])
            if known is None:
                raise not_found("Dispute")
            return await self._end(payment, known, f"dispute_{body.status}")

    async def _open_one(self, payment_id: str) -> Row | None:
        rows = await self._bank.store.find(
            "disputes", {"payment": payment_id}, sort="created_at", descending=True, limit=1
        )
        return rows[0] if rows and rows[0].doc["status"] == OPENED else None

    async def _open(self, payment: Row, amount: int) -> Done:
        if amount > payment.doc["captured"] - payment.doc["lost"]:
            raise exceeds_captured()
        now_ms = self._bank.clock.now_ms()
        doc: Document = {
            "payment": payment.id,
            "amount": amount,
            "currency": payment.doc["currency"],
            "status": OPENED,
            "created_at": now_ms,
            "updated_at": now_ms,
        }
        dispute_id = new_id("dsp")
        return await self._commit(dispute_id, doc, Put("disputes", dispute_id, doc, 0))

    async def _end(self, payment: Row, known: Row, status: str) -> Done:
        doc = known.doc | {"status": status, "updated_at": self._bank.clock.now_ms()}
        lost = doc["amount"] if status == "dispute_lost" else 0
        return await self._commit(
            known.id,
            doc,
            Put("disputes", known.id, doc, known.version),
            Put(
                "payments",
                payment.id,
                payment.doc | {"lost": payment.doc["lost"] + lost},
                payment.version,
            ),
        )

    async def _commit(self, dispute_id: str, doc: Document, *puts: Put) -> Done:
        view = dispute_view(dispute_id, doc)
        webhook = announce(self._bank, doc["status"], "dispute_details", view)
        await self._bank.store.commit(*puts, webhook)
        self._bank.webhook_due.ring()
        return Done(view, (webhook.id,))
