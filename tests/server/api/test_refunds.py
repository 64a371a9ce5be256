async def test_a_refund_is_pending_until_the_webhook_says_more(shop):
    bo = await shop.stage.user("Bo")
    order = await shop.buy(bo, (await shop.offer())["id"])
    path = f"/orders/{order['id']}"
    answer = await bo.ok("POST", f"/marketplace{path}/refund", {"reason": " Ill.\x00 "}, 202)
    refund = answer["refund"]
    assert refund == {"id": refund["id"], "status": "pending", "amount": 1500}
    assert "pending" in answer["message"]
    seen = await bo.ok("GET", path)
    assert seen["status"] == "refund_pending"
    assert seen["refunds"] == [
        {
            "id": refund["id"],
            "status": "pending",
            "amount": 1500,
            "reason": "Ill.",
            "created_at": "2027-01-15T08:00:00.000Z",
            "succeeded_at": None,
        }
    ]
    assert seen["licences"][0]["status"] == "active"
    shop.stage.clock.pass_s(60)
    await shop.settle(refund)
    seen = await bo.ok("GET", path)
    assert seen["status"] == "refunded"
    assert seen["refunds"][0]["status"] == "succeeded"
    assert seen["refunds"][0]["succeeded_at"] == "2027-01-15T08:01:00.000Z"
    assert seen["licences"][0]["status"] == "revoked"
    assert seen["items"][0]["refunded"] == 1500
    (change,) = shop.stage.gates.told
    assert (change.stream_id, change.user_id, change.active) == (
        shop.stream_id,
        bo.user["id"],
        False,
    )


async def test_a_refund_that_fails_gives_the_order_back(shop):
    bo = await shop.stage.user("Bo")
    order = await shop.buy(bo, (await shop.offer())["id"])
    await shop.settle(await shop.refund(bo, order), "failed")
    seen = await bo.ok("GET", f"/orders/{order['id']}")
    assert (seen["status"], seen["refunds"][0]["status"]) == ("completed", "failed")
    assert seen["licences"][0]["status"] == "active"


async def test_whole_items_and_amounts_are_refunded(shop):
    bo = await shop.stage.user("Bo")
    one, two = await shop.offer(), await shop.offer(title="Monday")
    order = await shop.buy(bo, one["id"], two["id"])
    refund = await shop.refund(bo, order, items=[{"product_id": two["id"]}])
    assert refund["amount"] == 1500
    await shop.settle(refund)
    refund = await shop.refund(shop.seller, order, amount=500)
    assert refund["amount"] == 500
    await shop.settle(refund)
    seen = await bo.ok("GET", f"/orders/{order['id']}")
    assert seen["status"] == "partially_refunded"
    assert [item["refunded"] for item in seen["items"]] == [500, 1500]
    assert {each["product_id"]: each["status"] for each in seen["licences"]} == {
        one["id"]: "active",
        two["id"]: "revoked",
    }


async def test_refunds_that_are_refused(shop):
    bo, eve = await shop.stage.user("Bo"), await shop.stage.user("Eve")
    ticket = await shop.offer()
    unpaid = await shop.order(bo, ticket["id"])
    order = await shop.buy(bo, ticket["id"])

    async def code(caller, order_id, status, body=None):
        path = f"/marketplace/orders/{order_id}/refund"
        return (await caller.fails("POST", path, body, status))["code"]

    assert await code(shop.stage.guest, order["id"], 401) == "unauthorized"
    assert await code(eve, order["id"], 403) == "forbidden"
    assert await code(bo, "ord_unknown", 404) == "order_not_found"
    assert len(shop.stage.house.orders) == 2
    assert await code(bo, unpaid["id"], 400) == "order_not_refundable"
    assert await code(bo, order["id"], 400, {"amount": 1501}) == "refund_exceeds_captured"
    for amount in (0, -1, 1.5, "5", True, 2**70):
        assert await code(bo, order["id"], 400, {"amount": amount}) == "invalid_request"
    both = {"amount": 1, "items": [{"product_id": ticket["id"]}]}
    assert await code(bo, order["id"], 400, both) == "invalid_request"
    await shop.refund(bo, order)
    assert await code(bo, order["id"], 400) == "refund_already_requested"
    assert await code(eve, order["id"], 403) == "forbidden"


async def test_the_window_closes(shop):
    bo = await shop.stage.user("Bo")
    order = await shop.buy(bo, (await shop.offer())["id"])
    shop.stage.clock.pass_s(14 * 24 * 3600 + 1)
    bo.token = shop.stage.token_for(bo)
    error = await bo.fails("POST", f"/marketplace/orders/{order['id']}/refund")
    assert error["code"] == "refund_window_expired"


async def test_a_definite_no_of_the_provider_is_502(shop):
    bo = await shop.stage.user("Bo")
    order = await shop.buy(bo, (await shop.offer())["id"])
    shop.stage.psp.faults.append("refuse")
    error = await bo.fails("POST", f"/marketplace/orders/{order['id']}/refund", status=502)
    assert error["code"] == "psp_refused"
    assert (await bo.ok("GET", f"/orders/{order['id']}"))["status"] == "completed"


async def test_a_lost_reply_is_no_failure(shop):
    bo = await shop.stage.user("Bo")
    order = await shop.buy(bo, (await shop.offer())["id"])
    shop.stage.psp.faults.append("drop")
    refund = await shop.refund(bo, order)
    assert refund["status"] == "pending"
    assert (await bo.ok("GET", f"/orders/{order['id']}"))["status"] == "refund_pending"


async def test_a_product_may_end_the_time_for_refunds_earlier(shop):
    bo = await shop.stage.user("Bo")
    order = await shop.buy(bo, (await shop.offer(refund_until="2027-01-16T08:00:00Z"))["id"])
    assert order["refundable_until"] == "2027-01-16T08:00:00.000Z"
    shop.stage.clock.pass_s(24 * 3600 + 1)
    path = f"/marketplace/orders/{order['id']}/refund"
    bo.token = shop.stage.token_for(bo)
    assert (await bo.fails("POST", path, {}))["code"] == "refund_window_expired"
