"""The owner's side of webhooks."""

from functools import partial

import pytest
import trio

from actors.services import SealBroken
from actors.services.hooks import EVENT_TYPES, HookError
from actors.services.hooks.endpoints import MAX_ENDPOINTS_PER_STREAM, ROTATION_OVERLAP_MS
from storage.api import Put

OTHER = "str_" + "1" * 26


async def test_a_new_endpoint_hears_of_all_and_its_secret_is_sealed(desk):
    made = await desk.endpoint()
    assert made.events == EVENT_TYPES
    assert made.enabled
    (row,) = await desk.rows("hook_endpoints")
    assert not any("whsec_" in str(value) for value in row.doc.values())


async def test_events_are_kept_once_each_and_in_their_order(desk):
    made = await desk.endpoint("stream.ended", "stream.live", "stream.ended")
    assert made.events == ("stream.live", "stream.ended")


async def test_a_stream_has_five_at_most_however_many_are_asked_for_at_once(desk):
    refused = []

    async def add() -> None:
        try:
            await desk.endpoint()
        except HookError as error:
            refused.append(error.code)

    async with trio.open_nursery() as nursery:
        for _ in range(MAX_ENDPOINTS_PER_STREAM + 3):
            nursery.start_soon(add)
    assert refused == ["too_many_webhooks"] * 3
    assert len(await desk.rows("hook_endpoints")) == MAX_ENDPOINTS_PER_STREAM
    await desk.endpoint(stream=OTHER)


async def test_another_streams_endpoint_is_not_found(desk):
    made = await desk.endpoint()
    for work in (
        desk.endpoints.get(OTHER, made.id),
        desk.endpoints.change(OTHER, made.id, enabled=False),
        desk.endpoints.rotate(OTHER, made.id),
        desk.endpoints.remove(OTHER, made.id),
        desk.endpoints.history(OTHER, made.id),
        desk.endpoints.get(made.stream, "whk_none"),
    ):
        with pytest.raises(HookError, match="no such webhook"):
            await work
    assert await desk.endpoints.get(made.stream, made.id) == made


async def test_bad_urls_are_refused(desk):
    made = await desk.endpoint()
    with pytest.raises(HookError) as refused:
        await desk.endpoints.change(made.stream, made.id, url="ftp://hook.example/")
    assert refused.value.code == "invalid_url"


async def test_private_addresses_are_refused_where_only_public_ones_are_allowed(store, make_desk):
    made = await make_desk(store, private=True).endpoint()
    strict = make_desk(store, private=False).endpoints
    with pytest.raises(HookError) as refused:
        await strict.change(made.stream, made.id, url="http://169.254.169.254/latest/meta-data")
    assert refused.value.code == "private_address"
    await strict.change(made.stream, made.id, url="https://hook.example/")


async def test_two_changes_at_once_both_hold(desk):
    made = await desk.endpoint()
    async with trio.open_nursery() as nursery:
        for fields in ({"url": "https://new.example/"}, {"events": ["stream.live"]}):
            change = partial(desk.endpoints.change, made.stream, made.id, **fields)
            nursery.start_soon(change)
    changed = await desk.endpoints.get(made.stream, made.id)
    assert (changed.url, changed.events) == ("https://new.example/", ("stream.live",))


async def test_a_replaced_secret_signs_beside_the_new_one_for_a_day(desk):
    made = await desk.endpoint()
    await desk.happens("stream.live")
    await desk.outbox.fan_out()
    (old,) = (await desk.job(made)).secrets
    _, new = await desk.endpoints.rotate(made.stream, made.id)
    assert (await desk.job(made)).secrets == (new, old)
    desk.clock.time_ms += ROTATION_OVERLAP_MS
    assert (await desk.job(made)).secrets == (new,)


async def test_switched_off_it_keeps_what_waits_and_hears_of_nothing_new(desk):
    made = await desk.endpoint()
    waits = await desk.happens("stream.live")
    await desk.outbox.fan_out()
    off = await desk.endpoints.change(made.stream, made.id, enabled=False)
    assert (off.enabled, off.disabled_reason) == (False, "Switched off.")
    await desk.happens("stream.ended")
    await desk.outbox.fan_out()
    assert await desk.outbox.next_job(made.id) is None
    assert await desk.outbox.due(None) == ([], None)
    on = await desk.endpoints.change(made.stream, made.id, enabled=True)
    assert (on.enabled, on.disabled_reason, on.disabled_at) == (True, None, None)
    assert (await desk.job(made)).waiting.event == waits.id
    assert (await desk.endpoints.history(made.stream, made.id)).waiting == 1


async def test_removed_it_leaves_nothing_behind(desk):
    made = await desk.endpoint()
    await desk.happens("stream.live")
    await desk.outbox.fan_out()
    await desk.endpoints.remove(made.stream, made.id)
    assert await desk.rows("hook_endpoints") == []
    assert await desk.rows("hook_lines") == []


async def test_a_secret_opens_for_its_own_endpoint_alone(desk):
    first, second = await desk.endpoint(), await desk.endpoint()
    await desk.happens("stream.live")
    await desk.outbox.fan_out()
    rows = {row.id: row for row in await desk.rows("hook_endpoints")}
    swapped = rows[first.id].doc | {"secret_sealed": rows[second.id].doc["secret_sealed"]}
    await desk.store.commit(Put("hook_endpoints", first.id, swapped, rows[first.id].version))
    with pytest.raises(SealBroken):
        await desk.outbox.next_job(first.id)
