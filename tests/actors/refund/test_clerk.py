"""The clerk: each event is taken in once, whatever the store and other writers do."""

import pytest
from support.faulty_store import FaultyStore
from support.orders import BUYER, OrderStage

from actors.refund import Books, OrderError
from actors.refund.clerk import MAX_COMMIT_ATTEMPTS, Clerk, TakenBefore
from actors.refund.documents import Receipt
from actors.refund.events import Disregarded, RefundRequested
from actors.refund.ledger import Balance
from storage.api import Conflict, ConflictReason, Delete, Put, StoreUnavailable

ASKS = RefundRequested(BUYER.user_id, False, "no time")


class MeddlingStore(FaultyStore):
    """Before each commit, somebody else writes."""

    async def commit(self, *ops: Put | Delete) -> None:
        await self.meddle(ops)
        await super().commit(*ops)

    async def meddle(self, ops: tuple[Put | Delete, ...]) -> None:
        raise NotImplementedError


class AlwaysLate(MeddlingStore):
    """Somebody else is always quicker at the balance."""

    tries = 0

    async def meddle(self, ops: tuple[Put | Delete, ...]) -> None:
        self.tries += 1
        raise Conflict(
            next(op for op in ops if op.collection == "balances"), ConflictReason.CHANGED
        )


async def opened(shop: OrderStage, order: str, store: FaultyStore | None = None) -> Clerk:
    clerk = Clerk(order, Books(store or shop.store), shop.clock)
    await clerk.open()
    return clerk


async def bought(shop: OrderStage) -> str:
    """An order with no actor, so that the clerk has it alone."""
    order = await shop.bought()
    await shop.kill()
    return order


async def count(shop: OrderStage, order: str) -> tuple[int, int]:
    case = await shop.case(order)
    return len(case.refunds), len(await shop.journal(order))


async def test_an_event_is_decided_and_kept(shop: OrderStage) -> None:
    order = await bought(shop)
    clerk = await opened(shop, order)
    await clerk.take(ASKS)
    assert clerk.case is not None
    assert clerk.case.refunds == (await shop.case(order)).refunds
    assert await count(shop, order) == (1, 2)


async def test_there_is_no_case_of_an_order_that_is_not_there(shop: OrderStage) -> None:
    assert (await opened(shop, "ord_none")).case is None


@pytest.mark.parametrize("fault", ["landed", "lost"])
async def test_an_outcome_that_nobody_knows_is_looked_up(shop: OrderStage, fault: str) -> None:
    order = await bought(shop)
    store = FaultyStore(shop.store)
    clerk = await opened(shop, order, store)
    store.fault = fault
    await clerk.take(ASKS)
    assert await count(shop, order) == (1, 2)
    assert await shop.balance() == Balance(reserved=1000)
    await clerk.take(Disregarded("goes on"))


async def test_nothing_is_kept_where_the_store_is_away(shop: OrderStage) -> None:
    order = await bought(shop)
    store = FaultyStore(shop.store)
    clerk = await opened(shop, order, store)
    before = clerk.case
    store.fault = "unavailable"
    with pytest.raises(StoreUnavailable):
        await clerk.take(ASKS)
    assert clerk.case == before
    assert await count(shop, order) == (0, 1)
    await clerk.take(ASKS)
    assert await count(shop, order) == (1, 2)


async def test_who_was_not_first_decides_again_on_what_is_there_now(shop: OrderStage) -> None:
    order = await bought(shop)
    quick, slow = await opened(shop, order), await opened(shop, order)
    await quick.take(ASKS)
    with pytest.raises(OrderError) as error:
        await slow.take(ASKS)
    assert error.value.code == "refund_already_requested"
    assert await count(shop, order) == (1, 2)
    await slow.take(Disregarded("it knows the order as it is now"))


async def test_a_sellers_orders_post_to_one_balance(shop: OrderStage) -> None:
    first, second = await shop.bought(), await shop.bought()
    await shop.kill()
    elsewhere = await opened(shop, second)
    done: list[None] = []

    class Between(MeddlingStore):
        async def meddle(self, ops: tuple[Put | Delete, ...]) -> None:
            if not done:
                done.append(None)
                await elsewhere.take(ASKS)

    clerk = await opened(shop, first, Between(shop.store))
    await clerk.take(ASKS)
    assert await count(shop, first) == await count(shop, second) == (1, 2)
    assert await shop.balance() == Balance(reserved=2000)


async def test_it_gives_up_on_a_record_that_never_stands_still(shop: OrderStage) -> None:
    order = await bought(shop)
    store = AlwaysLate(shop.store)
    clerk = await opened(shop, order, store)
    with pytest.raises(StoreUnavailable):
        await clerk.take(ASKS)
    assert store.tries == MAX_COMMIT_ATTEMPTS
    assert await count(shop, order) == (0, 1)


async def inbox_row(shop: OrderStage) -> Receipt:
    await shop.store.commit(Put("inbox", "evt_1", {"state": "new", "received_at": 1}, 0))
    return Receipt("evt_1", 1)


async def test_a_webhook_is_taken_in_once(shop: OrderStage) -> None:
    order = await bought(shop)
    receipt = await inbox_row(shop)
    clerk = await opened(shop, order)
    await clerk.take(ASKS, receipt)
    before = clerk.case
    with pytest.raises(TakenBefore):
        await clerk.take(Disregarded("again"), receipt)
    assert clerk.case == before
    await clerk.acknowledge(receipt)  # nor does this mind


async def test_a_webhook_that_changes_nothing_is_marked_as_done(shop: OrderStage) -> None:
    order = await bought(shop)
    receipt = await inbox_row(shop)
    clerk = await opened(shop, order)
    before = await shop.case(order)
    await clerk.acknowledge(receipt)
    row = await shop.store.get("inbox", "evt_1")
    assert row is not None
    assert row.doc["state"] == "done"
    assert await shop.case(order) == before
