import pytest
from support.shopping import PRICE

from actors.services.products import MAX_PRODUCTS_PER_SELLER
from storage import Put


async def test_a_ticket_as_it_is_offered(shop):
    ticket = await shop.offer(
        title="  Sunday \n session ", starts_at="2030-05-31T22:00:00+02:00", capacity=50
    )
    assert ticket == {
        "id": ticket["id"],
        "kind": "ticket",
        "title": "Sunday session",
        "price": PRICE,
        "stream_id": shop.stream_id,
        "recording_id": None,
        "starts_at": "2030-05-31T20:00:00.000Z",
        "capacity": 50,
        "remaining": 50,
        "sold": 0,
        "refund_until": None,
        "status": "on_sale",
        "seller": {"id": shop.seller.user["id"], "name": "Ada"},
        "created_at": "2027-01-15T08:00:00.000Z",
        "owned": False,
    }
    assert ticket["id"].startswith("prd_")
    seen = await shop.stage.guest.ok("GET", f"/products/{ticket['id']}")
    assert seen == ticket | {"sold": None}, "how many are sold is the seller's to know"


async def test_a_track_is_a_recording_of_ones_own(shop):
    show_id = await shop.record_show()
    track = {"kind": "track", "title": "Encore", "price": PRICE, "recording_id": show_id}
    product = await shop.seller.ok("POST", "/products", track, 201)
    assert (product["recording_id"], product["stream_id"]) == (show_id, None)
    eve = await shop.stage.user("Eve")
    error = await eve.fails("POST", "/products", track, 404)
    assert error["code"] == "recording_not_found"


async def test_a_track_is_bought_as_a_ticket_is(shop):
    bo = await shop.stage.user("Bo")
    show_id = await shop.record_show()
    track = {"kind": "track", "title": "Encore", "price": PRICE, "recording_id": show_id}
    product = await shop.seller.ok("POST", "/products", track, 201)
    order = await shop.buy(bo, product["id"])
    assert order["items"][0]["recording_id"] == show_id
    assert order["licences"][0]["status"] == "active"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"price": {"amount": 0, "currency": "EUR"}}, "price.amount"),
        ({"price": {"amount": 100_000_000, "currency": "EUR"}}, "price.amount"),
        ({"price": {"amount": 9.99, "currency": "EUR"}}, "price.amount"),
        ({"price": {"amount": "999", "currency": "EUR"}}, "price.amount"),
        ({"price": {"amount": True, "currency": "EUR"}}, "price.amount"),
        ({"price": {"amount": 999, "currency": "eur"}}, "price.currency"),
        ({"price": {"amount": 999, "currency": "EURO"}}, "price.currency"),
        ({"price": None}, "price"),
        ({"title": " "}, "title"),
        ({"kind": "shirt"}, "kind"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": 1_000_001}, "capacity"),
        ({"starts_at": "tomorrow"}, "starts_at"),
        ({"starts_at": "2030-05-31T20:00:00"}, "starts_at"),
        ({"starts_at": "2030-02-30T20:00:00Z"}, "starts_at"),
        ({"starts_at": "1969-12-31T23:59:59Z"}, "starts_at"),
        ({"refund_until": "2026-12-31T23:59:59Z"}, "refund_until"),
        ({"stream_id": None}, "stream_id"),
        ({"stream_id": "a\x00b"}, "stream_id"),
        ({"recording_id": "shw_1"}, "recording_id"),
        ({"kind": "track", "stream_id": None, "recording_id": "s", "capacity": 5}, "capacity"),
    ],
    ids=str,
)
async def test_what_is_no_product(shop, change, field):
    body = {"kind": "ticket", "title": "Sunday", "price": PRICE, "stream_id": shop.stream_id}
    error = await shop.seller.fails("POST", "/products", body | change)
    assert error["code"] == "invalid_request"
    assert field in error["details"]


async def test_who_may_sell_a_ticket(shop):
    eve = await shop.stage.user("Eve")
    body = {"kind": "ticket", "title": "Sunday", "price": PRICE, "stream_id": shop.stream_id}
    assert (await eve.fails("POST", "/products", body, 403))["code"] == "forbidden"
    unknown = body | {"stream_id": "str_unknown"}
    assert (await eve.fails("POST", "/products", unknown, 404))["code"] == "stream_not_found"
    assert (await shop.stage.guest.fails("POST", "/products", body, 401))["code"] == "unauthorized"


