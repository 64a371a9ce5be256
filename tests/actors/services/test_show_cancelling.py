import pytest
import trio
from support.orders import ADMIN, BUYER, MINUTE_S, SELLER, STRANGER, open_order_stage

from actors.services import Principal
from actors.services import show_cancelling as cancelling
from actors.services.cancellations import begin_cancelling, get_cancellation
from actors.services.product_terms import ProductError
from actors.services.show_cancelling import cancel_shows
from storage import StoreUnavailable


@pytest.fixture
async def shop(tmp_path):
    async with open_order_stage(tmp_path) as shop:
        yield shop


def buyers(count):
    return [Principal(f"usr_{n:03}", f"Buyer {n}", admin=False) for n in range(count)]


async def sell(shop, count, **more):
    """Sell a ticket to so many buyers; gives the product and the orders."""
    product = await shop.product(**more)
    return product, [await shop.bought(product, buyer=buyer) for buyer in buyers(count)]


async def begin(shop, product):
    return await begin_cancelling(shop.store, shop.clock, SELLER, product)


async def go_on(shop):
    """Look at the cancelled shows, as the sweep does."""
    opened = await cancel_shows(shop.store, shop.orders, shop.clock)
    await shop.settled()
    return opened


async def progress(shop, product):
    now = await get_cancellation(shop.store, SELLER, product)
    return now.state, now.refunds_opened, now.already_refunded, now.failed


async def statuses(shop, orders):
    return [str((await shop.case(order)).order.status) for order in orders]


async def confirm(shop, orders, word="succeeded"):
    for order in orders:
        refund = (await shop.case(order)).open_refund
        await shop.deliver(shop.psp.settle(refund.id, word))


async def is_watched(shop, product):
    return "cancelling" in (await shop.store.get("products", product)).doc


async def test_everybody_is_refunded(autojump_clock, shop):
    product, orders = await sell(shop, 5, capacity=9)
    begun = await begin(shop, product)
    assert (begun.state, begun.run, begun.refunds_opened) == ("running", 1, 0)
    assert await go_on(shop) == 5
    assert await progress(shop, product) == ("done", 5, 0, 0)
    await confirm(shop, orders)
    assert await statuses(shop, orders) == ["refunded"] * 5
    refund = await shop.only_refund(orders[0])
    assert (refund.cause, refund.requested_by) == ("show_cancelled", SELLER.user_id)
    assert await shop.taken(product) == 0


async def test_only_the_shows_part_of_an_order_is_given_back(autojump_clock, shop):
    product, other = await shop.product(), await shop.product(300)
    order = await shop.bought(product, other)
    await begin(shop, product)
    await go_on(shop)
    await confirm(shop, [order])
    case = await shop.case(order)
    assert (case.order.status, case.refunds[0].amount) == ("partially_refunded", 1000)


async def test_the_window_for_refunds_does_not_matter(autojump_clock, shop):
    product, orders = await sell(shop, 1)
    await trio.sleep(100 * 24 * 3600)
    await begin(shop, product)
    assert await go_on(shop) == 1
    assert await statuses(shop, orders) == ["refund_pending"]


async def test_who_has_been_refunded_before_is_counted(autojump_clock, shop):
    product, orders = await sell(shop, 3)
    refund = (await shop.request(orders[0], ADMIN)).refund_id
    await shop.deliver(shop.psp.settle(refund))
    await shop.request(orders[1], ADMIN)
    await begin(shop, product)
    assert await go_on(shop) == 1
    assert await progress(shop, product) == ("done", 1, 2, 0)
    assert len((await shop.case(orders[1])).refunds) == 1


async def test_whose_other_refund_is_open_comes_later(autojump_clock, shop):
    product, (order,) = await sell(shop, 1)
    partial = (await shop.request(order, ADMIN, amount=300)).refund_id
    await begin(shop, product)
    assert await go_on(shop) == 0
    assert await progress(shop, product) == ("running", 0, 0, 0)
    await shop.deliver(shop.psp.settle(partial))
    assert await go_on(shop) == 0  # it is not time yet
    await trio.sleep(MINUTE_S)
    assert await go_on(shop) == 1
    assert await progress(shop, product) == ("done", 1, 0, 0)
    assert (await shop.case(order)).open_refund.amount == 700


async def test_what_the_provider_refuses_is_told_and_tried_again(autojump_clock, shop):
    product, orders = await sell(shop, 2)
    shop.psp.faults.append("refuse")
    await begin(shop, product)
    assert await go_on(shop) == 1
    assert await progress(shop, product) == ("done", 1, 0, 1)
    again = await begin(shop, product)
    assert (again.run, again.state) == (2, "running")
    assert await go_on(shop) == 1
    # The other one's refund, of the run before, is still pending.
    assert await progress(shop, product) == ("done", 2, 0, 0)
    assert await statuses(shop, orders) == ["refund_pending"] * 2


