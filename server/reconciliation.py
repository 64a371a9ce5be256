"""The reconciliation: the providers' truth beside ours, and the ledger beside itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import trio

from actors.ports import (
    NotKnown,
    PaymentState,
    Payouts,
    Psp,
    RefundState,
    TransferState,
    Unclear,
)
from actors.services.orders import Order, Refund, Transfer, parts_of, read_order
from actors.services.sales import Balance, folded_balances
from storage import Cursor, Store

PAGE_ROWS = 100
MAX_ORDERS = 10_000
"""Of one run, the newest first."""
MAX_CONCURRENT_ORDERS = 8

NOT_KNOWN = "not known"

PAYMENTS = {
    "new": {NOT_KNOWN, "open"},
    "open": {"open"},
    "succeeded": {"succeeded"},
    "failed": {"failed", "open"},
    "cancelled": {"cancelled", "failed", NOT_KNOWN},
}
"""By our status of a payment, what the provider may say of it. Quarantined: nothing agrees."""

REFUNDS = {
    "requested": {NOT_KNOWN},
    "submitting": {NOT_KNOWN, "pending"},
    "unknown": {NOT_KNOWN, "pending"},
    "pending": {"pending"},
    "review": {"review", "pending"},
    "succeeded": {"succeeded"},
    "failed": {"failed", NOT_KNOWN},
    "reversed": {"failed"},
}

UNSENT_TRANSFERS = {"scheduled", "sending", "unknown", "cancelled"}

Answer = PaymentState | RefundState | TransferState | NotKnown | Unclear


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the two do not agree, each in words."""

    kind: Literal["payment", "refund", "transfer", "entry", "balance"]
    id: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was compared, and where it differs. ``complete`` tells whether it was all there is."""

    checked: int
    complete: bool
    differences: tuple[Difference, ...]


async def reconcile(store: Store, psp: Psp, payouts: Payouts) -> Report:
    """Compare the newest MAX_ORDERS orders with the providers, and the whole ledger with itself.

    What is on its way while we look may show up as a difference that is gone the next time.
    """
    comparison = _Comparison(store, psp, payouts)
    complete = await comparison.compare_orders()
    await comparison.check_ledger()
    differences = sorted(comparison.differences, key=lambda each: (each.kind, each.id))
    return Report(comparison.checked, complete, tuple(differences))


class _Comparison:
    def __init__(self, store: Store, psp: Psp, payouts: Payouts) -> None:
        self._store = store
        self._psp = psp
        self._payouts = payouts
        self.checked = 0
        self.differences: list[Difference] = []

    async def compare_orders(self) -> bool:
        """Compare order by order, the newest first; False where some were left out."""
        after: Cursor | None = None
        for _ in range(MAX_ORDERS // PAGE_ROWS):
            rows = await self._store.find(
                "orders", {}, sort="created_at", descending=True, after=after, limit=PAGE_ROWS
            )
            await self._compare_page([read_order(row) for row in rows])
            if len(rows) < PAGE_ROWS:
                return True
            after = (rows[-1].doc["created_at"], rows[-1].id)
        return False

    async def _compare_page(self, orders: list[Order]) -> None:
        limit = trio.CapacityLimiter(MAX_CONCURRENT_ORDERS)

        async def compare(order: Order) -> None:
            async with limit:
                await self._compare_order(order)

        async with trio.open_nursery() as nursery:
            for order in orders:
                nursery.start_soon(compare, order)

    async def _compare_order(self, order: Order) -> None:
        parts = await parts_of(self._store, order.id)
        self._compare_payment(order, await self._psp.get_payment(order.payment.id))
        for refund in parts.refunds:
            self._compare_refund(refund, await self._psp.get_refund(refund.id))
        if order.paid_at is not None:
            self._look_for_others(parts.refunds, await self._psp.refunds_of(order.payment.id))
        for transfer in parts.transfers:
            self._compare_transfer(transfer, await self._payouts.get_transfer(transfer.id))

    def _compare_payment(self, order: Order, answer: PaymentState | NotKnown | Unclear) -> None:
        status = order.payment.status
        agrees = _word(answer) in PAYMENTS.get(status, set())
        if isinstance(answer, PaymentState) and answer.status == "succeeded":
            agrees = agrees and _money(answer) == (order.amount, order.currency)
        ours = f"{status} {order.amount} {order.currency}"
        self._note("payment", order.payment.id, agrees, ours, answer)

    def _compare_refund(self, refund: Refund, answer: RefundState | NotKnown | Unclear) -> None:
        agrees = _word(answer) in REFUNDS.get(refund.status, set())
        if isinstance(answer, RefundState):
            agrees = agrees and _money(answer) == (refund.amount, refund.currency)
        ours = f"{refund.status} {refund.amount} {refund.currency}"
        self._note("refund", refund.id, agrees, ours, answer)

    def _look_for_others(
        self, ours: Sequence[Refund], listed: tuple[RefundState, ...] | Unclear
    ) -> None:
        """Name the refunds that the provider made and we know nothing of."""
        if isinstance(listed, Unclear):
            return  # a silent provider is a difference of each refund that was asked for
        known = {refund.id for refund in ours}
        for refund in listed:
            if refund.refund_id not in known and refund.status != "failed":
                self._note("refund", refund.refund_id, False, "unknown", refund)

    def _compare_transfer(
        self, transfer: Transfer, answer: TransferState | NotKnown | Unclear
    ) -> None:
        if isinstance(answer, TransferState):
            most = transfer.reversed + transfer.reversing
            agrees = (
                transfer.status not in UNSENT_TRANSFERS
                and _money(answer) == (transfer.amount, transfer.currency)
                and transfer.reversed <= answer.reversed_amount <= most
            )
        else:
            agrees = isinstance(answer, NotKnown) and transfer.status in UNSENT_TRANSFERS
        ours = (
            f"{transfer.status} {transfer.amount} {transfer.currency}, {transfer.reversed} reversed"
        )
        self._note("transfer", transfer.id, agrees, ours, answer)

    def _note(
        self,
        kind: Literal["payment", "refund", "transfer"],
        object_id: str,
        agrees: bool,
        ours: str,
        answer: Answer,
    ) -> None:
        self.checked += 1
        if not agrees:
            self.differences.append(Difference(kind, object_id, ours, _words(answer)))

    async def check_ledger(self) -> None:
        """Look whether every entry sums to zero, and every balance is the fold of its journal."""
        sellers: set[str] = set()
        after: Cursor | None = None
        while True:
            rows = await self._store.find("journal", {}, sort="at", after=after, limit=PAGE_ROWS)
            for row in rows:
                self.checked += 1
                sellers.add(row.doc["seller"])
                total = sum(leg["amount"] for leg in row.doc["legs"])
                if total != 0:
                    self.differences.append(Difference("entry", row.id, f"sums to {total}", "0"))
            if len(rows) < PAGE_ROWS:
                break
            after = (rows[-1].doc["at"], rows[-1].id)
        for seller in sorted(sellers):
            await self._check_balances(seller)

    async def _check_balances(self, seller: str) -> None:
        stored, folded = await folded_balances(self._store, seller)
        for currency in sorted(stored.keys() | folded.keys()):
            self.checked += 1
            ours = stored.get(currency, Balance(currency))
            theirs = folded.get(currency, Balance(currency))
            if ours != theirs:
                self.differences.append(
                    Difference("balance", f"{seller}:{currency}", str(ours), str(theirs))
                )


def _word(answer: Answer) -> str:
    match answer:
        case PaymentState() | RefundState():
            return answer.status
        case TransferState():
            return "paid"
        case NotKnown():
            return NOT_KNOWN
        case Unclear(reason):
            return f"no answer: {reason}"


def _money(answer: PaymentState | RefundState | TransferState) -> tuple[int, str]:
    return answer.amount, answer.currency


def _words(answer: Answer) -> str:
    if isinstance(answer, NotKnown | Unclear):
        return _word(answer)
    words = f"{_word(answer)} {answer.amount} {answer.currency}"
    if isinstance(answer, TransferState):
        words += f", {answer.reversed_amount} reversed"
    return words
