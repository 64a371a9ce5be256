"""The steps of a schedule: what people, providers and the network do to orders, by name.

What a step is about is chosen by number among what there is by then.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import trio

from actors.ids import new_id
from actors.kernel import KernelError
from actors.ports import PspNotice
from actors.refund import CreateOrder, Instruct, Notified, OrderError, PaymentResolved, StartPayment
from actors.refund.case import Refund
from actors.refund.payment_machine import PaymentStatus
from actors.services import inbox
from actors.services.access_tokens import Principal
from actors.services.carts import CartError
from storage.api import Put, StoreError
from support.faulty_store import FaultyStore
from support.late_world import FINAL, LateGates, LatePayouts, LatePsp, Wire
from support.money_kept import read_all
from support.money_rules import LOOKED_AT
from support.orders import (
    ADMIN,
    BUYER,
    SELLER,
    STRANGER,
    OrderStage,
)
from support.world import PaymentWord, RefundWord

MAX_ORDERS = 4
SWEEPS_PER_PASS = 8
PEOPLE = {"seller": SELLER, "admin": ADMIN, "stranger": STRANGER}
BUYERS = (BUYER, Principal("usr_other", "Oz", admin=False))


class MoneySteps:
    """An order stage in a late world, with a method for each step."""

    def __init__(self, shop: OrderStage, crashes: list[BaseException]) -> None:
        self.shop = shop
        self.crashes = crashes
        self.wire = Wire(shop.nursery)
        self.store = shop.store = FaultyStore(shop.store)
        self.psp = shop.psp = LatePsp(self.wire)
        self.payouts = shop.payouts = LatePayouts(wire=self.wire)
        self.gates = shop.gates = LateGates(wire=self.wire)
        self.products: list[str] = []
        self.orders: list[str] = []
        self.delivered: list[PspNotice] = []
        self.lost: list[PspNotice] = []

    # What people do.

    async def order(self, buyer: int, products: int) -> None:
        if len(self.orders) >= MAX_ORDERS:
            return
        chosen = [each for place, each in enumerate(self.products) if products >> place & 1]
        try:
            cart = await self.shop.cart(*chosen, buyer=BUYERS[buyer])
        except CartError:
            return
        order_id = new_id("ord")

        async def buy() -> None:
            await self.shop.orders.ask(order_id, CreateOrder(cart, None, "hash"))
            self.orders.append(order_id)
            await self.shop.orders.ask(order_id, StartPayment())

        self._in_background(buy)

    async def pay(self, number: int, word: PaymentWord) -> None:
        unpaid = [each for each in self.psp.payments.values() if each.status != "succeeded"]
        if payment := _chosen(unpaid, number):
            self.psp.decide_payment(payment.payment_id, word)

    async def ask_back(self, number: int, who: str, permille: int | None) -> None:
        if order_id := _chosen(self.orders, number):
            order = (await self.shop.case(order_id)).order
            wanted = None if permille is None else max(1, order.amount * permille // 1000)
            people = PEOPLE | {"buyer": Principal(order.buyer, order.buyer_name, admin=False)}
            self._in_background(lambda: self._ask_back(order_id, people[who], wanted))

    async def ask_some_back(self, number: int, who: str, permille: int) -> None:
        await self.ask_back(number, who, permille)

    async def ask_items_back(self, number: int, items: int) -> None:
        if order_id := _chosen(self.orders, number):
            order = (await self.shop.case(order_id)).order
            chosen = [line.product for i, line in enumerate(order.lines) if items >> i & 1]
            self._in_background(lambda: self.shop.request(order_id, SELLER, products=chosen))

    async def _ask_back(self, order_id: str, who: Principal, amount: int | None) -> None:
        try:
            await self.shop.request(order_id, who, amount=amount)
            forbidden = False
        except OrderError as error:
            forbidden = error.code == "forbidden"
        assert forbidden == (who is STRANGER)

    async def cancel_the_show(self, number: int) -> None:
        row = await self.store.get("products", self.products[number])
        assert row is not None
        doc = {**row.doc, "status": "cancelled"}
        await self._try(lambda: self.store.commit(Put("products", row.id, doc, row.version)))

    async def name_account(self) -> None:
        await self._try(self.shop.payout_account)

    async def decide(self, number: int) -> None:
        """An operator looks at what the provider says, and decides by that."""
        found = [
            (case.order.id, refund)
            for case in (await read_all(self.store)).cases
            for refund in case.refunds
            if refund.status in LOOKED_AT
        ]
        if chosen := _chosen(found, number):
            order_id, refund = chosen
            outcome = self._truth_of(refund)
            self._in_background(lambda: self.shop.resolve(order_id, refund.id, outcome))

    async def decide_payment(self, number: int) -> None:
        """An operator asks once more, or gives back there, by hand, what was not as ordered."""
        found = [
            case.order
            for case in (await read_all(self.store)).cases
            if case.order.payment.status is PaymentStatus.QUARANTINED
        ]
        if order := _chosen(found, number):
            theirs = self.psp.payments[order.payment.id]
            outcome = "ask"
            if theirs.status == "succeeded" and theirs.amount != order.amount:
                self.psp.payments[order.payment.id] = replace(theirs, status="cancelled")
                outcome = "failed"
            decision = PaymentResolved(outcome, ADMIN.user_id, "looked at it")
            self._in_background(lambda: self.shop.orders.ask(order.id, Instruct(decision)))

    def _truth_of(self, refund: Refund) -> str:
        theirs = self.psp.refunds.get(refund.id)
        if theirs is None:
            return "failed"
        return theirs.status if theirs.status in FINAL else "ask"

    # What the providers do.

    async def settle(self, number: int, word: RefundWord) -> None:
        refund = _chosen(list(self.psp.refunds.values()), number)
        if refund is None or refund.status == word:
            return
        if word != "review" or refund.status not in FINAL:
            self.psp.decide_refund(refund.refund_id, word)

    async def turn(self, number: int) -> None:
        """The bank takes back what it has said of a refund."""
        ended = [each for each in self.psp.refunds.values() if each.status in FINAL]
        if refund := _chosen(ended, number):
            opposite = {"succeeded": "failed", "failed": "succeeded"}
            self.psp.decide_refund(refund.refund_id, opposite[refund.status])

    async def capture_other(self, number: int) -> None:
        unpaid = [each for each in self.psp.payments.values() if each.status == "open"]
        if payment := _chosen(unpaid, number):
            self.psp.payments[payment.payment_id] = replace(payment, amount=payment.amount - 1)
            self.psp.decide_payment(payment.payment_id, "succeeded")

    async def return_other(self, number: int) -> None:
        pending = [each for each in self.psp.refunds.values() if each.status == "pending"]
        if refund := _chosen(pending, number):
            self.psp.refunds[refund.refund_id] = replace(refund, amount=refund.amount + 1)
            self.psp.decide_refund(refund.refund_id, "succeeded")

    async def dispute(self, number: int, most: int) -> None:
        paid = [each for each in self.psp.payments.values() if each.status == "succeeded"]
        if payment := _chosen(paid, number):
            self.psp.open_dispute(payment.payment_id, min(most, payment.amount))

    async def end_dispute(self, number: int, word: str) -> None:
        disputes = self.psp.disputes.items()
        if dispute_id := _chosen([key for key, d in disputes if d.status == "opened"], number):
            self.psp.end_dispute(dispute_id, word)

    async def fault(self, fault: str) -> None:
        self.psp.faults.append(fault)

    async def payout_fault(self, fault: str) -> None:
        self.payouts.faults.append(fault)

    async def silent(self, silent: bool) -> None:
        self.psp.silent = silent

    async def instant(self, instant: bool) -> None:
        self.psp.instant = instant

    async def broke(self, broke: bool) -> None:
        self.payouts.broke = broke

    async def deaf(self, deaf: bool) -> None:
        self.gates.deaf = deaf

    # What the network does.

    async def set_wire(self, there_s: float, back_s: float) -> None:
        self.wire.there_s, self.wire.back_s = there_s, back_s

    async def deliver(self, number: int, copies: int = 1) -> None:
        if notice := _chosen(self.psp.outgoing, number):
            self.psp.outgoing.remove(notice)
            try:
                await self._deliver(notice, copies)
            except StoreError:
                self.psp.outgoing.append(notice)  # not answered with 200: it comes again

    async def deliver_again(self, number: int) -> None:
        if notice := _chosen(self.delivered, number):
            await self._try(lambda: self._deliver(notice))

    async def _deliver(self, notice: PspNotice, copies: int = 1) -> None:
        received = await inbox.receive(self.store, self.shop.clock, notice)
        self.delivered.append(notice)
        if received.order_id is not None:
            for _ in range(copies):
                ref = await self.shop.orders.get_or_start(received.order_id)
                await ref.tell(Notified(received.notice, received.version))

    async def lose_webhook(self, number: int) -> None:
        if notice := _chosen(self.psp.outgoing, number):
            self.psp.outgoing.remove(notice)
            self.lost.append(notice)

    async def forge(self, number: int) -> None:
        """A webhook with an amount that is nobody's."""
        if notice := _chosen([each for each in self._seen() if each.kind != "dispute"], number):
            forged = replace(
                notice, event_id=f"forged_{new_id('evt')}", amount=(notice.amount or 0) + 7
            )
            await self._try(lambda: self._deliver(forged))

    def _seen(self) -> list[PspNotice]:
        return [*self.delivered, *self.psp.outgoing, *self.lost]

    # What we do.

    async def fail_commit(self, fault: str) -> None:
        self.store.fault = fault

    async def crash(self) -> None:
        await self.shop.kill()
        await self.shop.start()

    async def sweep(self, force: bool) -> None:
        await self._try(lambda: self.shop.sweep(force=force))

    async def wait(self, seconds: float) -> None:
        for _ in range(SWEEPS_PER_PASS):
            await trio.sleep(seconds / SWEEPS_PER_PASS)
            await self.sweep(force=False)

    def _in_background(self, work: Any) -> None:
        self.shop.nursery.start_soon(self._try, work)

    async def _try(self, work: Any) -> None:
        """Do what may be refused, or end with the process."""
        with _ignored():
            await work()


@contextmanager
def _ignored() -> Iterator[None]:
    try:
        yield
    except (OrderError, KernelError, StoreError):
        return


def _chosen(items: list[Any], number: int) -> Any:
    return items[number % len(items)] if items else None
