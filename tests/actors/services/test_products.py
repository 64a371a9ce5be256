import pytest
import trio

from actors.services import Principal
from actors.services.product_terms import ProductChange, ProductDraft, ProductError
from actors.services.products import (
    MAX_WRITE_ATTEMPTS,
    create_product,
    get_product,
    list_by_seller,
    list_by_stream,
    list_products,
    rewrite_product,
    update_product,
)
from actors.services.streams import create_stream
from storage import Conflict, Put

ADA, EVE = Principal("usr_A", "Ada", admin=False), Principal("usr_E", "Eve", admin=False)


@pytest.fixture
async def stream(store, keys, clock):
    return await create_stream(store, keys, clock, ADA, "Sunday", "")


def draft(own, **changes):
    members = {"kind": "ticket", "title": "A", "amount": 5, "currency": "EUR", "stream": own.id}
    return ProductDraft(**(members | changes))


async def test_made_and_read(store, clock, stream):
    product = await create_product(store, clock, ADA, draft(stream, capacity=3, starts_at=7))
    assert await get_product(store, product.id) == product
    assert (product.seller, product.seller_name, product.status) == ("usr_A", "Ada", "on_sale")
    assert (product.starts_at, product.capacity, product.taken, product.remaining) == (7, 3, 0, 3)
    unlimited = await create_product(store, clock, ADA, draft(stream))
    assert (unlimited.capacity, unlimited.remaining) == (None, None)


async def test_lists_have_the_newest_first(store, clock, stream):
    made = []
    for _ in range(3):
        made.append((await create_product(store, clock, ADA, draft(stream))).id)
        clock.pass_s(1)
    for page in (
        await list_products(store, None, 2),
        await list_by_seller(store, "usr_A", None, 2),
        await list_by_stream(store, stream.id, None, 2),
    ):
        assert [each.id for each in page.items] == [made[2], made[1]]
        assert page.after is not None
    rest = await list_products(store, page.after, 2)
    assert ([each.id for each in rest.items], rest.after) == ([made[0]], None)
    assert (await list_by_seller(store, "usr_E", None, 2)).items == []


async def test_a_sale_meanwhile_is_not_undone(store, clock, stream):
    """A change reads again where the number of seats taken has changed under it."""
    product = await create_product(store, clock, ADA, draft(stream, capacity=500))

    async def sell():
        await rewrite_product(store, product.id, lambda doc: doc | {"taken": doc["taken"] + 1})

    async with trio.open_nursery() as nursery:
        for number in range(8):
            nursery.start_soon(sell)
            change = ProductChange(title=f"Title {number}")
            nursery.start_soon(update_product, store, clock, ADA, product.id, change)
    after = await get_product(store, product.id)
    assert after.taken == 8
    assert after.title.startswith("Title")


async def test_it_gives_up_where_it_never_wins(store, clock, stream):
    product = await create_product(store, clock, ADA, draft(stream))
    attempts = 0

    async def overtake(*_ops):
        nonlocal attempts
        attempts += 1
        raise Conflict(Put("products", product.id, {}, 1), "changed")

    store.commit = overtake
    with pytest.raises(Conflict):
        await update_product(store, clock, ADA, product.id, ProductChange(title="B"))
    assert attempts == MAX_WRITE_ATTEMPTS


@pytest.mark.parametrize(
    ("seller", "changes", "code"),
    [
        (EVE, {}, "forbidden"),
        (ADA, {"stream": "str_gone"}, "stream_not_found"),
        (ADA, {"stream": None}, "invalid_request"),
        (ADA, {"recording": "shw_1"}, "invalid_request"),
        (ADA, {"kind": "track"}, "invalid_request"),
        (ADA, {"kind": "track", "stream": None, "recording": "shw_1"}, "recording_not_found"),
        (
            ADA,
            {"kind": "track", "stream": None, "recording": "s", "starts_at": 5},
            "invalid_request",
        ),
    ],
)
async def test_what_is_not_made(store, clock, stream, seller, changes, code):
    with pytest.raises(ProductError) as caught:
        await create_product(store, clock, seller, draft(stream, **changes))
    assert caught.value.code == code
    assert await store.find("products", {}, sort="id") == []


async def test_a_track_has_no_start(store, clock, stream):
    row = await store.get("streams", stream.id)
    await store.commit(Put("streams", row.id, row.doc | {"show": "shw_1"}, row.version))
    track = draft(stream, kind="track", stream=None, recording="shw_1")
    product = await create_product(store, clock, ADA, track)
    for change in (ProductChange(starts_at=5), ProductChange(capacity=5)):
        with pytest.raises(ProductError, match="tickets alone"):
            await update_product(store, clock, ADA, product.id, change)


async def test_what_is_cleared_is_there_no_more(store, clock, stream):
    later = clock.now_ms() + 1000
    made = draft(stream, capacity=3, starts_at=7, refund_until=later)
    product = await create_product(store, clock, ADA, made)
    assert (product.capacity, product.starts_at, product.refund_until) == (3, 7, later)
    change = ProductChange(title="B", clear=frozenset({"capacity", "refund_until"}))
    after = await update_product(store, clock, ADA, product.id, change)
    assert (after.capacity, after.starts_at, after.refund_until) == (None, 7, None)
    assert (after.title, await get_product(store, product.id)) == ("B", after)


async def test_a_capacity_comes_and_goes_with_the_seats_counted(store, clock, stream):
    product = await create_product(store, clock, ADA, draft(stream))
    await rewrite_product(store, product.id, lambda doc: doc | {"taken": 4})

    async def changed(**change):
        return await update_product(store, clock, ADA, product.id, ProductChange(**change))

    with pytest.raises(ProductError, match="the 4 that are taken"):
        await changed(capacity=3)
    assert (await changed(capacity=4)).remaining == 0
    assert (await changed(capacity=6)).remaining == 2
    assert (await changed(clear=frozenset({"capacity"}))).remaining is None
    assert (await changed(capacity=5)).remaining == 1


async def test_a_deadline_for_refunds_is_in_the_future(store, clock, stream):
    with pytest.raises(ProductError, match="refund_until: must be in the future"):
        await create_product(store, clock, ADA, draft(stream, refund_until=clock.now_ms()))
    made = draft(stream, refund_until=clock.now_ms() + 1000)
    product = await create_product(store, clock, ADA, made)
    clock.pass_s(2)
    change = ProductChange(refund_until=clock.now_ms() - 1)
    with pytest.raises(ProductError, match="refund_until: must be in the future"):
        await update_product(store, clock, ADA, product.id, change)
    # That it has passed keeps nothing else from being changed.
    after = await update_product(store, clock, ADA, product.id, ProductChange(title="B"))
    assert after.refund_until == product.refund_until
