"""The books: one commit for all that follows, and a fence against whoever else writes."""

from dataclasses import asdict, replace

import pytest
import trio
from support.orders import BUYER, CURRENCY, SELLER, OrderStage

from actors.ids import new_id
from actors.refund import Books, CreateOrder, OrderError
from actors.refund.books import Record, StoredBalance
from actors.refund.decide import decide
from actors.refund.documents import Occurrence, Receipt
from actors.refund.events import Disregarded, Event, RefundRequested
from actors.refund.ledger import Balance
from actors.services.access_tokens import Principal
from actors.services.product_terms import ProductChange
from actors.services.products import update_product
from storage.api import Conflict, ConflictReason, Put

FRESH = "01JD0000000000000000000000"
ASKS = RefundRequested(BUYER.user_id, False, "no time")


async def loaded(shop: OrderStage, order: str) -> Record:
    record = await Books(shop.store).load(order)
    assert record is not None
    return record


async def commit(
    shop: OrderStage,
    record: Record,
    stored: StoredBalance,
    event: Event = ASKS,
    receipt: Receipt | None = None,
) -> Record:
    now_ms = shop.clock.now_ms()
    decision = decide(record.case, event, stored.balance, now_ms, FRESH)
    occurrence = Occurrence(event, now_ms, FRESH, receipt)
    return await Books(shop.store).commit(record, decision, occurrence, stored)


async def stored_balance(shop: OrderStage) -> StoredBalance:
    return await Books(shop.store).balance(SELLER.user_id, CURRENCY)


async def test_an_order_that_is_not_there(shop: OrderStage) -> None:
    assert await Books(shop.store).load("ord_none") is None
    assert await stored_balance(shop) == StoredBalance(Balance(), 0)


async def test_what_was_committed_is_what_is_loaded(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.kill()
    made = await commit(shop, await loaded(shop, order), await stored_balance(shop))
    read = await loaded(shop, order)
    assert read.case.refunds == made.case.refunds
    assert read.versions == made.versions


async def test_a_commit_posts_to_the_balance_and_keeps_the_event(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.kill()
    before = await stored_balance(shop)
    assert before.balance == Balance(payable=975)
    record = await commit(shop, await loaded(shop, order), before)
    assert await stored_balance(shop) == StoredBalance(Balance(reserved=1000), before.version + 1)
    row = await shop.store.get("order_events", f"{order}:{record.case.order.seq:06}")
    assert row is not None
    assert row.doc["event"]["kind"] == "refund_requested"
    assert row.doc["balance"] == asdict(before.balance)


async def test_who_decides_on_an_old_record_is_stopped(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.kill()
    old = await loaded(shop, order)
    await commit(shop, old, await stored_balance(shop), Disregarded("first"))
    with pytest.raises(Conflict) as stopped:
        await commit(shop, old, await stored_balance(shop))
    assert stopped.value.op.collection == "orders"
    assert (await shop.case(order)).refunds == (), "nothing of it was written"


async def test_who_decides_on_an_old_balance_is_stopped(shop: OrderStage) -> None:
    order = await shop.bought()
    old = await stored_balance(shop)
    await shop.bought()
    await shop.kill()
    with pytest.raises(Conflict) as stopped:
        await commit(shop, await loaded(shop, order), old)
    assert stopped.value.op.collection == "balances"
    assert (await shop.case(order)).refunds == ()


async def test_a_webhook_is_taken_in_once(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.kill()
    await shop.store.commit(Put("inbox", "evt_1", {"state": "new", "received_at": 1}, 0))
    receipt = Receipt("evt_1", 1)
    record = await loaded(shop, order)
    record = await commit(shop, record, await stored_balance(shop), Disregarded("no"), receipt)
    row = await shop.store.get("inbox", "evt_1")
    assert row is not None
    assert (row.doc["state"], row.doc["order"]) == ("done", order)
    with pytest.raises(Conflict) as stopped:
        await commit(shop, record, await stored_balance(shop), Disregarded("no"), receipt)
    assert stopped.value.op.collection == "inbox"


async def test_no_two_refunds_have_one_id_of_the_provider(shop: OrderStage) -> None:
    first, second = await shop.bought(), await shop.bought()
    opened = await shop.request(first)
    other = await shop.request(second)
    await shop.kill()
    mine = await shop.store.get("refunds", opened.refund_id)
    theirs = await shop.store.get("refunds", other.refund_id)
    assert mine is not None
    assert theirs is not None
    doc = {**theirs.doc, "psp_id": mine.doc["psp_id"]}
    with pytest.raises(Conflict) as stopped:
        await shop.store.commit(Put("refunds", theirs.id, doc, theirs.version))
    assert (stopped.value.reason, stopped.value.fields) == (ConflictReason.DUPLICATE, ("psp_id",))


async def test_an_idempotency_key_makes_one_order(shop: OrderStage) -> None:
    product = await shop.product(capacity=5)
    cart = await shop.cart(product)
    await shop.order(cart, key="key-1")
    with pytest.raises(Conflict) as stopped:
        await shop.order(cart, key="key-1")
    assert stopped.value.fields == ("buyer", "idempotency_key")
    assert await shop.taken(product) == 1


async def test_a_product_that_is_withdrawn_meanwhile_is_not_sold(shop: OrderStage) -> None:
    product = await shop.product()
    cart = await shop.cart(product)
    await update_product(shop.store, shop.clock, SELLER, product, ProductChange(status="withdrawn"))
    with pytest.raises(OrderError) as refused:
        await shop.order(cart)
    assert refused.value.code == "not_on_sale"


async def test_50_orders_for_7_seats_at_once(shop: OrderStage) -> None:
    product = await shop.product(capacity=7)
    buyers = [Principal(f"usr_{number}", "Bo", admin=False) for number in range(50)]
    carts = [await shop.cart(product, buyer=buyer) for buyer in buyers]
    made: list[str] = []
    refused: list[str] = []

    async def order(number: int) -> None:
        order_id = new_id("ord")
        try:
            await shop.orders.ask(order_id, CreateOrder(carts[number], None, "hash"))
        except OrderError as error:
            refused.append(error.code)
        else:
            made.append(order_id)

    async with trio.open_nursery() as nursery:
        for number in range(50):
            nursery.start_soon(order, number)
    assert len(made) == 7
    assert refused == ["sold_out"] * 43
    assert await shop.taken(product) == 7
    assert len(await shop.store.find("orders", {}, sort="created_at", limit=100)) == 7


async def test_a_seat_that_nobody_pays_is_sold_again(shop: OrderStage) -> None:
    product = await shop.product(capacity=1)
    late = await shop.order(await shop.cart(product))
    await shop.pass_time(31 * 60, step_s=60)
    assert (await shop.case(late)).order.expired
    assert await shop.taken(product) == 0
    await shop.bought(product)
    assert await shop.taken(product) == 1


async def test_no_cause_is_posted_twice(shop: OrderStage) -> None:
    order = await shop.bought()
    await shop.kill()
    record, stored = await loaded(shop, order), await stored_balance(shop)
    now_ms = shop.clock.now_ms()
    decision = decide(record.case, ASKS, stored.balance, now_ms, FRESH)
    again = replace(decision.entries[0], cause=f"payment:{order}")
    with pytest.raises(Conflict) as refused:
        await Books(shop.store).commit(
            record, replace(decision, entries=(again,)), Occurrence(ASKS, now_ms, FRESH), stored
        )
    assert refused.value.reason is ConflictReason.DUPLICATE
    assert await loaded(shop, order) == record
