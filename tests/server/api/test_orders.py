import pytest
import trio
from support.shopping import PRICE


async def order_with(buyer, product, key="one-basket"):
    return await buyer.call(
        "POST",
        "/api/v1/orders",
        {"items": [{"product_id": product["id"]}]},
        headers={"Idempotency-Key": key},
    )


async def count(shop, collection):
    return len(await shop.stage.house.store.find(collection, {}, sort="id"))


async def test_an_order_says_where_to_pay(shop):
    bo = await shop.stage.user("Bo")
    ticket = await shop.offer(capacity=2)
    order = await shop.order(bo, ticket["id"])
    payment = order.pop("payment")
    assert payment == {
        "id": payment["id"],
        "status": "open",
        "pay_url": f"https://psp.example/{payment['id']}",
    }
    assert order == {
        "id": order["id"],
        "status": "created",
        "amount": 1500,
        "currency": "EUR",
        "created_at": "2027-01-15T08:00:00.000Z",
        "paid_at": None,
        "refundable_until": None,
        "disputed": False,
        "buyer": {"id": bo.user["id"], "name": "Bo"},
        "seller": {"id": shop.seller.user["id"], "name": "Ada"},
        "items": [
            {
                "product_id": ticket["id"],
                "kind": "ticket",
                "title": "Sunday",
                "amount": 1500,
                "stream_id": shop.stream_id,
                "recording_id": None,
                "refunded": 0,
            }
        ],
        "licences": [],
        "refunds": [],
    }
    assert (await bo.ok("GET", f"/products/{ticket['id']}"))["remaining"] == 1


async def test_a_paid_order_grants_a_licence(shop):
    bo = await shop.stage.user("Bo")
    ticket = await shop.offer()
    order = await shop.buy(bo, ticket["id"])
    assert order["status"] == "completed"
    assert order["paid_at"] == "2027-01-15T08:00:00.000Z"
    assert order["refundable_until"] == "2027-01-29T08:00:00.000Z"
    (licence,) = order["licences"]
    assert (licence["status"], licence["product_id"]) == ("active", ticket["id"])
    assert (await bo.ok("GET", f"/products/{ticket['id']}"))["owned"]


