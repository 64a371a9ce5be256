import pytest
import trio


async def test_a_refund_is_pending_and_settles_by_itself(sandbox):
    await sandbox.paid()
    await sandbox.shop.wait(1)
    said = await sandbox.refund("ref_1", 500, "changed my mind")
    assert said["status"] == "pending"
    assert (said["refund_id"], said["payment_id"]) == ("ref_1", "pay_1")
    assert (said["amount"], said["currency"]) == (500, "EUR")
    assert said["connector_refund_id"] != "ref_1"
    events = await sandbox.shop.wait(2)
    assert sandbox.shop.types() == ["payment_succeeded", "refund_succeeded"]
    event = events[1]
    assert event["content"]["type"] == "refund_details"
    assert event["content"]["object"]["status"] == "succeeded"
    assert event["content"]["object"]["updated_at"] > said["updated_at"]
    assert event["content"]["object"] == await sandbox.psp("GET", "/refunds/ref_1?force_sync=true")


async def test_without_an_amount_all_is_refunded(sandbox):
    await sandbox.paid(amount=1200)
    assert (await sandbox.refund("ref_1"))["amount"] == 1200


@pytest.mark.parametrize(
    ("reason", "first", "events"),
    [
        ("sandbox:fail please", "pending", ["payment_succeeded", "refund_failed"]),
        ("sandbox:decline", "failed", ["payment_succeeded", "refund_failed"]),
        ("sandbox:review", "review", ["payment_succeeded"]),
    ],
)
async def test_a_reason_says_how_it_ends(sandbox, reason, first, events):
    await sandbox.paid()
    await sandbox.shop.wait(1)
    assert (await sandbox.refund("ref_1", 500, reason))["status"] == first
    await sandbox.shop.wait(len(events))
    assert sandbox.shop.types() == events
    assert (await sandbox.truth("payments"))[0]["refunded"] == (500 if first == "review" else 0)


async def test_a_reason_can_refuse_at_once_and_nothing_is_kept(sandbox):
    await sandbox.paid()
    body = {"payment_id": "pay_1", "refund_id": "ref_1", "reason": "sandbox:refuse"}
    assert await sandbox.fails("POST", "/refunds", body) == "HE_03"
    assert await sandbox.fails("GET", "/refunds/ref_1", status=404) == "HE_02"
    assert (await sandbox.refund("ref_1", 500))["status"] == "pending"


async def test_a_review_waits_for_a_person(sandbox):
    await sandbox.paid()
    await sandbox.refund("ref_1", 500, "sandbox:review")
    body = {"status": "succeeded"}
    assert (await sandbox.psp("POST", "/control/refunds/ref_1/settle", body))[
        "status"
    ] == "succeeded"
    await sandbox.shop.wait(2)
    assert "refund_succeeded" in sandbox.shop.types()


async def test_a_settled_refund_can_be_turned_and_the_payment_follows(sandbox):
    await sandbox.paid()
    await sandbox.refund("ref_1", 1200)
    await sandbox.shop.wait(2)
    await sandbox.psp("POST", "/control/refunds/ref_1/settle", {"status": "failed"})
    assert (await sandbox.truth("payments"))[0]["refunded"] == 0
    await sandbox.psp("POST", "/control/refunds/ref_1/settle", {"status": "failed"})
    await sandbox.psp("POST", "/control/refunds/ref_1/settle", {"status": "succeeded"})
    assert (await sandbox.truth("payments"))[0]["refunded"] == 1200
    await sandbox.shop.wait(4)
    assert sandbox.shop.types()[2:] == ["refund_failed", "refund_succeeded"]


async def test_never_more_than_was_captured(sandbox):
    await sandbox.paid(amount=1000)
    await sandbox.refund("ref_1", 600)
    body = {"payment_id": "pay_1", "refund_id": "ref_2", "amount": 401}
    assert await sandbox.fails("POST", "/refunds", body) == "IR_13"
    await sandbox.refund("ref_3", 400)


async def test_nor_by_many_at_once(sandbox):
    await sandbox.paid(amount=1000)
    statuses = []

    async def refund(number):
        body = {"payment_id": "pay_1", "refund_id": f"ref_{number}", "amount": 300}
        headers = {"api-key": "the_api_key"}
        answer = await sandbox.http.post(f"{sandbox.url}/refunds", json=body, headers=headers)
        statuses.append(answer.status_code)

    async with trio.open_nursery() as nursery:
        for number in range(12):
            nursery.start_soon(refund, number)
    assert sorted(statuses) == [200] * 3 + [400] * 9
    assert (await sandbox.truth("payments"))[0]["refunded"] == 900


