import pytest


async def dispute(sandbox, status, answer=200, **more):
    body = {"payment_id": "pay_1", "status": status} | more
    return await sandbox.psp("POST", "/control/disputes", body, answer)


async def test_a_dispute_is_opened_and_lost(sandbox):
    await sandbox.paid()
    opened = await dispute(sandbox, "opened", amount=700)
    assert opened["amount"] == "700"
    assert (opened["payment_id"], opened["dispute_status"]) == ("pay_1", "dispute_opened")
    lost = await dispute(sandbox, "lost")
    assert lost["dispute_id"] == opened["dispute_id"]
    assert (await sandbox.truth("payments"))[0]["lost"] == 700
    events = await sandbox.shop.wait(3)
    assert {"dispute_opened", "dispute_lost"} < set(sandbox.shop.types())
    contents = [event["content"] for event in events if "dispute" in event["event_type"]]
    assert all(each["type"] == "dispute_details" for each in contents)


async def test_a_dispute_that_is_won_costs_nothing(sandbox):
    await sandbox.paid()
    assert (await dispute(sandbox, "opened"))["amount"] == "1200"
    await dispute(sandbox, "won")
    assert (await sandbox.truth("payments"))[0]["lost"] == 0


async def test_disputes_that_cannot_be(sandbox):
    await dispute(sandbox, "opened", 404)
    await sandbox.payment()
    await dispute(sandbox, "opened", 400)
    await sandbox.pay()
    await dispute(sandbox, "won", 404)
    await dispute(sandbox, "opened", 400, amount=1201)
    await dispute(sandbox, "opened", amount=800)
    await dispute(sandbox, "opened", 400, amount=100)
    await dispute(sandbox, "lost")
    await dispute(sandbox, "opened", 400, amount=401)


async def test_the_truth_comes_in_pages(sandbox):
    for number in range(5):
        await sandbox.payment(f"pay_{number}")
    seen, after = [], ""
    while after is not None:
        page = await sandbox.psp("GET", f"/control/truth?kind=payments&limit=2&after={after}")
        seen += [each["id"] for each in page["payments"]["items"]]
        after = page["payments"]["next"]
    assert seen == [f"pay_{number}" for number in range(5)]
    all_kinds = await sandbox.psp("GET", "/control/truth")
    assert set(all_kinds) == {"payments", "refunds", "disputes", "transfers", "webhooks"}
    assert await sandbox.fails("GET", "/control/truth?kind=keys") == "IR_06"
    assert await sandbox.fails("GET", "/control/truth?limit=501") == "IR_06"


async def test_webhooks_are_sent_again_as_the_same_events(sandbox):
    for number in range(3):
        await sandbox.paid(f"pay_{number}")
    await sandbox.shop.wait(3)
    body = {"shuffle": True, "seed": 3}
    assert await sandbox.psp("POST", "/control/redeliver", body) == {"redelivering": 3}
    events = await sandbox.shop.wait(6)
    first, again = events[:3], events[3:]
    assert sorted(each["event_id"] for each in again) == sorted(each["event_id"] for each in first)
    assert await sandbox.psp("POST", "/control/redeliver", {"payment_id": "pay_1"}) == {
        "redelivering": 1
    }
    events = await sandbox.shop.wait(7)
    assert events[6]["content"]["object"]["payment_id"] == "pay_1"


async def test_a_lost_webhook_can_be_sent_after_all(open_sandbox, rules):
    faults = rules({"on": "webhook", "fault": "webhook_lost", "nth": 1})
    async with open_sandbox(faults=faults) as sandbox:
        await sandbox.paid("pay_1")
        await sandbox.paid("pay_2")
        events = await sandbox.shop.wait(1)
        assert events[0]["content"]["object"]["payment_id"] == "pay_2"
        await sandbox.psp("POST", "/control/redeliver", {"payment_id": "pay_1"})
        events = await sandbox.shop.wait(2)
        assert events[1]["content"]["object"]["payment_id"] == "pay_1"


async def test_the_fault_script_is_changed_while_it_runs(sandbox):
    rule = {"on": "get_payment", "fault": "5xx_before", "status": 503, "nth": 1}
    script = await sandbox.psp("PUT", "/control/faults", {"seed": 4, "rules": [rule]})
    assert script["seed"] == 4
    assert await sandbox.psp("GET", "/control/faults") == script
    await sandbox.payment()
    assert await sandbox.fails("GET", "/payments/pay_1", status=503) == "HE_00"
    await sandbox.psp("GET", "/payments/pay_1")
    assert (await sandbox.psp("GET", "/control/status"))["faults_fired"] == [1]
    await sandbox.psp("PUT", "/control/faults", [])
    await sandbox.psp("GET", "/payments/pay_1")
    bad = [{"on": "get_payment", "fault": "nonsense"}]
    assert await sandbox.fails("PUT", "/control/faults", bad) == "IR_06"


async def test_the_status_counts_what_is_to_come(open_sandbox):
    async with open_sandbox(settle_delay_s=600) as sandbox:
        await sandbox.paid()
        await sandbox.shop.wait(1)
        await sandbox.refund("ref_1", 100)
        status = await sandbox.psp("GET", "/control/status")
        assert status["refunds_unsettled"] == 1


@pytest.mark.parametrize("status", ["pending", "gone"])
async def test_a_refund_is_settled_as_one_thing_or_the_other(sandbox, status):
    path = "/control/refunds/ref_1/settle"
    assert await sandbox.fails("POST", path, {"status": status}) == "IR_06"
    assert await sandbox.fails("POST", path, {"status": "failed"}, status=404) == "HE_02"
