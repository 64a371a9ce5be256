"""Faults of requests, as a client on the other end of a socket meets them."""

import httpx
import pytest
import trio

WAIT_TIMEOUT_S = 20
HEADERS = {"api-key": "the_api_key"}


async def post_refund(sandbox, body, **options):
    return await sandbox.http.post(f"{sandbox.url}/refunds", json=body, headers=HEADERS, **options)


@pytest.fixture
def faulty(open_sandbox, rules):
    def opened(*each, **settings):
        return open_sandbox(faults=rules(*each), **settings)

    return opened


async def test_dropped_the_refund_is_done_and_nobody_hears_it(faulty, body_of):
    rule = {"on": "create_refund", "fault": "drop_reply", "delay_s": 0, "nth": 1}
    async with faulty(rule) as sandbox:
        await sandbox.paid()
        with pytest.raises(httpx.RemoteProtocolError):
            await post_refund(sandbox, body_of("ref_1", 300))
        assert (await sandbox.psp("GET", "/refunds/ref_1"))["amount"] == 300
        assert await sandbox.fails("POST", "/refunds", body_of("ref_1", 300)) == "HE_01"


async def test_before_the_cut_there_can_be_silence(faulty, body_of):
    rule = {"on": "create_refund", "fault": "drop_reply", "delay_s": 60}
    async with faulty(rule) as sandbox:
        await sandbox.paid()
        with pytest.raises(httpx.ReadTimeout):
            await post_refund(sandbox, body_of("ref_1", 300), timeout=httpx.Timeout(10, read=0.2))
        assert (await sandbox.psp("GET", "/refunds/ref_1"))["amount"] == 300


@pytest.mark.parametrize(("fault", "known"), [("5xx_before", 404), ("5xx_after", 200)])
async def test_an_error_before_does_nothing_and_one_after_hides_that_it_is_done(
    faulty, body_of, fault, known
):
    async with faulty({"on": "create_refund", "fault": fault, "status": 502}) as sandbox:
        await sandbox.paid()
        answer = await post_refund(sandbox, body_of("ref_1", 300))
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "HE_00")
        await sandbox.psp("GET", "/refunds/ref_1", status=known)


async def test_an_error_of_the_payouts_has_their_shape(faulty):
    async with faulty({"on": "transfer", "fault": "5xx_after", "nth": 1}) as sandbox:
        form = {"amount": "5", "currency": "eur", "destination": "acct_1"}
        answer = await sandbox.stripe("POST", "/transfers", form, key="k", status=500)
        assert answer["error"]["type"] == "api_error"
        await sandbox.stripe("POST", "/transfers", form, key="k")
        assert len(await sandbox.truth("transfers")) == 1


async def test_a_delayed_refund_lands_though_its_caller_has_gone(faulty, body_of):
    rule = {"on": "create_refund", "fault": "delay", "delay_s": 0.5, "nth": 1}
    async with faulty(rule) as sandbox:
        await sandbox.paid()
        await sandbox.shop.wait(1)
        with pytest.raises(httpx.ReadTimeout):
            await post_refund(sandbox, body_of("ref_1", 300), timeout=httpx.Timeout(10, read=0.1))
        assert await sandbox.fails("GET", "/refunds/ref_1", status=404) == "HE_02"
        await sandbox.shop.wait(2)
        assert (await sandbox.psp("GET", "/refunds/ref_1"))["status"] == "succeeded"


async def test_a_delayed_answer_comes_and_so_does_a_delayed_refusal(faulty, body_of):
    rule = {"on": "create_refund", "fault": "delay", "delay_s": 0.05}
    async with faulty(rule) as sandbox:
        assert await sandbox.fails("POST", "/refunds", body_of(), status=404) == "HE_02"
        await sandbox.paid()
        assert (await sandbox.refund("ref_1", 300))["status"] == "pending"


