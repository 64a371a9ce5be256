"""The replay: the log alone leads to what is stored, or says that it does not."""

import pytest
from support.orders import OrderStage

from actors.refund import replay_matches
from actors.refund.replay import read_log, replay
from storage.api import Delete, Document, Put


async def a_long_story(shop: OrderStage) -> str:
    """One product refunded in part, with a contradiction, after its transfer was sent."""
    await shop.payout_account()
    order = await shop.bought(await shop.product(600), await shop.product(400))
    await shop.pass_time(8 * 24 * 3600, step_s=6 * 3600)
    refund = await shop.refund(order, amount=300)
    await shop.deliver(shop.psp.settle(refund, "failed"))
    await shop.settled()
    await shop.refund(order)
    return order


async def test_the_log_leads_to_what_is_stored(shop: OrderStage) -> None:
    order = await a_long_story(shop)
    log = await read_log(shop.store, order)
    assert [row.doc["seq"] for row in log] == list(range(1, len(log) + 1))
    assert await replay_matches(shop.store, order)


async def test_half_a_log_leads_half_the_way(shop: OrderStage) -> None:
    order = await a_long_story(shop)
    log = await read_log(shop.store, order)
    paid = next(n for n, row in enumerate(log) if row.doc["event"]["kind"] == "payment_heard")
    case = replay(log[: paid + 1])
    assert case is not None
    assert (case.order.status, case.order.seq) == ("created", paid + 1)


@pytest.mark.parametrize(
    ("collection", "change"),
    [
        ("orders", {"status": "completed"}),
        ("orders", {"fee": 0}),
        ("refunds", {"amount": 1}),
        ("refunds", {"status": "failed"}),
        ("licences", {"status": "active"}),
        ("transfers", {"amount": 1}),
    ],
    ids=lambda value: value if isinstance(value, str) else "".join(value),
)
async def test_a_document_that_somebody_changed_is_found(
    shop: OrderStage, collection: str, change: Document
) -> None:
    order = await shop.bought()
    await shop.refund(order)
    key = order if collection == "orders" else await first_of(shop, collection, order)
    row = await shop.store.get(collection, key)
    assert row is not None
    await shop.store.commit(Put(collection, key, {**row.doc, **change}, row.version))
    assert not await replay_matches(shop.store, order)
    await shop.store.commit(Put(collection, key, row.doc, row.version + 1))
    assert await replay_matches(shop.store, order)


async def test_a_refund_that_the_log_does_not_know_is_found(shop: OrderStage) -> None:
    order = await shop.bought()
    refund = await shop.refund(order)
    row = await shop.store.get("refunds", refund)
    assert row is not None
    doc = {name: value for name, value in row.doc.items() if name != "psp_id"}
    await shop.store.commit(Put("refunds", "ref_more", doc, 0))
    assert not await replay_matches(shop.store, order)
    await shop.store.commit(Delete("refunds", "ref_more", 1))


async def test_there_is_nothing_to_compare_of_no_order(shop: OrderStage) -> None:
    assert replay([]) is None
    assert await replay_matches(shop.store, "ord_none")


async def first_of(shop: OrderStage, collection: str, order: str) -> str:
    (row, *_) = await shop.store.find(collection, {"order": order}, sort="created_at")
    return row.id