async def test_a_refund_that_fails_at_the_bank_is_tried_again_by_itself(autojump_clock, shop):
    product, orders = await sell(shop, 1)
    await begin(shop, product)
    await go_on(shop)
    await confirm(shop, orders, "failed")
    await trio.sleep(MINUTE_S)
    assert await go_on(shop) == 1
    assert await statuses(shop, orders) == ["refund_pending"]


async def test_who_pays_after_it_was_cancelled_gets_it_back(autojump_clock, shop):
    product = await shop.product()
    order = await shop.order(await shop.cart(product))
    await begin(shop, product)
    await go_on(shop)
    await shop.pay(order)
    await trio.sleep(MINUTE_S)
    await go_on(shop)
    assert await statuses(shop, [order]) == ["refund_pending"]


async def test_after_a_day_nobody_looks_any_more(autojump_clock, shop):
    product, orders = await sell(shop, 1)
    await begin(shop, product)
    await go_on(shop)
    await confirm(shop, orders)
    assert await is_watched(shop, product)
    for _ in range(26):
        await trio.sleep(60 * MINUTE_S)
        await go_on(shop)
    assert not await is_watched(shop, product)
    assert await progress(shop, product) == ("done", 1, 0, 0)
    await begin(shop, product)
    assert await is_watched(shop, product)
    await go_on(shop)
    assert await progress(shop, product) == ("done", 0, 1, 0)


async def test_a_new_process_goes_on_where_the_last_one_was(autojump_clock, shop, monkeypatch):
    monkeypatch.setattr(cancelling, "PAGE_ROWS", 3)
    product, orders = await sell(shop, 10)
    await begin(shop, product)
    saved = 0
    save = cancelling._Pass._save

    async def save_twice(self, progress):
        nonlocal saved
        if saved == 2:
            raise StoreUnavailable("the process ends here")
        saved += 1
        await save(self, progress)

    monkeypatch.setattr(cancelling._Pass, "_save", save_twice)
    with pytest.raises(StoreUnavailable):
        await go_on(shop)
    assert await progress(shop, product) == ("running", 6, 0, 0)
    monkeypatch.setattr(cancelling._Pass, "_save", save)
    await shop.kill()
    await shop.start()
    # Three refunds of the page that was not saved are found open, and counted as ours.
    assert await go_on(shop) == 1
    assert await progress(shop, product) == ("done", 10, 0, 0)
    assert await statuses(shop, orders) == ["refund_pending"] * 10
    assert all(posts == 1 for posts in shop.psp.posts.values())


async def test_ordering_it_anew_overtakes_the_pass_that_runs(autojump_clock, shop, nursery):
    product, orders = await sell(shop, 2)
    await begin(shop, product)
    await go_on(shop)
    await confirm(shop, orders, "failed")
    await trio.sleep(MINUTE_S)
    gate = shop.psp.shut()
    nursery.start_soon(go_on, shop)
    await shop.settled()
    assert (await begin(shop, product)).run == 2
    gate.set()
    await shop.settled()
    assert await progress(shop, product) == ("running", 0, 0, 0)
    await go_on(shop)
    assert await progress(shop, product) == ("done", 2, 0, 0)


async def test_ordering_it_while_it_runs_changes_nothing(autojump_clock, shop):
    product, _ = await sell(shop, 1)
    first = await begin(shop, product)
    await trio.sleep(1)
    assert await begin(shop, product) == first


async def test_a_few_are_asked_at_once(autojump_clock, shop, nursery):
    product, orders = await sell(shop, cancelling.MAX_CONCURRENT_REFUNDS + 4)
    await begin(shop, product)
    gate = shop.psp.shut()
    nursery.start_soon(go_on, shop)
    await shop.settled()
    pending = (await statuses(shop, orders)).count("refund_pending")
    assert pending == cancelling.MAX_CONCURRENT_REFUNDS
    gate.set()
    await shop.settled()
    assert await progress(shop, product) == ("done", len(orders), 0, 0)


async def test_several_shows_at_once(autojump_clock, shop, monkeypatch):
    monkeypatch.setattr(cancelling, "PAGE_ROWS", 1)
    products = [(await sell(shop, 2))[0] for _ in range(3)]
    for product in products:
        await begin(shop, product)
    assert await go_on(shop) == 6
    assert [await progress(shop, each) for each in products] == [("done", 2, 0, 0)] * 3


async def test_who_may_and_what_can_be_cancelled(autojump_clock, shop):
    product = await shop.product()
    for who, product_id, code in (
        (BUYER, product, "forbidden"),
        (STRANGER, "prd_unknown", "product_not_found"),
    ):
        with pytest.raises(ProductError) as caught:
            await begin_cancelling(shop.store, shop.clock, who, product_id)
        assert caught.value.code == code
        with pytest.raises(ProductError) as caught:
            await get_cancellation(shop.store, who, product_id)
        assert caught.value.code == code
    with pytest.raises(ProductError) as caught:
        await get_cancellation(shop.store, SELLER, product)
    assert caught.value.code == "cancel_not_found"
    assert (await begin_cancelling(shop.store, shop.clock, ADMIN, product)).state == "running"