async def test_a_time_out_of_the_processor_that_was_a_success(faulty):
    rule = {"on": "create_refund", "fault": "timeout_then_success", "nth": 1}
    async with faulty(rule, settle_delay_s=0.3) as sandbox:
        await sandbox.paid(amount=1000)
        await sandbox.shop.wait(1)
        said = await sandbox.refund("ref_1", 1000)
        assert (said["status"], said["error_code"]) == ("failed", "TIMEOUT")
        events = await sandbox.shop.wait(2)
        assert events[1]["event_type"] == "refund_succeeded"
        now = await sandbox.psp("GET", "/refunds/ref_1")
        assert (now["status"], now["error_code"]) == ("succeeded", None)


async def test_a_time_out_of_the_processor_that_was_a_failure(faulty):
    rule = {"on": "create_refund", "fault": "timeout_then_success", "then": "failed"}
    async with faulty(rule) as sandbox:
        await sandbox.paid(amount=1000)
        await sandbox.refund("ref_1", 1000)
        events = await sandbox.shop.wait(2)
        assert events[1]["event_type"] == "refund_failed"
        assert events[1]["content"]["object"]["error_code"] == "refund_declined"


async def test_while_it_timed_out_another_refund_would_be_taken_as_well(faulty):
    rule = {"on": "create_refund", "fault": "timeout_then_success", "nth": 1}
    async with faulty(rule, settle_delay_s=0.3) as sandbox:
        await sandbox.paid(amount=1000)
        await sandbox.refund("ref_1", 1000)
        assert (await sandbox.refund("ref_2", 1000))["status"] == "pending"
        await sandbox.shop.wait(3)
        assert (await sandbox.truth("payments"))[0]["refunded"] == 2000


async def test_the_webhook_comes_before_the_reply(faulty, body_of):
    rule = {"on": "create_refund", "fault": "webhook_before_reply"}
    async with faulty(rule, settle_delay_s=600) as sandbox:
        await sandbox.paid()
        await sandbox.shop.wait(1)
        answer = await post_refund(sandbox, body_of("ref_1", 300))
        assert sandbox.shop.types() == ["payment_succeeded", "refund_succeeded"]
        assert answer.json()["status"] == "pending"


async def test_a_reply_can_already_say_succeeded(faulty):
    rule = {"on": "create_refund", "fault": "succeed_at_once"}
    async with faulty(rule, settle_delay_s=600) as sandbox:
        await sandbox.paid()
        assert (await sandbox.refund("ref_1", 300))["status"] == "succeeded"
        await sandbox.shop.wait(2)
        assert "refund_succeeded" in sandbox.shop.types()


async def test_a_reply_can_name_another_amount(faulty):
    async with faulty({"on": "create_refund", "fault": "wrong_amount", "by": 5}) as sandbox:
        await sandbox.paid()
        assert (await sandbox.refund("ref_1", 300))["amount"] == 305
        assert (await sandbox.psp("GET", "/refunds/ref_1"))["amount"] == 300


async def test_a_retry_of_any_refund_can_hear_that_it_is_too_much(faulty, body_of):
    async with faulty({"on": "create_refund", "fault": "ir_13_on_retry"}) as sandbox:
        await sandbox.paid()
        await sandbox.refund("ref_1", 1)
        assert await sandbox.fails("POST", "/refunds", body_of("ref_1", 1)) == "IR_13"
        assert (await sandbox.refund("ref_2", 1))["status"] == "pending"


async def test_two_refunds_of_the_same_money_can_both_succeed(faulty):
    async with faulty({"on": "create_refund", "fault": "double_success"}) as sandbox:
        await sandbox.paid(amount=1000)
        await sandbox.refund("ref_1", 1000)
        await sandbox.refund("ref_2", 1000)
        await sandbox.shop.wait(3)
        assert sorted(sandbox.shop.types())[1:] == ["refund_succeeded"] * 2


async def test_paying_can_be_told_before_it_is_answered(faulty):
    async with faulty({"on": "pay", "fault": "webhook_before_reply"}) as sandbox:
        await sandbox.payment()
        with trio.fail_after(WAIT_TIMEOUT_S):
            await sandbox.pay()
        assert sandbox.shop.types() == ["payment_succeeded"]
