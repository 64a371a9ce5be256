from dataclasses import asdict

import pytest

from actors.ports import PspNotice
from actors.services.inbox import MATCH_WINDOW_MS, PAGE_ROWS, pending, receive, rematch
from storage import Put, RuleBroken


def notice(event_id="evt_1", kind="refund", **members):
    return PspNotice(event_id, kind, f"{kind}_succeeded", "succeeded", **members)


async def order(store, order_id="ord_1", payment_id="pay_1"):
    await store.commit(Put("orders", order_id, {"payment_id": payment_id}, 0))


async def refund(store, refund_id="ref_1", order_id="ord_1", version=0):
    await store.commit(Put("refunds", refund_id, {"order": order_id}, version))


async def done(store, event_id="evt_1"):
    row = await store.get("inbox", event_id)
    await store.commit(Put("inbox", row.id, row.doc | {"state": "done"}, row.version))


async def test_a_refunds_order_is_found_by_the_refund(store, clock):
    await refund(store)
    received = await receive(store, clock, notice(refund_id="ref_1", payment_id="pay_other"))
    assert (received.order_id, received.version, received.is_new) == ("ord_1", 1, True)
    row = await store.get("inbox", "evt_1")
    assert row.doc == {
        "state": "new",
        "order": "ord_1",
        "received_at": clock.now_ms(),
        "notice": asdict(received.notice),
    }


@pytest.mark.parametrize("kind", ["payment", "refund", "dispute"])
async def test_or_by_the_payment(store, clock, kind):
    await order(store)
    members = {"refund_id": "ref_unknown"} if kind == "refund" else {}
    received = await receive(store, clock, notice(kind=kind, payment_id="pay_1", **members))
    assert received.order_id == "ord_1"


async def test_the_same_event_again(store, clock):
    await order(store)
    event = notice(kind="payment", payment_id="pay_1")
    first = await receive(store, clock, event)
    clock.pass_s(5)
    second = await receive(store, clock, event)
    assert (second.order_id, second.version, second.is_new) == (first.order_id, 1, False)
    await done(store)
    third = await receive(store, clock, event)
    assert (third.order_id, third.is_new) == (None, False)
    assert (await store.get("inbox", "evt_1")).doc["state"] == "done"


async def test_an_event_of_nobody_waits_for_its_order(store, clock):
    event = notice(refund_id="ref_1")
    assert (await receive(store, clock, event)).order_id is None
    assert (await store.get("inbox", "evt_1")).doc["state"] == "unmatched"
    assert await rematch(store, clock) == 0
    await refund(store)
    assert await rematch(store, clock) == 1
    (found,) = (await pending(store, clock.now_ms(), None)).items
    assert (found.order_id, found.version, found.notice) == ("ord_1", 2, event)
    assert await rematch(store, clock) == 0


async def test_or_for_the_provider_to_say_it_again(store, clock):
    event = notice(refund_id="ref_1")
    await receive(store, clock, event)
    await refund(store)
    received = await receive(store, clock, event)
    assert (received.order_id, received.version) == ("ord_1", 2)


async def test_after_a_time_nobody_looks_for_the_order_any_more(store, clock):
    await receive(store, clock, notice(refund_id="ref_1"))
    await refund(store)
    clock.pass_s(MATCH_WINDOW_MS / 1000 + 1)
    assert await rematch(store, clock) == 0


async def test_another_kind_is_done_at_once(store, clock):
    received = await receive(store, clock, PspNotice("evt_1", "other", "mandate_active", ""))
    assert received.order_id is None
    assert (await store.get("inbox", "evt_1")).doc["state"] == "done"


async def test_what_is_pending_comes_in_pages_the_oldest_first(store, clock):
    await order(store)
    for number in range(PAGE_ROWS + 5):
        await receive(store, clock, notice(f"evt_{number}", "payment", payment_id="pay_1"))
        clock.pass_s(1)
    await done(store, "evt_0")
    until_ms = clock.now_ms() - 2000
    first = await pending(store, until_ms, None)
    rest = await pending(store, until_ms, first.after)
    assert rest.after is None
    listed = [each.notice.event_id for each in first.items + rest.items]
    assert listed == [f"evt_{number}" for number in range(1, PAGE_ROWS + 4)]


async def test_unmatched_ones_are_looked_at_page_by_page(store, clock):
    for number in range(PAGE_ROWS + 5):
        await receive(store, clock, notice(f"evt_{number}", refund_id=f"ref_{number}"))
        clock.pass_s(1)
    await refund(store, f"ref_{PAGE_ROWS + 3}")
    assert await rematch(store, clock) == 1


async def test_what_cannot_be_kept(store, clock):
    with pytest.raises(RuleBroken):
        await receive(store, clock, notice("x" * 200, refund_id="ref_1"))
    with pytest.raises(RuleBroken):
        await receive(store, clock, notice(error_message="\ud800"))
