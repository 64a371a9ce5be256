"""The jobs of an order: each begun once, noted before it moves money, and its outcome kept."""

import pytest
import trio
from support.faulty_store import on_faulty_store
from support.orders import HOUR_S, OrderStage

from actors.refund import Drive


async def test_a_job_is_not_begun_twice(shop: OrderStage) -> None:
    order = await shop.bought()
    gate = shop.psp.shut()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(shop.request, order)
        await shop.settled()
        for _ in range(3):
            assert await shop.orders.ask(order, Drive(force=True)) == 0
        gate.set()
    assert sum(shop.psp.posts[each] for each in shop.psp.refunds) == 1


@pytest.mark.parametrize("fault", ["unavailable", "lost", "landed"])
async def test_a_reply_that_cannot_be_kept_is_kept_later(shop: OrderStage, fault: str) -> None:
    order = await shop.bought()
    store = await on_faulty_store(shop)
    gate = shop.psp.shut()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(shop.request, order)
        await shop.settled()
        store.fault = fault
        gate.set()
    await trio.sleep(5)
    refund = await shop.only_refund(order)
    assert (refund.status, refund.psp_id) == ("pending", f"re_{refund.id}")
    assert shop.psp.posts[refund.id] == 1


async def test_a_job_that_cannot_be_noted_is_not_done_yet(shop: OrderStage) -> None:
    """A call that moves money is only made once it is kept that it may have been."""
    order = await shop.bought()
    store = await on_faulty_store(shop)
    commits = store.commit

    async def opens_and_then_fails(*ops: object) -> None:
        await commits(*ops)  # type: ignore[arg-type]  # as the store has them
        store.commit = commits  # type: ignore[method-assign]  # one commit only
        store.fault = "unavailable"

    store.commit = opens_and_then_fails  # type: ignore[method-assign]  # to fail at the second
    async with trio.open_nursery() as nursery:
        nursery.start_soon(shop.request, order)
        await shop.settled()
        assert (await shop.only_refund(order)).status == "requested"
        assert shop.psp.refunds == {}
    refund = await shop.only_refund(order)
    assert (refund.status, shop.psp.posts[refund.id]) == ("pending", 1)


async def test_an_actor_with_a_call_under_way_does_not_end(shop: OrderStage) -> None:
    order = await shop.bought()
    gate = shop.psp.shut()
    await shop.request(order)
    ref = await shop.orders.get_or_start(order)
    await trio.sleep(HOUR_S)
    assert not ref.stopped
    gate.set()
    await shop.settled()
    assert (await shop.only_refund(order)).status == "pending"
