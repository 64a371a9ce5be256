"""Deliveries and settlements in virtual time: the schedule of a day passes in no time."""

from itertools import accumulate

import pytest
import trio

from server.sandbox.bodies import CreatePaymentBody, CreateRefundBody
from server.sandbox.deliveries import DELIVERIES_AT_ONCE_COUNT, DELIVERY_TIMEOUT_S
from server.sandbox.faults import Plan
from server.sandbox.webhooks import RETRY_DELAYS_S
from storage import StoreUnavailable

A_DAY_S = 24 * 3600
PAYMENT = CreatePaymentBody(
    payment_id="pay_1", amount=1200, currency="EUR", return_url="https://shop.example/"
)


async def pay(sandbox, payment_id="pay_1"):
    await sandbox.desk.payments.create(PAYMENT.model_copy(update={"payment_id": payment_id}))
    return await sandbox.desk.payments.pay(payment_id)


async def states(store):
    rows = await store.find("webhooks", {}, sort="id", limit=1000)
    return [row.doc["state"] for row in rows]


@pytest.fixture
async def running(make_sandbox, nursery):
    sandbox = make_sandbox(settle_delay_s=1.5)
    await nursery.start(sandbox.run)
    return sandbox


async def test_a_webhook_is_sent_at_once_and_once(running, mailbox, store, autojump_clock):
    await pay(running)
    await trio.sleep(2 * A_DAY_S)
    assert mailbox.times() == [0]
    assert await states(store) == ["acknowledged"]


async def test_it_is_sent_again_as_the_schedule_says_always_as_the_same_event(
    running, mailbox, store, autojump_clock
):
    mailbox.answers = [500, None, 302, *[404] * 100]
    await pay(running)
    await trio.sleep(2 * A_DAY_S)
    assert mailbox.times() == [0, *accumulate(RETRY_DELAYS_S)]
    bodies = [body for _, body in mailbox.got]
    assert all(body == bodies[0] for body in bodies)
    assert await states(store) == ["given_up"]


async def test_a_shop_that_does_not_answer_is_given_a_deadline(running, mailbox, autojump_clock):
    mailbox.silent_s = 3600
    await pay(running)
    await trio.sleep(DELIVERY_TIMEOUT_S + RETRY_DELAYS_S[0] + 1)
    assert mailbox.times() == [0, DELIVERY_TIMEOUT_S + RETRY_DELAYS_S[0]]


async def test_one_that_fails_holds_up_no_other(running, mailbox, autojump_clock):
    mailbox.answers = [500]
    await pay(running, "pay_1")
    await trio.sleep(1)
    await pay(running, "pay_2")
    await trio.sleep(1)
    assert [body["content"]["object"]["payment_id"] for _, body in mailbox.got] == [
        "pay_1",
        "pay_2",
    ]


async def test_no_more_at_once_than_the_bound(running, mailbox, store, autojump_clock):
    mailbox.silent_s = 1
    for number in range(5 * DELIVERIES_AT_ONCE_COUNT):
        await pay(running, f"pay_{number}")
    await trio.sleep(10)
    assert mailbox.most_at_once == DELIVERIES_AT_ONCE_COUNT
    assert len(mailbox.got) == 5 * DELIVERIES_AT_ONCE_COUNT
    assert set(await states(store)) == {"acknowledged"}


async def test_what_was_not_taken_goes_on_after_a_restart(
    make_sandbox, mailbox, autojump_clock, store
):
    mailbox.answers = [500]
    async with trio.open_nursery() as first:
        sandbox = make_sandbox()
        await first.start(sandbox.run)
        await pay(sandbox)
        await trio.sleep(30)
        first.cancel_scope.cancel()
    await trio.sleep(600)
    assert len(mailbox.got) == 1
    async with trio.open_nursery() as second:
        await second.start(make_sandbox().run)
        await trio.sleep(1)
        second.cancel_scope.cancel()
    assert mailbox.times() == [0, 630]
    assert mailbox.got[0][1] == mailbox.got[1][1]
    assert await states(store) == ["acknowledged"]


async def test_an_attempt_that_was_cut_off_is_made_again(
    make_sandbox, mailbox, autojump_clock, store
):
    mailbox.silent_s = 3
    async with trio.open_nursery() as first:
        sandbox = make_sandbox()
        await first.start(sandbox.run)
        await pay(sandbox)
        await trio.sleep(1)
        first.cancel_scope.cancel()
    async with trio.open_nursery() as second:
        await second.start(make_sandbox().run)
        await trio.sleep(10)
        second.cancel_scope.cancel()
    assert mailbox.times() == [0, 1]


async def test_a_refund_settles_after_its_delay(running, mailbox, autojump_clock):
    await pay(running)
    await running.desk.refunds.create(
        CreateRefundBody(payment_id="pay_1", refund_id="ref_1", amount=500), Plan()
    )
    await trio.sleep(1.4)
    assert (await running.desk.refunds.get("ref_1")).view["status"] == "pending"
    await trio.sleep(0.2)
    assert (await running.desk.refunds.get("ref_1")).view["status"] == "succeeded"
    assert mailbox.times() == [0, 1.5]


