"""From the outbox into the lines, and what becomes of an endpoint by its answers."""

from dataclasses import replace

import pytest

from actors.services import SealBroken
from actors.services.hooks import STREAM_DELETED, Answer, HookError
from actors.services.hooks.events import keep_event
from actors.services.hooks.line import RETRY_FOR_MS
from actors.services.hooks.sending import PAGE_ROWS
from storage.api import Conflict, Put

TAKEN = Answer(204, None, 1)
FAILED = Answer(None, "unreachable", 1)
OTHER = "str_" + "1" * 26


async def deliver_all(desk, endpoint) -> list[str]:
    sent = []
    while (job := await desk.outbox.next_job(endpoint.id)) is not None:
        sent.append(job.waiting.event)
        await desk.outbox.settle(job, TAKEN)
    return sent


async def test_events_go_to_those_who_want_them_and_leave_the_outbox(desk):
    everything, ends = await desk.endpoint(), await desk.endpoint("stream.ended")
    elsewhere = await desk.endpoint(stream=OTHER)
    live, ended = await desk.happens("stream.live"), await desk.happens("stream.ended")
    await desk.outbox.fan_out()
    assert await desk.rows("stream_events") == []
    assert await deliver_all(desk, everything) == [live.id, ended.id]
    assert await deliver_all(desk, ends) == [ended.id]
    assert await deliver_all(desk, elsewhere) == []
    assert await desk.outbox.due(None) == ([], None)


async def test_the_order_is_the_streams_own_count_whatever_the_ids_are(desk):
    endpoint = await desk.endpoint()
    event = await desk.happens("stream.live")
    for sequence in range(2, 20):  # the clock may be set back
        again = replace(event, id=f"evt_{100 - sequence}", sequence=sequence)
        await desk.store.commit(keep_event(again))
    await desk.outbox.fan_out()
    later = [f"evt_{100 - sequence}" for sequence in range(2, 20)]
    assert await deliver_all(desk, endpoint) == [event.id, *later]


async def test_a_long_outbox_is_emptied(desk):
    for _ in range(PAGE_ROWS + 1):
        await desk.happens("stream.live")
    await desk.outbox.fan_out()
    assert await desk.rows("stream_events") == []


async def test_facts_are_the_public_ones(desk):
    event = await desk.happens("stream.live")
    assert set(event.facts) == {
        "title",
        "access",
        "status",
        "on_air",
        "show",
        "started_at",
        "ended_at",
    }


async def test_an_event_that_another_one_distributed_is_not_distributed_again(desk, monkeypatch):
    endpoint = await desk.endpoint()
    event = await desk.happens("stream.live")
    commit = desk.store.commit

    async def commit_after_another(*ops):
        monkeypatch.undo()
        await commit(*ops)  # the other one, with the same rows
        raise Conflict(ops[0], "changed")

    monkeypatch.setattr(desk.store, "commit", commit_after_another)
    await desk.outbox.fan_out()
    assert await deliver_all(desk, endpoint) == [event.id]


async def test_a_change_of_the_endpoint_meanwhile_costs_no_event(desk, monkeypatch):
    endpoint = await desk.endpoint()
    event = await desk.happens("stream.live")
    commit = desk.store.commit

    async def commit_after_a_change(*ops):
        monkeypatch.setattr(desk.store, "commit", commit)
        await desk.endpoints.change(endpoint.stream, endpoint.id, url="https://new.example/")
        await commit(*ops)

    monkeypatch.setattr(desk.store, "commit", commit_after_a_change)
    await desk.outbox.fan_out()
    job = await desk.job(endpoint)
    assert (job.url, job.waiting.event) == ("https://new.example/", event.id)


async def test_what_failed_is_due_later_under_the_same_id_and_body(desk):
    endpoint = await desk.endpoint()
    await desk.happens("stream.live")
    await desk.outbox.fan_out()
    first = await desk.job(endpoint)
    await desk.outbox.settle(first, FAILED)
    assert await desk.outbox.next_job(endpoint.id) is None
    ((due,), _) = await desk.outbox.due(None)
    assert 4_000 <= due.due_at - desk.clock.now_ms() <= 6_000
    desk.clock.time_ms = due.due_at
    again = await desk.job(endpoint)
    assert (again.waiting.event, again.waiting.body) == (first.waiting.event, first.waiting.body)
    shown = await desk.endpoints.get(endpoint.stream, endpoint.id)
    assert shown.failing_since is not None
    await desk.outbox.settle(again, TAKEN)
    assert (await desk.endpoints.get(endpoint.stream, endpoint.id)).failing_since is None


