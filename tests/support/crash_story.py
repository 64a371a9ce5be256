"""The story of an order, told by people outside who try again until it is done.

The process may end at any of its points. A new one is begun on the same store then, and who was
waiting for the old one does the same once more, as a buyer, a seller or a provider would.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from actors.ids import new_id
from actors.ports import PspNotice
from actors.refund import CreateOrder, StartPayment
from actors.services.carts import Cart
from server.sweeper import SWEEP_INTERVAL_S
from support.crash_points import PointedGates, PointedPayouts, PointedPsp, PointedStore, Points
from support.late_world import Wire
from support.orders import BUYER, DAY_S, HOUR_S, TRANSFER_DELAY_S, OrderStage, open_order_stage

PRODUCTS = ((700, 1), (300, None))
"""Price and capacity of each."""
MAX_SWEEPS = 20
SWEEPS_PER_WAIT = 8


class CrashStory:
    def __init__(self, shop: OrderStage, points: Points, cart: Cart) -> None:
        self.shop = shop
        self.points = points
        self.cart = cart
        self.crashes = 0
        self.order_id = new_id("ord")
        self.told: dict[str, PspNotice] = {}
        wire = Wire(shop.nursery)
        shop.store = PointedStore(shop.store)
        self.psp = shop.psp = PointedPsp(wire)
        self.payouts = shop.payouts = PointedPayouts(wire=wire)
        self.gates = shop.gates = PointedGates(wire=wire)
        self.wire = wire
        for pointed in (shop.store, self.psp, self.payouts, self.gates):
            pointed.points = points

    async def do(self, wish: Callable[[], Awaitable[None]]) -> None:
        """Have a wish fulfilled, by as many processes as it takes."""
        while not await self._try(wish):
            self.crashes += 1
            self.points.ended = trio.Event()
            await self.shop.kill()
            await self.shop.start()

    async def _try(self, wish: Callable[[], Awaitable[None]]) -> bool:
        done = False
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._end_with_the_process, nursery.cancel_scope)
            if self.crashes:
                await self.shop.pass_time(2 * SWEEP_INTERVAL_S, step_s=SWEEP_INTERVAL_S)
            await wish()
            await self.shop.settled()
            done = not self.points.ended.is_set()
            nursery.cancel_scope.cancel()
        return done

    async def _end_with_the_process(self, scope: trio.CancelScope) -> None:
        await self.points.ended.wait()
        scope.cancel()

    # Wishes: each can be tried again.

    async def order(self) -> None:
        if await self.shop.store.get("orders", self.order_id) is None:
            await self.shop.orders.ask(self.order_id, CreateOrder(self.cart, "key", "hash"))
        await self.shop.orders.ask(self.order_id, StartPayment())

    async def pay(self) -> None:
        payment_id = (await self.shop.case(self.order_id)).order.payment.id
        if "payment" not in self.told:
            self.told["payment"] = self.psp.pay(payment_id)
        await self.shop.deliver(self.told["payment"])

    async def ask_back(self, place: int, amount: int | None) -> None:
        """The buyer asks, where no refund is to be seen in the order."""
        if len((await self.shop.case(self.order_id)).refunds) == place:
            await self.shop.request(self.order_id, amount=amount)

    async def settle(self, place: int, *, deliver: bool = True) -> None:
        """The bank gives the money back, once the provider has heard of it, and says so."""
        for _ in range(MAX_SWEEPS):
            if len(self.psp.refunds) > place:
                break
            await self.shop.pass_time(SWEEP_INTERVAL_S)
        name = f"refund {place}"
        if name not in self.told:
            self.told[name] = self.psp.settle(list(self.psp.refunds)[place])
        if deliver:
            await self.shop.deliver(self.told[name])

    async def ask_back_and_settle(self, place: int, amount: int | None) -> None:
        """The webhook comes while the reply is on its way."""
        self.wire.back_s = 3.0
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.ask_back, place, amount)
            await self.shop.settled()
            await self.settle(place)
        self.wire.back_s = 0.0

    async def wait(self, seconds: float) -> None:
        """Let time pass: as much in all, however often the process ends meanwhile."""
        end = trio.current_time() + seconds
        step_s = seconds / SWEEPS_PER_WAIT

        async def pass_the_rest() -> None:
            await self.shop.pass_time(end - trio.current_time(), step_s)

        await self.do(pass_the_rest)


async def plain_story(story: CrashStory) -> None:
    """Bought, sent to the seller, given back in part, and then all of it."""
    await story.do(story.order)
    await story.do(story.pay)
    await story.wait(TRANSFER_DELAY_S + HOUR_S)
    await story.do(lambda: story.ask_back(0, 250))
    await story.do(lambda: story.settle(0))
    await story.do(lambda: story.ask_back(1, None))
    await story.do(lambda: story.settle(1))
    await story.wait(2 * DAY_S)


async def faulty_story(story: CrashStory) -> None:
    """The same, where replies and a webhook are lost, and another webhook is too quick."""
    story.payouts.faults.append("drop")
    await story.do(story.order)
    await story.do(story.pay)
    await story.wait(TRANSFER_DELAY_S + HOUR_S)
    story.psp.faults.append("drop")
    await story.do(lambda: story.ask_back(0, 250))
    await story.do(lambda: story.settle(0, deliver=False))
    await story.wait(HOUR_S)
    story.psp.faults.append("timeout")
    story.payouts.faults.append("lose")
    story.gates.deaf = True
    await story.do(lambda: story.ask_back_and_settle(1, None))
    story.gates.deaf = False
    await story.wait(2 * DAY_S)


@asynccontextmanager
async def open_crash_story(folder: Path, ends: Collection[int]) -> AsyncIterator[CrashStory]:
    """Open a stage whose process ends at the points of these numbers. Have its time virtual."""
    async with open_order_stage(folder) as shop:
        await shop.payout_account()
        products = [await shop.product(amount, capacity=capacity) for amount, capacity in PRODUCTS]
        cart = await shop.cart(*products, buyer=BUYER)
        await shop.kill()
        story = CrashStory(shop, Points(ends), cart)
        await shop.start()
        yield story