async def test_the_same_key_is_the_same_order(shop):
    bo = await shop.stage.user("Bo")
    ticket = await shop.offer(capacity=5)
    first, second = [await order_with(bo, ticket) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert await first.get_json() == await second.get_json()
    assert await count(shop, "orders") == 1
    assert len(shop.stage.psp.payments) == 1


async def test_the_same_key_after_the_payment_is_still_the_same_order(shop):
    bo = await shop.stage.user("Bo")
    ticket = await shop.offer()
    order = await (await order_with(bo, ticket)).get_json()
    await shop.deliver(shop.stage.psp.pay(order["payment"]["id"]))
    again = await (await order_with(bo, ticket)).get_json()
    assert (again["id"], again["status"]) == (order["id"], "completed")


async def test_the_same_key_for_another_basket_is_refused(shop):
    bo = await shop.stage.user("Bo")
    first, other = await shop.offer(), await shop.offer(title="Monday")
    await order_with(bo, first)
    response = await order_with(bo, other)
    error = (await response.get_json())["error"]
    assert (response.status_code, error["code"]) == (409, "idempotency_key_reused")


async def test_keys_of_two_buyers_have_nothing_to_do_with_each_other(shop):
    ticket = await shop.offer()
    orders = [
        await (await order_with(await shop.stage.user(name), ticket)).get_json()
        for name in ("Bo", "Cy")
    ]
    assert orders[0]["id"] != orders[1]["id"]


async def test_twins_at_the_same_moment_make_one_order(shop):
    bo = await shop.stage.user("Bo")
    ticket = await shop.offer()
    ids = []

    async def order():
        ids.append((await (await order_with(bo, ticket)).get_json())["id"])

    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(order)
    assert len(ids) == 5
    assert len(set(ids)) == 1
    assert await count(shop, "orders") == 1


async def test_what_is_bought_in_two_tabs_at_once_is_two_orders_and_one_can_go_back(shop):
    bo = await shop.stage.user("Bo")
    ticket = await shop.offer()
    playback = f"/streams/{shop.stream_id}/playback"
    first, second = [await shop.order(bo, ticket["id"]) for _ in range(2)]
    for order in (first, second):
        await shop.deliver(shop.stage.psp.pay(order["payment"]["id"]))
    holder = {"user": bo.user["id"], "product": ticket["id"], "status": "active"}

    async def licences():
        rows = await shop.stage.house.store.find("licences", holder, sort="created_at")
        return {row.doc["order"] for row in rows}

    assert await licences() == {first["id"], second["id"]}
    assert (await shop.seller.ok("GET", f"/products/{ticket['id']}"))["sold"] == 2
    for order, left in ((first, {second["id"]}), (second, set())):
        await bo.ok("GET", playback)
        await shop.settle(await shop.refund(bo, order))
        assert (await bo.ok("GET", f"/orders/{order['id']}"))["status"] == "refunded"
        assert await licences() == left
    assert (await bo.fails("GET", playback, status=403))["code"] == "licence_required"
    assert (await shop.seller.ok("GET", f"/products/{ticket['id']}"))["sold"] == 0


@pytest.mark.parametrize("key", ["", "two words", "x" * 129, "schlüssel"])
async def test_a_key_that_is_none(shop, key):
    bo = await shop.stage.user("Bo")
    response = await order_with(bo, await shop.offer(), key)
    assert response.status_code == 400
    assert (await response.get_json())["error"]["code"] == "invalid_request"


@pytest.mark.parametrize("items", [None, [], [{}], [{"product_id": "a b"}], ["prd_1"]])
async def test_a_basket_that_is_none(shop, items):
    bo = await shop.stage.user("Bo")
    error = await bo.fails("POST", "/orders", {"items": items})
    assert error["code"] == "invalid_request"


async def test_what_cannot_be_bought(shop):
    bo = await shop.stage.user("Bo")
    ticket, dear = await shop.offer(capacity=1), await shop.offer(price=PRICE | {"currency": "USD"})
    rare = await shop.offer(capacity=1)
    await shop.order(await shop.stage.user("Cy"), rare["id"])

    async def code(buyer, status, *product_ids):
        items = [{"product_id": product_id} for product_id in product_ids]
        return (await buyer.fails("POST", "/orders", {"items": items}, status))["code"]

    assert await code(bo, 404, "prd_unknown") == "product_not_found"
    assert await code(bo, 400, ticket["id"], dear["id"]) == "mixed_order"
    assert await code(bo, 400, ticket["id"], ticket["id"]) == "invalid_request"
    assert await code(shop.seller, 400, ticket["id"]) == "own_product"
    assert await code(bo, 409, rare["id"]) == "sold_out"
    await shop.buy(bo, ticket["id"])
    assert await code(bo, 409, ticket["id"]) == "already_owned"
    await shop.seller.ok("PATCH", f"/products/{dear['id']}", {"status": "withdrawn"})
    assert await code(bo, 409, dear["id"]) == "not_on_sale"
    assert await code(shop.stage.guest, 401, ticket["id"]) == "unauthorized"


async def test_a_provider_that_does_not_answer(shop):
    bo = await shop.stage.user("Bo")
    ticket = await shop.offer()
    shop.stage.psp.silent = True
    response = await order_with(bo, ticket)
    error = (await response.get_json())["error"]
    assert (response.status_code, error["code"]) == (503, "psp_unavailable")
    assert "Retry-After" in response.headers
    shop.stage.psp.silent = False
    order = await (await order_with(bo, ticket)).get_json()
    assert order["id"] == error["details"]["order_id"]
    assert order["payment"]["status"] == "open"
    assert await count(shop, "orders") == 1


async def test_who_sees_an_order(shop):
    bo, eve = await shop.stage.user("Bo"), await shop.stage.user("Eve")
    root = await shop.stage.operator()
    order = await shop.buy(bo, (await shop.offer())["id"])
    path = f"/orders/{order['id']}"
    (listed,) = (await bo.ok("GET", "/orders"))["items"]
    assert listed == order
    assert {"fee", "transfers"}.isdisjoint(order), "what the seller gets is no buyer's to know"
    assert (await bo.ok("GET", "/orders?role=seller"))["items"] == []
    for path_of_seller in ("/sellers/me/transfers", "/sellers/me/ledger"):
        assert (await bo.ok("GET", path_of_seller))["items"] == []
    for caller in (shop.seller, root):
        seen = await caller.ok("GET", path)
        (transfer,) = seen.pop("transfers")
        assert transfer["amount"] == 1500
        assert seen.pop("fee") == 0
        assert seen == order
    for caller, status in ((eve, 404), (shop.stage.guest, 401)):
        await caller.fails("GET", path, status=status)
    assert (await bo.fails("GET", "/orders/ord_unknown", status=404))["code"] == "order_not_found"


async def test_lists_of_what_was_bought_and_sold(shop):
    bo = await shop.stage.user("Bo")
    orders = []
    for title in ("One", "Two", "Three"):
        orders.append(await shop.order(bo, (await shop.offer(title=title))["id"]))
        shop.stage.clock.pass_s(1)
    newest = [order["id"] for order in reversed(orders)]
    first = await bo.ok("GET", "/orders?limit=2")
    rest = await bo.ok("GET", f"/orders?limit=2&cursor={first['next_cursor']}")
    assert [order["id"] for order in first["items"] + rest["items"]] == newest
    assert rest["next_cursor"] is None
    sold = await shop.seller.ok("GET", "/orders?role=seller")
    assert [order["id"] for order in sold["items"]] == newest
    assert "transfers" in sold["items"][0]
    assert (await shop.seller.ok("GET", "/orders"))["items"] == []
    assert (await bo.fails("GET", "/orders?role=thief"))["code"] == "invalid_request"


@pytest.mark.parametrize("ms_between", [0, 1])
async def test_what_is_sold_while_somebody_pages_shifts_no_page(shop, ms_between):
    bo = await shop.stage.user("Bo")
    ticket = await shop.offer()

    async def sell(count):
        ids = []
        for _ in range(count):
            ids.append((await shop.order(bo, ticket["id"]))["id"])
            shop.stage.clock.pass_s(ms_between / 1000)
        return ids

    there = await sell(6)
    seen, cursor = [], ""
    while cursor is not None:
        page = await shop.seller.ok("GET", f"/orders?role=seller&limit=2{cursor}")
        seen += [order["id"] for order in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
        if len(seen) <= 4:
            await sell(1)
    assert len(seen) == len(set(seen)), "none is listed twice"
    assert set(there) <= set(seen), "none that was there is left out"


@pytest.mark.parametrize(
    "path", ["/orders", "/orders?role=seller", "/products", "/sellers/me/ledger"]
)
@pytest.mark.parametrize("limit", [0, 101, -1])
async def test_a_page_has_an_end(shop, path, limit):
    query = f"{path}{'&' if '?' in path else '?'}limit={limit}"
    assert (await shop.seller.fails("GET", query))["code"] == "invalid_request"


async def test_a_server_that_sells_nothing(shop, settings):
    bo = await shop.stage.user("Bo")
    ticket = await shop.offer()
    house = shop.stage.house
    object.__setattr__(house, "settings", settings.model_copy(update={"psp_url": "off"}))
    for caller, path, body in (
        (bo, "/orders", {"items": [{"product_id": ticket["id"]}]}),
        (
            shop.seller,
            "/products",
            {"kind": "ticket", "title": "A", "price": PRICE, "stream_id": shop.stream_id},
        ),
    ):
        assert (await caller.fails("POST", path, body))["code"] == "tickets_unavailable"