async def test_a_day_without_one_taken_gives_up_and_switches_off(desk):
    endpoint = await desk.endpoint()
    await desk.happens("stream.live")
    await desk.outbox.fan_out()
    began_ms = desk.clock.now_ms()
    while due := (await desk.outbox.due(None))[0]:
        desk.clock.time_ms = due[0].due_at
        await desk.outbox.settle(await desk.job(endpoint), FAILED)
    shown = await desk.endpoints.get(endpoint.stream, endpoint.id)
    assert not shown.enabled
    assert shown.disabled_reason == "It has taken nothing for a day; the last time: unreachable."
    assert shown.disabled_at - began_ms >= RETRY_FOR_MS
    history = await desk.endpoints.history(endpoint.stream, endpoint.id)
    assert (history.tries[0].outcome, history.waiting) == ("given_up", 0)


async def test_an_endpoint_that_takes_others_stays_on_when_one_is_given_up(desk):
    endpoint = await desk.endpoint()
    refused = await desk.happens("stream.live")
    given_up = False
    while not given_up:
        await desk.happens("stream.ended")
        await desk.outbox.fan_out()
        desk.clock.time_ms += 1_800_000
        while (job := await desk.outbox.next_job(endpoint.id)) is not None:
            is_refused = job.waiting.event == refused.id
            await desk.outbox.settle(job, Answer(422, "http_422", 1) if is_refused else TAKEN)
            last = (await desk.endpoints.history(endpoint.stream, endpoint.id)).tries[0]
            given_up = given_up or last.outcome == "given_up"
            if is_refused:
                break
    assert (await desk.endpoints.get(endpoint.stream, endpoint.id)).enabled


async def test_gone_switches_off_at_once(desk):
    endpoint = await desk.endpoint()
    await desk.happens("stream.live")
    await desk.outbox.fan_out()
    await desk.outbox.settle(await desk.job(endpoint), Answer(410, "http_410", 1))
    shown = await desk.endpoints.get(endpoint.stream, endpoint.id)
    assert (shown.enabled, shown.disabled_reason) == (False, "It answered 410 Gone.")


async def test_a_deleted_streams_endpoint_hears_the_last_and_goes(desk):
    waits, silent = await desk.endpoint(), await desk.endpoint("stream.live")
    ended = await desk.happens("stream.ended")
    await desk.happens(STREAM_DELETED)
    await desk.outbox.fan_out()
    assert [row.id for row in await desk.rows("hook_endpoints")] == [waits.id]
    assert silent.id not in [row.id for row in await desk.rows("hook_lines")]
    assert await deliver_all(desk, waits) == [ended.id]
    assert await desk.rows("hook_endpoints") == await desk.rows("hook_lines") == []


async def test_what_is_settled_after_the_endpoint_went_is_no_error(desk):
    endpoint = await desk.endpoint()
    await desk.happens("stream.live")
    await desk.outbox.fan_out()
    job = await desk.job(endpoint)
    await desk.endpoints.remove(endpoint.stream, endpoint.id)
    await desk.outbox.settle(job, TAKEN)
    await desk.outbox.settle_ping(job, TAKEN)
    assert await desk.rows("hook_lines") == []


async def test_under_another_secret_nothing_is_signed_until_there_is_a_new_one(store, make_desk):
    desk = make_desk(store)
    endpoint = await desk.endpoint()
    await desk.happens("stream.live")
    await desk.outbox.fan_out()
    other = make_desk(store, sealing=b"o" * 32)
    with pytest.raises(SealBroken):
        await other.outbox.next_job(endpoint.id)
    with pytest.raises(HookError, match="make a new one"):
        await other.outbox.ping_job(endpoint.id, lambda event, now_ms: event)
    await other.outbox.switch_off(endpoint.id)
    shown = await other.endpoints.get(endpoint.stream, endpoint.id)
    assert not shown.enabled
    assert "make a new one" in shown.disabled_reason
    _, secret = await other.endpoints.rotate(endpoint.stream, endpoint.id)
    await other.endpoints.change(endpoint.stream, endpoint.id, enabled=True)
    assert secret in (await other.job(endpoint)).secrets


async def test_many_due_endpoints_come_a_page_at_a_time(desk):
    for number in range(PAGE_ROWS + 5):
        doc = {"stream": OTHER, "owner": "usr", "created_at": 1, "due_at": number}
        await desk.store.commit(Put("hook_endpoints", f"whk_{number:03}", doc, 0))
    first, after = await desk.outbox.due(None)
    second, end = await desk.outbox.due(after)
    assert [due.due_at for due in first + second] == list(range(PAGE_ROWS + 5))
    assert end is None