async def test_an_earlier_refund_wakes_the_loop_before_a_later_one(
    running, mailbox, autojump_clock
):
    for payment_id in ("pay_1", "pay_2"):
        await pay(running, payment_id)
        body = CreateRefundBody(payment_id=payment_id, refund_id=f"ref_{payment_id}", amount=5)
        await running.desk.refunds.create(body, Plan())
        await trio.sleep(1)
    await trio.sleep(5)
    assert mailbox.times() == [0, 1, 1.5, 2.5]


async def test_refunds_settle_after_a_restart(make_sandbox, mailbox, autojump_clock):
    async with trio.open_nursery() as first:
        sandbox = make_sandbox(settle_delay_s=60)
        await first.start(sandbox.run)
        await pay(sandbox)
        body = CreateRefundBody(payment_id="pay_1", refund_id="ref_1", amount=500)
        await sandbox.desk.refunds.create(body, Plan())
        await trio.sleep(1)
        first.cancel_scope.cancel()
    async with trio.open_nursery() as second:
        await second.start(make_sandbox().run)
        await trio.sleep(100)
        second.cancel_scope.cancel()
    assert mailbox.times() == [0, 60]


async def test_without_an_address_webhooks_are_kept(make_sandbox, mailbox, autojump_clock, store):
    async with trio.open_nursery() as nursery:
        sandbox = make_sandbox(webhook_url="")
        await nursery.start(sandbox.run)
        await pay(sandbox)
        await trio.sleep(A_DAY_S)
        nursery.cancel_scope.cancel()
    assert mailbox.got == []
    assert await states(store) == ["kept"]


@pytest.mark.parametrize(
    ("rule", "times"),
    [
        ({"fault": "webhook_lost"}, []),
        ({"fault": "webhook_duplicate", "copies": 2}, [0, 0, 0]),
        ({"fault": "delay", "delay_s": 7}, [7]),
        ({"fault": "webhook_reorder", "delay_s": 3}, [3]),
    ],
)
async def test_faults_of_webhooks(make_sandbox, mailbox, autojump_clock, rules, rule, times):
    async with trio.open_nursery() as nursery:
        sandbox = make_sandbox(faults=rules({"on": "webhook"} | rule))
        await nursery.start(sandbox.run)
        await pay(sandbox)
        await trio.sleep(A_DAY_S)
        nursery.cancel_scope.cancel()
    assert mailbox.times() == times


async def test_reordered_the_later_one_overtakes(make_sandbox, mailbox, autojump_clock, rules):
    rule = {"on": "webhook", "fault": "webhook_reorder", "nth": 1, "delay_s": 5}
    async with trio.open_nursery() as nursery:
        sandbox = make_sandbox(faults=rules(rule))
        await nursery.start(sandbox.run)
        await pay(sandbox)
        body = CreateRefundBody(payment_id="pay_1", refund_id="ref_1", amount=500)
        await sandbox.desk.refunds.create(body, Plan())
        await trio.sleep(60)
        nursery.cancel_scope.cancel()
    types = [body["event_type"] for _, body in mailbox.got]
    assert types == ["refund_succeeded", "payment_succeeded"]


async def test_a_wrong_amount_is_in_the_webhook_and_not_in_the_truth(
    make_sandbox, mailbox, autojump_clock, rules
):
    rule = {"on": "webhook", "fault": "wrong_amount", "by": -200}
    async with trio.open_nursery() as nursery:
        sandbox = make_sandbox(faults=rules(rule))
        await nursery.start(sandbox.run)
        await pay(sandbox)
        await trio.sleep(1)
        nursery.cancel_scope.cancel()
    said = mailbox.got[0][1]["content"]["object"]
    assert (said["amount"], said["amount_received"]) == (1000, 1000)
    assert (await sandbox.desk.payments.get("pay_1")).view["amount"] == 1200


async def test_a_store_that_fails_for_a_while_stops_no_loop(
    running, mailbox, store, monkeypatch, autojump_clock
):
    find = store.find

    async def fail(*_args, **_options):
        await trio.lowlevel.checkpoint()
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(store, "find", fail)
    await pay(running)
    await trio.sleep(5)
    assert mailbox.got == []
    monkeypatch.setattr(store, "find", find)
    await trio.sleep(2)
    assert len(mailbox.got) == 1


async def test_who_wants_one_sent_now_waits_for_the_attempt_under_way(
    running, mailbox, autojump_clock
):
    mailbox.silent_s = 3
    done = await pay(running)
    await trio.sleep(1)
    began = trio.current_time()
    await running._deliveries.deliver_now(done.webhooks[0])
    assert trio.current_time() - began == pytest.approx(2)
    assert len(mailbox.got) == 1
