"""A stage for orders without sockets: real store, real actors, real inbox, virtual time.

The providers are those of ``world``. ``kill`` ends all actors at once, wherever they are, as the
end of the process would; ``start`` begins new ones on the same store and the same world.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import trio
import trio.testing

from actors.ids import new_id
from actors.kernel import Directory, Supervisor
from actors.ports import (
    PspNotice,
)
from actors.refund import (
    PSP_WAIT_S,
    Books,
    Calls,
    CreateOrder,
    Instruct,
    Notified,
    RefundActor,
    RefundMessage,
    RefundOpened,
    RefundResolved,
    RefundTools,
    RequestRefund,
    StartPayment,
    Terms,
)
from actors.refund.case import Case, Licence, Refund, Transfer
from actors.refund.ledger import Balance
from actors.refund.replay import read_log
from actors.services import inbox
from actors.services.access_tokens import Principal
from actors.services.carts import Cart, fill_cart
from actors.services.product_terms import ProductDraft
from actors.services.products import create_product
from server.sweeper import Sweeper
from storage.api import Document, Put, Store
from support.gated_world import GatedGates, GatedPayouts, GatedPsp
from support.inline_store import open_inline_store
from support.stage import FakeClock

BUYER = Principal("usr_buyer", "Bo", admin=False)
SELLER = Principal("usr_seller", "Sam", admin=False)
STRANGER = Principal("usr_stranger", "Sid", admin=False)
ADMIN = Principal("usr_admin", "Ann", admin=True)
STREAM = "str_stage"
CURRENCY = "EUR"

MINUTE_S = 60
HOUR_S = 60 * MINUTE_S
DAY_S = 24 * HOUR_S

FEE_BPS = 250
TRANSFER_DELAY_S = 7 * DAY_S
TERMS = Terms(fee_bps=FEE_BPS, transfer_delay_ms=TRANSFER_DELAY_S * 1000)
ORDER_IDLE_S = 60.0
MAX_ROWS = 500


def run_virtually(test: Callable[[], Awaitable[None]], **_: object) -> None:
    """Run a test in virtual time."""
    trio.run(test, clock=trio.testing.MockClock(autojump_threshold=0))


VIRTUAL_TIME = pytest.mark.trio(run=run_virtually)
"""The mark of a test that waits for hours in no time."""


@dataclass
class OrderStage:
    store: Store
    terms: Terms
    nursery: trio.Nursery
    clock: FakeClock = field(default_factory=FakeClock)
    psp: GatedPsp = field(default_factory=GatedPsp)
    payouts: GatedPayouts = field(default_factory=GatedPayouts)
    gates: GatedGates = field(default_factory=GatedGates)

    # The process: lives that follow each other.

    async def start(self) -> None:
        """Begin a process: no actor runs yet."""
        await self.nursery.start(self._live)

    async def kill(self) -> None:
        """End all actors wherever they are."""
        self._life.cancel_scope.cancel()
        await self._ended.wait()

    async def _live(self, task_status: trio.TaskStatus[None]) -> None:
        self._ended = trio.Event()
        try:
            async with trio.open_nursery() as life:
                self._life = life
                self._open_directory(life)
                task_status.started()
                await trio.sleep_forever()
        finally:
            self._ended.set()

    def _open_directory(self, life: trio.Nursery) -> None:
        tools = RefundTools(
            self.store,
            Books(self.store),
            Calls(self.psp, self.payouts, self.gates, "https://stage.example/orders?order="),
            self.clock,
            self.terms,
        )
        self.supervisor = Supervisor(life)
        self.orders: Directory[RefundMessage] = Directory(
            self.supervisor, "order", lambda each: RefundActor(each, tools), idle_s=ORDER_IDLE_S
        )
        self.sweeper = Sweeper(self.store, self.orders, self.clock)

    # What people do.

    async def product(
        self, amount: int = 1000, *, capacity: int | None = None, title: str = "A show"
    ) -> str:
        """The seller offers a ticket."""
        draft = ProductDraft("ticket", title, amount, CURRENCY, stream=STREAM, capacity=capacity)
        return (await create_product(self.store, self.clock, SELLER, draft)).id

    async def cart(
        self, *products: str, buyer: Principal = BUYER, refund_until: int | None = None
    ) -> Cart:
        """A buyer chooses products; a new one of 1000 where none is named."""
        chosen = products or (await self.product(),)
        cart = await fill_cart(self.store, buyer, chosen)
        return replace(cart, refund_until=refund_until)

    async def order(self, cart: Cart, *, key: str | None = None) -> str:
        """A buyer orders, and is sent to where to pay; gives the order's id."""
        order_id = new_id("ord")
        await self.orders.ask(order_id, CreateOrder(cart, key, "hash"))
        await self.orders.ask(order_id, StartPayment())
        return order_id

    async def pay(self, order_id: str) -> None:
        """The buyer pays, and the provider says so."""
        payment_id = (await self.case(order_id)).order.payment.id
        await self.deliver(self.psp.pay(payment_id))

    async def bought(self, *products: str, buyer: Principal = BUYER) -> str:
        """A buyer has ordered and paid; gives the order's id."""
        order_id = await self.order(await self.cart(*products, buyer=buyer))
        await self.pay(order_id)
        return order_id

    async def request(
        self,
        order_id: str,
        who: Principal = BUYER,
        *,
        amount: int | None = None,
        products: Sequence[str] = (),
        cause: str = "requested",
    ) -> RefundOpened:
        """Somebody asks for money back, and waits for the provider's word."""
        question = RequestRefund(
            who.user_id, who.admin, "no time", amount, tuple(products), cause=cause
        )
        return await self.orders.ask(order_id, question, timeout_s=PSP_WAIT_S + 5)

    async def refund(
        self, order_id: str, *, amount: int | None = None, products: Sequence[str] = ()
    ) -> str:
        """The buyer gets money back, confirmed by the provider; gives the refund's id."""
        opened = await self.request(order_id, amount=amount, products=products)
        await self.deliver(self.psp.settle(opened.refund_id))
        return opened.refund_id

    async def resolve(self, order_id: str, refund_id: str, outcome: str) -> None:
        """An operator decides."""
        event = RefundResolved(refund_id, outcome, ADMIN.user_id, "looked at it")
        await self.orders.ask(order_id, Instruct(event))

    async def deliver(self, notice: PspNotice) -> inbox.Received:
        """The provider's webhook arrives: kept, then told, as at the door. Waits for what follows.

        A webhook whose order is not known stays in the inbox.
        """
        received = await self.keep(notice)
        if received.order_id is not None:
            ref = await self.orders.get_or_start(received.order_id)
            await ref.tell(Notified(received.notice, received.version))
        await self.settled()
        return received

    async def dispute(self, order_id: str, word: str, amount: int = 1000) -> None:
        """The buyer's bank says what became of its dispute of the payment."""
        payment_id = (await self.case(order_id)).order.payment.id
        await self.deliver(
            PspNotice(
                f"evt_{payment_id}_{word}",
                "dispute",
                f"dispute_{word}",
                word,
                payment_id=payment_id,
                dispute_id=f"dp_{payment_id}",
                amount=amount,
                currency=CURRENCY,
            )
        )

    async def keep(self, notice: PspNotice) -> inbox.Received:
        """A webhook is kept, and the process ends before anybody is told."""
        return await inbox.receive(self.store, self.clock, notice)

    async def payout_account(self, account: str = "acct_1") -> None:
        """The seller says where payouts go."""
        row = await self.store.get("payout_accounts", SELLER.user_id)
        doc = {"account": account, "updated_at": self.clock.now_ms()}
        await self.store.commit(
            Put("payout_accounts", SELLER.user_id, doc, 0 if row is None else row.version)
        )

    # Time.

    async def settled(self) -> None:
        """Wait until every task waits for time to pass, or for ever."""
        await trio.testing.wait_all_tasks_blocked()

    async def sweep(self, *, force: bool = False) -> int:
        """Look for what is due, as the process does every few seconds; then wait for it."""
        driven = await self.sweeper.sweep(force=force)
        await self.settled()
        return driven

    async def pass_time(self, seconds: float, step_s: float = HOUR_S) -> None:
        """Let time pass, with a sweep after each step of it."""
        end = trio.current_time() + seconds
        while (left_s := end - trio.current_time()) > 0:
            await trio.sleep(min(step_s, left_s))
            await self.sweep()

    # What is there now, read from the store.

    async def case(self, order_id: str) -> Case:
        record = await Books(self.store).load(order_id)
        assert record is not None
        return record.case

    async def only_refund(self, order_id: str) -> Refund:
        (refund,) = (await self.case(order_id)).refunds
        return refund

    async def only_transfer(self, order_id: str) -> Transfer:
        (transfer,) = (await self.case(order_id)).transfers
        return transfer

    async def only_licence(self, order_id: str) -> Licence:
        (licence,) = (await self.case(order_id)).licences
        return licence

    async def balance(self) -> Balance:
        """The seller's."""
        return (await Books(self.store).balance(SELLER.user_id, CURRENCY)).balance

    async def journal(self, order_id: str) -> list[Document]:
        rows = await self.store.find("journal", {"order": order_id}, sort="at", limit=MAX_ROWS)
        return [row.doc for row in rows]

    async def accounts(self, order_id: str) -> dict[str, int]:
        """The sum of each account's legs of one order, those of zero left out."""
        sums: dict[str, int] = {}
        for entry in await self.journal(order_id):
            for leg in entry["legs"]:
                sums[leg["account"]] = sums.get(leg["account"], 0) + leg["amount"]
        return {account: amount for account, amount in sums.items() if amount}

    async def says(self, order_id: str) -> list[str]:
        """What the order's log tells an operator, line by line."""
        log = await read_log(self.store, order_id)
        return [line for row in log for line in row.doc["says"]]

    async def heard(self, order_id: str) -> list[str]:
        """What the order's log has of the provider's words: event, source, word."""
        events = [row.doc["event"] for row in await read_log(self.store, order_id)]
        return [f"{e['kind']} {e.get('source', '')} {e['word']}" for e in events if "word" in e]

    async def alerts(self, order_id: str) -> list[str]:
        marked = (line for line in await self.says(order_id) if line.startswith("ALERT: "))
        return [line.removeprefix("ALERT: ") for line in marked]

    async def taken(self, product_id: str) -> int:
        """The seats of a product that are taken."""
        row = await self.store.get("products", product_id)
        assert row is not None
        return int(row.doc["taken"])


@asynccontextmanager
async def open_order_stage(folder: Path, terms: Terms = TERMS) -> AsyncIterator[OrderStage]:
    """Open a stage in a folder of its own."""
    clock = trio.lowlevel.current_clock()
    assert isinstance(clock, trio.testing.MockClock), "mark the test: VIRTUAL_TIME"
    with open_inline_store(folder) as store:
        await store.commit(Put("streams", STREAM, _stream(), 0))
        async with trio.open_nursery() as nursery:
            stage = OrderStage(store, terms, nursery)
            await stage.start()
            yield stage
            await stage.kill()


def _stream() -> Document:
    return {
        "owner": SELLER.user_id,
        "owner_name": SELLER.name,
        "title": "Sam live",
        "description": "",
        "access": "ticketed",
        "status": "idle",
        "on_air": False,
        "created_at": 1,
        "key_hash": "hash",
        "key_sealed": "sealed",
    }
