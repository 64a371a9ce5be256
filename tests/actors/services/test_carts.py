import pytest

from actors.services import Principal
from actors.services.carts import MAX_LINES, CartError, fill_cart
from actors.services.product_terms import ProductDraft
from actors.services.products import create_product, rewrite_product
from actors.services.streams import create_stream
from storage import Delete, Put

ADA, BO, CY = (Principal(f"usr_{name}", name, admin=False) for name in ("Ada", "Bo", "Cy"))


@pytest.fixture
async def offer(store, keys, clock):
    streams = {
        seller.user_id: await create_stream(store, keys, clock, seller, "Sunday", "")
        for seller in (ADA, CY)
    }

    async def offer(seller=ADA, **changes):
        members = {
            "kind": "ticket",
            "title": "A",
            "amount": 500,
            "currency": "EUR",
            "stream": streams[seller.user_id].id,
        }
        return await create_product(store, clock, seller, ProductDraft(**(members | changes)))

    return offer


async def code(store, *product_ids, buyer=BO):
    with pytest.raises(CartError) as caught:
        await fill_cart(store, buyer, product_ids)
    return caught.value.code


async def change(store, product, **fields):
    await rewrite_product(store, product.id, lambda doc: doc | fields)


async def test_a_cart_has_the_products_as_they_are_now(store, offer):
    ticket, other = await offer(), await offer(title="B", amount=700, capacity=3)
    cart = await fill_cart(store, BO, [other.id, ticket.id])
    assert (cart.buyer, cart.buyer_name) == ("usr_Bo", "Bo")
    assert (cart.seller, cart.seller_name, cart.currency) == ("usr_Ada", "Ada", "EUR")
    assert cart.amount == 1200
    assert [(line.product, line.title, line.amount) for line in cart.lines] == [
        (other.id, "B", 700),
        (ticket.id, "A", 500),
    ]
    assert cart.lines[0].stream == other.stream


async def test_the_earliest_deadline_for_refunds_holds(store, offer, clock):
    soon = clock.now_ms() + 5
    early, late = await offer(refund_until=soon), await offer(refund_until=soon + 4)
    usual = await offer()
    assert (await fill_cart(store, BO, [usual.id])).refund_until is None
    cart = await fill_cart(store, BO, [late.id, usual.id, early.id])
    assert cart.refund_until == soon


async def test_so_many_lines_and_no_more(store, offer):
    products = [(await offer()).id for _ in range(MAX_LINES + 1)]
    assert len((await fill_cart(store, BO, products[:MAX_LINES])).lines) == MAX_LINES
    assert await code(store, *products) == "invalid_request"
    assert await code(store) == "invalid_request"
    assert await code(store, products[0], products[0]) == "invalid_request"


async def test_what_cannot_be_bought_together(store, offer):
    ticket = await offer()
    assert await code(store, ticket.id, (await offer(currency="USD")).id) == "mixed_order"
    assert await code(store, ticket.id, (await offer(CY)).id) == "mixed_order"
    assert await code(store, ticket.id, "prd_unknown") == "product_not_found"


async def test_what_cannot_be_bought_now(store, offer):
    ticket = await offer(capacity=2)
    assert await code(store, ticket.id, buyer=ADA) == "own_product"
    await change(store, ticket, taken=2)
    assert await code(store, ticket.id) == "sold_out"
    await change(store, ticket, taken=3)  # the capacity was never this, but one seat more is none
    assert await code(store, ticket.id) == "sold_out"
    for status in ("withdrawn", "cancelled"):
        await change(store, ticket, status=status)
        assert await code(store, ticket.id) == "not_on_sale"


async def test_a_ticket_to_a_stream_that_is_gone(store, offer):
    ticket = await offer()
    row = await store.get("streams", ticket.stream)
    await store.commit(Delete("streams", row.id, row.version))
    assert await code(store, ticket.id) == "not_on_sale"


@pytest.mark.parametrize(
    ("status", "buyable"), [("active", False), ("suspended", True), ("revoked", True)]
)
async def test_what_somebody_has_already(store, offer, status, buyable):
    ticket = await offer()
    licence = {"user": "usr_Bo", "product": ticket.id, "status": status, "created_at": 1}
    await store.commit(Put("licences", "lic_1", licence, 0))
    if buyable:
        assert (await fill_cart(store, BO, [ticket.id])).amount == 500
    else:
        assert await code(store, ticket.id) == "already_owned"
    assert (await fill_cart(store, CY, [ticket.id])).amount == 500
