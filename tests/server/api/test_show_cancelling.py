from support.shopping import PRICE

from actors.services.show_cancelling import cancel_shows


async def run_cancelling(shop):
    """Do what the sweeper does when it is kicked."""
    house = shop.stage.house
    return await cancel_shows(house.store, house.orders, house.clock)


async def test_a_cancelled_show_refunds_everybody(shop):
    ticket = await shop.offer(capacity=5)
    bo, cy, di = [await shop.stage.user(name) for name in ("Bo", "Cy", "Di")]
    orders = [await shop.buy(buyer, ticket["id"]) for buyer in (bo, cy, di)]
    await shop.settle(await shop.refund(di, orders[2]))
    path = f"/products/{ticket['id']}/cancel"
    answer = await shop.seller.ok("POST", path, status=202)
    assert answer["product"]["status"] == "cancelled"
    assert answer["cancel"] == {
        "state": "running",
        "refunds_opened": 0,
        "already_refunded": 0,
        "failed": 0,
    }
    assert await run_cancelling(shop) == 2
    done = await shop.seller.ok("GET", path)
    assert done["cancel"] == {
        "state": "done",
        "refunds_opened": 2,
        "already_refunded": 1,
        "failed": 0,
    }
    for buyer, order in ((bo, orders[0]), (cy, orders[1])):
        (refund,) = (await buyer.ok("GET", f"/orders/{order['id']}"))["refunds"]
        assert (refund["status"], refund["amount"]) == ("pending", 1500)
        await shop.settle(refund)
        assert (await buyer.ok("GET", f"/orders/{order['id']}"))["status"] == "refunded"
    assert (await bo.fails("POST", "/orders", {"items": [{"product_id": ticket["id"]}]}, 409))[
        "code"
    ] == "not_on_sale"
    error = await shop.seller.fails("PATCH", f"/products/{ticket['id']}", {"title": "A"}, 409)
    assert error["code"] == "not_on_sale"


async def test_who_may_cancel_a_show(shop):
    eve, root = await shop.stage.user("Eve"), await shop.stage.operator()
    ticket = await shop.offer()
    path = f"/products/{ticket['id']}/cancel"
    for method in ("POST", "GET"):
        assert (await eve.fails(method, path, status=403))["code"] == "forbidden"
        assert (await shop.stage.guest.fails(method, path, status=401))["code"] == "unauthorized"
        unknown = "/products/prd_unknown/cancel"
        assert (await eve.fails(method, unknown, status=404))["code"] == "product_not_found"
    assert (await shop.seller.fails("GET", path, status=404))["code"] == "cancel_not_found"
    await root.ok("POST", path, status=202)
    assert (await shop.seller.ok("GET", path))["cancel"]["state"] == "running"


async def test_a_track_cannot_be_cancelled(shop):
    show_id = await shop.record_show()
    track = {"kind": "track", "title": "Encore", "price": PRICE, "recording_id": show_id}
    product = await shop.seller.ok("POST", "/products", track, 201)
    error = await shop.seller.fails("POST", f"/products/{product['id']}/cancel")
    assert error["code"] == "invalid_request"
