from dataclasses import dataclass

import pytest
import trio
import trio.testing
from support.inline_store import open_inline_store

from actors.kernel import Actor, Directory, Supervisor
from actors.ports import PspNotice
from actors.refund import Drive, Notified, RefundMessage
from actors.services.inbox import receive
from server.sweeper import INBOX_GRACE_MS, SWEEP_INTERVAL_S, Sweeper
from storage import Put, StoreUnavailable


class Clock:
    """Wall time that runs with trio's."""

    def now_ms(self):
        return 1_700_000_000_000 + round(trio.current_time() * 1000)


@dataclass
class Noted(Actor[RefundMessage]):
    """Notes what it is told; of an order that is "broken" it knows nothing to do."""

    order_id: str
    heard: list

    async def receive(self, message):
        self.heard.append((self.order_id, message))
        if isinstance(message, Drive):
            if self.order_id == "ord_broken":
                raise ZeroDivisionError
            message.reply.answer(1)


@dataclass
class Sweep:
    store: object
    clock: Clock
    heard: list
    sweeper: Sweeper

    def driven(self):
        return [order_id for order_id, message in self.heard if isinstance(message, Drive)]

    def told(self):
        return [
            (order_id, message.notice.event_id, message.inbox_version)
            for order_id, message in self.heard
            if isinstance(message, Notified)
        ]

    async def order(self, order_id, due_in_s=None, **fields):
        doc = {"buyer": "usr_1", "payment_id": f"pay_of_{order_id}", "created_at": 0} | fields
        if due_in_s is not None:
            doc["due_at"] = self.clock.now_ms() + round(due_in_s * 1000)
        await self.store.commit(Put("orders", order_id, doc, 0))

    async def forget(self, order_id):
        row = await self.store.get("orders", order_id)
        del row.doc["due_at"]
        await self.store.commit(Put("orders", order_id, row.doc, row.version))

    async def webhook(self, event_id, order_id):
        notice = PspNotice(
            event_id, "payment", "payment_failed", "failed", payment_id=f"pay_of_{order_id}"
        )
        await receive(self.store, self.clock, notice)


@pytest.fixture
async def sweep(tmp_path):
    with open_inline_store(tmp_path) as store:
        async with trio.open_nursery() as nursery:
            supervisor = Supervisor(nursery)
            heard = []
            orders = Directory(supervisor, "order", lambda each: Noted(each, heard))
            clock = Clock()
            yield Sweep(store, clock, heard, Sweeper(store, orders, clock))
            await supervisor.stop()


async def test_what_is_due_is_driven(autojump_clock, sweep):
    await sweep.order("ord_due", due_in_s=-1)
    await sweep.order("ord_now", due_in_s=0)
    await sweep.order("ord_later", due_in_s=60)
    await sweep.order("ord_done")
    assert await sweep.sweeper.sweep() == 2
    assert sorted(sweep.driven()) == ["ord_due", "ord_now"]


async def test_by_force_all_that_waits_is_driven(autojump_clock, sweep):
    await sweep.order("ord_now", due_in_s=0)
    await sweep.order("ord_later", due_in_s=3600)
    await sweep.order("ord_done")
    assert await sweep.sweeper.sweep(force=True) == 2
    assert sorted(sweep.driven()) == ["ord_later", "ord_now"]
    assert all(message.force for _, message in sweep.heard)


async def test_there_are_more_orders_than_a_page(autojump_clock, sweep, monkeypatch):
    monkeypatch.setattr("server.sweeper.PAGE_ROWS", 3)
    for number in range(7):
        await sweep.order(f"ord_{number}", due_in_s=0)
    assert await sweep.sweeper.sweep() == 7


async def test_a_sweep_is_bounded_and_begins_with_the_longest_due(
    autojump_clock, sweep, monkeypatch
):
    monkeypatch.setattr("server.sweeper.PAGE_ROWS", 2)
    monkeypatch.setattr("server.sweeper.MAX_ORDERS_PER_SWEEP", 4)
    for number in range(7):
        await sweep.order(f"ord_{number}", due_in_s=-number)
    await sweep.sweeper.sweep()
    assert sorted(sweep.driven()) == ["ord_3", "ord_4", "ord_5", "ord_6"]


async def test_an_order_that_fails_keeps_nobody_waiting(autojump_clock, sweep):
    await sweep.order("ord_broken", due_in_s=-1)
    await sweep.order("ord_now", due_in_s=0)
    assert await sweep.sweeper.sweep() == 1
    assert "ord_now" in sweep.driven()


async def test_webhooks_that_nobody_dealt_with_are_told_again(autojump_clock, sweep):
    await sweep.order("ord_1")
    await sweep.webhook("evt_1", "ord_1")
    await sweep.sweeper.sweep()
    assert sweep.told() == []  # it was received just now: the order has been told
    await trio.sleep(INBOX_GRACE_MS / 1000)
    await sweep.sweeper.sweep()
    await trio.testing.wait_all_tasks_blocked()
    assert sweep.told() == [("ord_1", "evt_1", 1)]


async def test_webhooks_that_came_before_their_order_are_matched(autojump_clock, sweep):
    await sweep.webhook("evt_1", "ord_1")
    await sweep.sweeper.sweep(force=True)
    assert sweep.told() == []
    await sweep.order("ord_1")
    await sweep.sweeper.sweep(force=True)
    await trio.testing.wait_all_tasks_blocked()
    assert sweep.told() == [("ord_1", "evt_1", 2)]


async def test_it_begins_at_once_and_goes_on(autojump_clock, sweep, nursery):
    await sweep.order("ord_1", due_in_s=0)
    await sweep.webhook("evt_1", "ord_1")
    await nursery.start(sweep.sweeper.run)
    await trio.sleep(0.1)
    assert (sweep.driven(), sweep.told()) == (["ord_1"], [("ord_1", "evt_1", 1)])
    await sweep.forget("ord_1")
    await sweep.order("ord_2", due_in_s=SWEEP_INTERVAL_S)
    await trio.sleep(2 * SWEEP_INTERVAL_S)
    assert sweep.driven() == ["ord_1", "ord_2"]


async def test_it_outlives_a_store_that_fails(autojump_clock, sweep, nursery, monkeypatch):
    find = sweep.store.find

    async def fail(*_args, **_options):
        raise StoreUnavailable("the disk is gone")

    await sweep.order("ord_1", due_in_s=0)
    monkeypatch.setattr(sweep.store, "find", fail)
    await nursery.start(sweep.sweeper.run)
    await trio.sleep(0.1)
    assert sweep.driven() == []
    monkeypatch.setattr(sweep.store, "find", find)
    await trio.sleep(SWEEP_INTERVAL_S)
    assert sweep.driven() == ["ord_1"]


async def test_a_kick_begins_to_cancel_without_waiting(autojump_clock, sweep, nursery):
    await nursery.start(sweep.sweeper.run)
    await trio.sleep(1)
    cancel = {"run": 1, "state": "running", "requested_at": 0, "next_at": 0}
    doc = {"seller": "usr_1", "cancelling": True, "created_at": 0, "cancel": cancel}
    await sweep.store.commit(Put("products", "prd_1", doc, 0))
    began = trio.current_time()
    sweep.sweeper.kick()
    await trio.testing.wait_all_tasks_blocked()
    row = await sweep.store.get("products", "prd_1")
    assert row.doc["cancel"]["state"] == "done"
    assert trio.current_time() == began