async def test_a_public_stream_has_tickets_too(shop):
    stream = await shop.seller.ok("POST", "/streams", {"title": "Free"}, 201)
    assert (await shop.offer(stream_id=stream["id"]))["stream_id"] == stream["id"]


async def test_the_seller_changes_a_product(shop):
    ticket = await shop.offer(capacity=5)
    path = f"/products/{ticket['id']}"
    bo = await shop.stage.user("Bo")
    order = await shop.order(bo, ticket["id"])
    change = {
        "title": "Monday",
        "price": {"amount": 2000, "currency": "EUR"},
        "starts_at": "2031-01-01T00:00:00Z",
        "capacity": 9,
        "refund_until": "2031-01-02T00:00:00Z",
    }
    changed = await shop.seller.ok("PATCH", path, change)
    assert changed == ticket | change | {
        "starts_at": "2031-01-01T00:00:00.000Z",
        "refund_until": "2031-01-02T00:00:00.000Z",
        "remaining": 8,
        "sold": 1,
    }
    assert (await bo.ok("GET", f"/orders/{order['id']}"))["amount"] == 1500
    withdrawn = await shop.seller.ok("PATCH", path, {"status": "withdrawn"})
    assert withdrawn["status"] == "withdrawn"
    assert (await shop.seller.ok("PATCH", path, {"status": "on_sale"}))["status"] == "on_sale"
    assert await shop.seller.ok("PATCH", path, {}) == changed


async def test_null_takes_away_and_what_is_absent_stays(shop):
    terms = {
        "capacity": 5,
        "starts_at": "2031-01-01T00:00:00.000Z",
        "refund_until": "2031-01-02T00:00:00.000Z",
    }
    ticket = await shop.offer(**terms)
    path = f"/products/{ticket['id']}"

    async def terms_after(change):
        product = await shop.seller.ok("PATCH", path, change)
        return {name: product[name] for name in terms}

    assert await terms_after({"title": "Monday"}) == terms
    for name in terms:
        assert await terms_after({name: None}) == terms | {name: None}
        assert await terms_after({name: terms[name]}) == terms
    assert await terms_after(dict.fromkeys(terms)) == dict.fromkeys(terms)
    assert (await shop.seller.ok("GET", path))["remaining"] is None


async def test_a_capacity_is_set_after_the_first_sales(shop):
    """Seats are counted from the first order on, so that none is sold twice."""
    ticket = await shop.offer()
    path = f"/products/{ticket['id']}"
    bo, cy, di = [await shop.stage.user(name) for name in ("Bo", "Cy", "Di")]
    order = await shop.buy(bo, ticket["id"])
    await shop.order(cy, ticket["id"])
    assert (await shop.seller.ok("GET", path))["sold"] == 2
    assert (await bo.ok("GET", path))["sold"] is None
    assert (await shop.seller.fails("PATCH", path, {"capacity": 1}))["code"] == "invalid_request"
    assert (await shop.seller.ok("PATCH", path, {"capacity": 2}))["remaining"] == 0
    items = {"items": [{"product_id": ticket["id"]}]}
    assert (await di.fails("POST", "/orders", items, 409))["code"] == "sold_out"
    await shop.settle(await shop.refund(bo, order))
    assert (await shop.seller.ok("GET", path))["sold"] == 1
    await di.ok("POST", "/orders", items, 201)
    assert (await cy.fails("POST", "/orders", items, 409))["code"] == "sold_out"
    assert (await shop.seller.ok("PATCH", path, {"capacity": None}))["remaining"] is None
    await bo.ok("POST", "/orders", items, 201)
    assert (await shop.seller.ok("GET", "/products?seller=me"))["items"][0]["sold"] == 3


async def test_changes_that_are_refused(shop):
    limited = await shop.offer(capacity=2)
    bo, cy = await shop.stage.user("Bo"), await shop.stage.user("Cy")
    for buyer in (bo, cy):
        await shop.order(buyer, limited["id"])

    async def fails(caller, product_id, body, status):
        return await caller.fails("PATCH", f"/products/{product_id}", body, status)

    assert (await fails(shop.seller, limited["id"], {"capacity": 1}, 400))["details"] == {
        "capacity": "cannot be less than the 2 that are taken"
    }
    error = await fails(shop.seller, limited["id"], {"refund_until": "2026-01-01T00:00:00Z"}, 400)
    assert error["details"] == {"refund_until": "must be in the future"}
    error = await fails(shop.seller, limited["id"], {"status": "cancelled"}, 400)
    assert error["code"] == "invalid_request"
    assert (await fails(bo, limited["id"], {"title": "Mine"}, 403))["code"] == "forbidden"
    error = await fails(bo, "prd_unknown", {"title": "Mine"}, 404)
    assert error["code"] == "product_not_found"
    assert (await fails(shop.stage.guest, limited["id"], {}, 401))["code"] == "unauthorized"


