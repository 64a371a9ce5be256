import pytest
import trio

from server.sandbox.errors import ServerFault
from server.sandbox.faults import Faults
from server.sandbox.performing import MAX_LATE_COUNT, Done, Performer


class Work:
    def __init__(self):
        self.times = []

    async def __call__(self, _plan):
        await trio.lowlevel.checkpoint()
        self.times.append(trio.current_time())
        return Done({"amount": 5}, ("evt_1",))


async def ignore(_webhook_id):
    await trio.lowlevel.checkpoint()


@pytest.fixture
def late(rules):
    rule = {"on": "get_refund", "fault": "delay", "delay_s": 30}
    return Performer(Faults(rules(rule)), ignore)


async def test_late_it_is_done_though_nobody_waits(late, autojump_clock, nursery):
    await nursery.start(late.run)
    work = Work()
    with trio.move_on_after(1) as caller:
        await late.perform("get_refund", work)
    assert caller.cancelled_caught
    await trio.sleep(40)
    assert work.times == [30]


async def test_late_no_more_wait_than_the_bound(late, autojump_clock, nursery):
    await nursery.start(late.run)
    work, refused = Work(), []

    async def ask():
        try:
            await late.perform("get_refund", work)
        except ServerFault as fault:
            refused.append(fault.status)

    async with trio.open_nursery() as callers:
        for _ in range(MAX_LATE_COUNT + 3):
            callers.start_soon(ask)
    assert len(work.times) == MAX_LATE_COUNT
    assert refused == [503] * 3


async def test_who_waits_is_answered_when_the_sandbox_ends(late, autojump_clock):
    work, answered = Work(), trio.Event()

    async def ask():
        with pytest.raises(ServerFault):
            await late.perform("get_refund", work)
        answered.set()

    async with trio.open_nursery() as callers:
        async with trio.open_nursery() as running:
            await running.start(late.run)
            callers.start_soon(ask)
            await trio.sleep(1)
            running.cancel_scope.cancel()
        await answered.wait()
        with pytest.raises(ServerFault):
            await late.perform("get_refund", work)
    assert work.times == []


async def test_the_webhook_is_sent_before_the_answer_and_not_without_the_fault(rules):
    sent = []

    async def deliver(webhook_id):
        await trio.lowlevel.checkpoint()
        sent.append(webhook_id)

    rule = {"on": "pay", "fault": "webhook_before_reply", "nth": 2}
    performer = Performer(Faults(rules(rule)), deliver)
    await performer.perform("pay", Work())
    assert sent == []
    await performer.perform("pay", Work())
    assert sent == ["evt_1"]