async def test_a_failed_refund_gives_its_share_back(sandbox):
    await sandbox.paid(amount=1000)
    await sandbox.refund("ref_1", 1000, "sandbox:fail")
    await sandbox.shop.wait(2)
    assert (await sandbox.refund("ref_2", 1000))["status"] == "pending"


async def test_a_known_id_is_not_answered_again(sandbox, body_of):
    await sandbox.paid(amount=1000)
    await sandbox.refund("ref_1", 300)
    assert await sandbox.fails("POST", "/refunds", body_of("ref_1", 300)) == "HE_01"
    assert len(await sandbox.truth("refunds")) == 1


async def test_a_retry_of_a_full_refund_hears_that_it_is_too_much(sandbox, body_of):
    await sandbox.paid(amount=1000)
    await sandbox.refund("ref_1", 1000)
    assert await sandbox.fails("POST", "/refunds", body_of("ref_1", 1000)) == "IR_13"
    assert len(await sandbox.truth("refunds")) == 1


async def test_one_id_serves_one_payment(sandbox):
    await sandbox.paid("pay_1")
    await sandbox.paid("pay_2")
    codes = []

    async def refund(payment_id):
        body = {"payment_id": payment_id, "refund_id": "ref_1", "amount": 100}
        headers = {"api-key": "the_api_key"}
        answer = await sandbox.http.post(f"{sandbox.url}/refunds", json=body, headers=headers)
        codes.append(answer.json().get("error", {}).get("code", "taken"))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(refund, "pay_1")
        nursery.start_soon(refund, "pay_2")
    assert sorted(codes) == ["HE_01", "taken"]


async def test_ten_refunds_are_all_that_a_payment_may_have(sandbox, body_of):
    await sandbox.paid(amount=1000)
    for number in range(10):
        await sandbox.refund(f"ref_{number}", 1, "sandbox:decline")
    assert await sandbox.fails("POST", "/refunds", body_of("ref_10", 1)) == "IR_12"


async def test_only_what_is_paid_is_refunded(sandbox, body_of):
    assert await sandbox.fails("POST", "/refunds", body_of(), status=404) == "HE_02"
    await sandbox.payment()
    assert await sandbox.fails("POST", "/refunds", body_of()) == "IR_14"


BAD_CHANGES = [
    {"currency": "EUR"},
    {"amount": 0},
    {"amount": "500"},
    {"amount": 1.5},
    {"amount": True},
    {"amount": 10**15},
    {"refund_id": "r" * 31},
    {"refund_id": "ref/1"},
    {"refund_id": "ref_1\n"},
    {"reason": "r" * 256},
    {"refund_type": "later"},
    {"payment_id": None},
    {"metadata": {str(key): "" for key in range(51)}},
]


async def test_a_bad_body_is_refused(sandbox, body_of):
    await sandbox.paid()
    for change in BAD_CHANGES:
        assert await sandbox.fails("POST", "/refunds", body_of() | change) == "IR_06", change
    assert await sandbox.truth("refunds") == []


async def test_a_body_without_its_payment_is_refused(sandbox):
    assert await sandbox.fails("POST", "/refunds", {"refund_id": "ref_1"}) == "IR_04"


async def test_refunds_are_listed(sandbox):
    await sandbox.paid("pay_1")
    await sandbox.paid("pay_2")
    for number in range(3):
        await sandbox.refund(f"ref_{number}", 100)
    found = await sandbox.psp("POST", "/refunds/list", {"payment_id": "pay_1", "limit": 2})
    assert (found["count"], found["total_count"]) == (2, 3)
    assert [each["refund_id"] for each in found["data"]] == ["ref_2", "ref_1"]
    rest = await sandbox.psp("POST", "/refunds/list", {"limit": 2, "offset": 2})
    assert [each["refund_id"] for each in rest["data"]] == ["ref_0"]
    none = await sandbox.psp("POST", "/refunds/list", {"payment_id": "pay_2"})
    assert none == {"count": 0, "total_count": 0, "data": []}