async def test_lists_of_products(shop):
    other = await shop.seller.ok("POST", "/streams", {"title": "Other"}, 201)
    eve = await shop.stage.user("Eve")
    hers = await eve.ok("POST", "/streams", {"title": "Hers"}, 201)
    body = {"kind": "ticket", "title": "Hers", "price": PRICE, "stream_id": hers["id"]}
    first = await shop.offer()
    shop.stage.clock.pass_s(1)
    second = await shop.offer(stream_id=other["id"])
    shop.stage.clock.pass_s(1)
    third = await eve.ok("POST", "/products", body, 201)

    async def listed(caller, query=""):
        return [each["id"] for each in (await caller.ok("GET", f"/products{query}"))["items"]]

    guest = shop.stage.guest
    assert await listed(guest) == [third["id"], second["id"], first["id"]]
    assert await listed(guest, f"?stream_id={other['id']}") == [second["id"]]
    assert await listed(shop.seller, "?seller=me") == [second["id"], first["id"]]
    assert await listed(eve, f"?seller=me&stream_id={other['id']}") == []
    page = await guest.ok("GET", "/products?limit=2")
    assert await listed(guest, f"?cursor={page['next_cursor']}") == [first["id"]]
    assert (await guest.fails("GET", "/products?seller=me", status=401))["code"] == "unauthorized"
    assert (await guest.fails("GET", "/products?stream_id=a%00b"))["code"] == "invalid_request"
    assert (await guest.fails("GET", "/products?cursor=nonsense"))["code"] == "invalid_cursor"


@pytest.mark.parametrize("of", ["", "&seller=me", "&stream_id={}"])
async def test_what_is_offered_while_somebody_pages_shifts_no_page(shop, of):
    there = {(await shop.offer())["id"] for _ in range(5)}  # all in the same millisecond
    of = of.format(shop.stream_id)
    first = await shop.seller.ok("GET", f"/products?limit=3{of}")
    shop.stage.clock.pass_s(1)
    await shop.offer()
    rest = await shop.seller.ok("GET", f"/products?limit=3{of}&cursor={first['next_cursor']}")
    seen = [each["id"] for each in first["items"] + rest["items"]]
    assert (len(seen), set(seen), rest["next_cursor"]) == (5, there, None)


async def test_whoever_bought_it_owns_it(shop):
    bo, cy = await shop.stage.user("Bo"), await shop.stage.user("Cy")
    ticket = await shop.offer()
    order = await shop.order(bo, ticket["id"])
    path = f"/products/{ticket['id']}"
    assert not (await bo.ok("GET", path))["owned"]
    await shop.deliver(shop.stage.psp.pay(order["payment"]["id"]))
    assert (await bo.ok("GET", path))["owned"]
    assert (await bo.ok("GET", "/products"))["items"][0]["owned"]
    assert not (await cy.ok("GET", path))["owned"]
    await shop.settle(await shop.refund(bo, order))
    assert not (await bo.ok("GET", path))["owned"]


@pytest.mark.parametrize("product_id", ["prd_unknown", "x" * 500, "a%00b"])
async def test_a_product_that_is_not_there(shop, product_id):
    await shop.stage.guest.fails("GET", f"/products/{product_id}", status=404)


async def test_a_seller_has_so_many_products_and_no_more(shop):
    doc = {"seller": shop.seller.user["id"], "created_at": 0}
    puts = [Put("products", f"prd_{n}", doc, 0) for n in range(MAX_PRODUCTS_PER_SELLER)]
    for start in range(0, len(puts), 100):
        await shop.stage.house.store.commit(*puts[start : start + 100])
    body = {"kind": "ticket", "title": "Sunday", "price": PRICE, "stream_id": shop.stream_id}
    error = await shop.seller.fails("POST", "/products", body, 409)
    assert error["code"] == "too_many_products"
