import dataclasses
from datetime import datetime

import pytest
import trio
from prometheus_client import CollectorRegistry as Registry
from support.licences import give_licence, restore_licence, take_licence
from support.stage import Encoder

from actors.room import Join, Person
from actors.services import Principal
from actors.services.streams import MAX_STREAMS_PER_OWNER, find_by_key
from actors.stream import Publish, PublishFrames
from server.api import create_app
from server.config_values import PSP_OFF
from storage import Put

NEW = {"title": "Sunday  session", "description": "Slow songs.\nNo hurry."}


class Listener:
    """A member of a room that notes whether it was put out."""

    is_out = False

    def offer(self, batch):
        return None

    def put_out(self, room_id, farewell):
        self.is_out = True


async def on_air(stage, stream_id, started_at):
    """Write what the stream's actor writes when a show begins."""
    row = await stage.house.store.get("streams", stream_id)
    doc = row.doc | {"status": "live", "on_air": True, "started_at": started_at}
    await stage.house.store.commit(Put("streams", stream_id, doc, row.version))


async def test_create_gives_the_owner_what_the_encoder_needs(stage):
    ada = await stage.user()
    stream = await ada.ok("POST", "/streams", NEW, 201)
    stream_id = stream["id"]
    key = stream.pop("stream_key")
    assert len(key) == 32
    assert stream == {
        "id": stream_id,
        "title": "Sunday session",
        "description": "Slow songs.\nNo hurry.",
        "access": "public",
        "status": "idle",
        "viewers": 0,
        "owner": {"id": ada.user["id"], "name": "Ada"},
        "created_at": "2027-01-15T08:00:00.000Z",
        "started_at": None,
        "ended_at": None,
        "room_id": stream_id,
        "hls_url": f"https://stage.example/live/{stream_id}/index.m3u8",
        "page_url": f"https://stage.example/s/{stream_id}",
        "rtmp_url": "rtmp://127.0.0.1:1935/live",
    }
    assert await find_by_key(stage.house.store, stage.house.stream_keys, key) == stream_id
    row = await stage.house.store.get("streams", stream_id)
    assert key not in str(row.doc)


async def test_only_the_owner_sees_the_key(stage):
    ada, eve = await stage.user("Ada"), await stage.user("Eve")
    stream = await ada.ok("POST", "/streams", NEW, 201)
    path = f"/streams/{stream['id']}"
    assert await ada.ok("GET", path) == stream
    for other in (eve, stage.guest):
        seen = await other.ok("GET", path)
        assert "stream_key" not in seen
        assert "rtmp_url" not in seen
    listed = await ada.ok("GET", "/streams?mine=true")
    assert "stream_key" not in str(listed)


async def test_the_owner_changes_title_and_description(stage):
    ada = await stage.user()
    stream = await ada.ok("POST", "/streams", NEW, 201)
    path = f"/streams/{stream['id']}"
    changed = await ada.ok("PATCH", path, {"title": "Monday", "access": "public"})
    assert changed == stream | {"title": "Monday"}
    changed = await ada.ok("PATCH", path, {"description": ""})
    assert changed == stream | {"title": "Monday", "description": ""}
    assert await ada.ok("PATCH", path, {}) == changed


async def test_the_key_rotates(stage):
    ada = await stage.user()
    stream = await ada.ok("POST", "/streams", NEW, 201)
    rotated = await ada.ok("POST", f"/streams/{stream['id']}/key")
    assert rotated["stream_key"] != stream["stream_key"]
    store, keys = stage.house.store, stage.house.stream_keys
    assert await find_by_key(store, keys, stream["stream_key"]) is None
    assert await find_by_key(store, keys, rotated["stream_key"]) == stream["id"]


async def test_stop_says_whether_there_was_a_show(stage):
    ada = await stage.user()
    stream = await ada.ok("POST", "/streams", NEW, 201)
    assert await ada.ok("POST", f"/streams/{stream['id']}/stop", {}) == {"stopped": False}


async def test_delete(stage):
    ada = await stage.user()
    stream = await ada.ok("POST", "/streams", NEW, 201)
    path = f"/streams/{stream['id']}"
    response = await ada.call("DELETE", f"/api/v1{path}")
    assert response.status_code == 204
    assert (await ada.fails("GET", path, status=404))["code"] == "stream_not_found"
    await ada.fails("DELETE", path, status=404)
    assert (await ada.ok("GET", "/streams?mine=true"))["items"] == []


@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [
        ("PATCH", "", {"title": "Mine"}),
        ("DELETE", "", None),
        ("POST", "/key", {}),
        ("POST", "/stop", {}),
    ],
)
async def test_others_may_change_nothing(stage, method, suffix, body):
    ada, eve = await stage.user("Ada"), await stage.user("Eve")
    stream = await ada.ok("POST", "/streams", NEW, 201)
    path = f"/streams/{stream['id']}"
    assert (await eve.fails(method, path + suffix, body, 403))["code"] == "forbidden"
    assert (await stage.guest.fails(method, path + suffix, body, 401))["code"] == "unauthorized"
    missing = f"/streams/str_{'0' * 26}{suffix}"
    assert (await ada.fails(method, missing, body, 404))["code"] == "stream_not_found"
    assert await ada.ok("GET", path) == stream


async def test_a_stream_becomes_ticketed_and_public_again(stage):
    ada = await stage.user()
    stream = await ada.ok("POST", "/streams", NEW | {"access": "ticket"}, 201)
    path = f"/streams/{stream['id']}"
    assert stream["access"] == (await stage.guest.ok("GET", path))["access"] == "ticket"
    for access in ("public", "ticket", "ticket"):
        changed = await ada.ok("PATCH", path, {"access": access})
        assert changed == stream | {"access": access}
        assert await ada.ok("GET", path) == changed
    assert (await ada.ok("PATCH", path, {"title": "Late"}))["access"] == "ticket"


async def test_access_is_settled_while_a_show_is_on_air(stage, show_frames):
    ada = await stage.user()
    stream = await ada.ok("POST", "/streams", NEW, 201)
    path = f"/streams/{stream['id']}"
    encoder = Encoder()
    ref = await stage.house.streams.get_or_start(stream["id"])
    await ref.ask(Publish(encoder, stream["stream_key"]))
    await ref.ask(PublishFrames(encoder, show_frames[:100]))
    changes = {"title": "Late", "access": "ticket"}
    assert (await ada.fails("PATCH", path, changes, 409))["code"] == "on_air"
    assert (await ada.ok("GET", path))["title"] == stream["title"], "all or nothing"
    await ada.ok("PATCH", path, {"title": "Late", "access": "public"})
    await ada.ok("POST", f"{path}/stop", {})
    assert (await ada.ok("PATCH", path, changes))["access"] == "ticket"


async def test_a_room_is_cleared_when_its_stream_becomes_ticketed(stage):
    ada = await stage.user()
    stream = await ada.ok("POST", "/streams", NEW, 201)
    listeners = {user: Listener() for user in (None, ada.user["id"], "usr_" + "9" * 26)}
    for user, listener in listeners.items():
        await stage.rooms.ask(stream["id"], Join(listener, by=Person(user, "")))
    await ada.ok("PATCH", f"/streams/{stream['id']}", {"title": "Still public"})
    assert not any(each.is_out for each in listeners.values())
    await ada.ok("PATCH", f"/streams/{stream['id']}", {"access": "ticket"})
    assert [user for user, each in listeners.items() if not each.is_out] == [ada.user["id"]]


async def test_tickets_are_refused_where_nothing_is_sold(stage, settings):
    selling_nothing = settings.model_copy(update={"psp_url": PSP_OFF})
    app = create_app(dataclasses.replace(stage.house, settings=selling_nothing, metrics=Registry()))
    ada = dataclasses.replace(await stage.user(), app=app)
    error = await ada.fails("POST", "/streams", NEW | {"access": "ticket"}, 400)
    assert error["code"] == "tickets_unavailable"
    stream = await ada.ok("POST", "/streams", NEW, 201)
    error = await ada.fails("PATCH", f"/streams/{stream['id']}", {"access": "ticket"}, 400)
    assert error["code"] == "tickets_unavailable"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": ""}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"title": "x", "description": "y" * 2001}, "description"),
        ({"title": "x", "access": "private"}, "access"),
        ([], "body"),
    ],
)
async def test_a_bad_field_is_named(stage, body, field):
    ada = await stage.user()
    error = await ada.fails("POST", "/streams", body, 400)
    assert error["code"] == "invalid_request"
    assert list(error["details"]) == [field]


async def test_lists_page_by_cursor_without_gap_or_repeat(stage):
    ada = await stage.user()
    made = []
    for number in range(5):
        stream = await ada.ok("POST", "/streams", {"title": f"Number {number}"}, 201)
        made.insert(0, stream["id"])
        stage.clock.pass_s(number % 2)  # some share their time
    seen, cursor = [], ""
    while cursor is not None:
        page = await ada.ok("GET", f"/streams?mine=true&limit=2{cursor and f'&cursor={cursor}'}")
        assert len(page["items"]) <= 2
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == sorted(made)
    assert [item["id"] for item in (await stage.guest.ok("GET", "/streams"))["items"]] == seen


async def test_live_and_resting_lists(stage):
    ada = await stage.user()
    ids = [(await ada.ok("POST", "/streams", NEW, 201))["id"] for _ in range(3)]
    await on_air(stage, ids[0], 2_000)
    await on_air(stage, ids[1], 1_000)
    stage.viewers.counts[ids[0]] = 7
    stage.viewers.counts[ids[2]] = 9  # not on air: whoever looks is no viewer
    live = (await stage.guest.ok("GET", "/streams?live=true"))["items"]
    assert [(item["id"], item["viewers"]) for item in live] == [(ids[0], 7), (ids[1], 0)]
    assert live[0]["status"] == "live"
    assert live[0]["started_at"] == "1970-01-01T00:00:02.000Z"
    assert (await stage.guest.ok("GET", "/streams?live=false"))["items"] == []
    assert (await stage.guest.ok("GET", f"/streams/{ids[2]}"))["viewers"] == 0


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "live=perhaps"])
async def test_bad_queries(stage, query):
    error = await stage.guest.fails("GET", f"/streams?{query}", status=400)
    assert error["code"] == "invalid_request"
    assert list(error["details"]) == [query.partition("=")[0]]


@pytest.mark.parametrize(
    "cursor", ["x", "!!", "W10", "WyJ4IiwgInkiXQ", "A" * 300, "WzEsIDJd", "W3RydWUsICJ4Il0"]
)
async def test_a_made_up_cursor_is_refused(stage, cursor):
    error = await stage.guest.fails("GET", f"/streams?cursor={cursor}", status=400)
    assert error["code"] == "invalid_cursor"


async def test_playback(stage):
    ada = await stage.user()
    stream = await ada.ok("POST", "/streams", NEW, 201)
    playback = await stage.guest.ok("GET", f"/streams/{stream['id']}/playback")
    assert playback == {"hls_url": stream["hls_url"], "expires_at": "2027-01-16T08:00:00.000Z"}
    await stage.guest.fails("GET", "/streams/nothing/playback", status=404)


async def test_playback_of_a_ticketed_stream_is_for_who_has_a_licence(stage):
    ada, bob, eve = [await stage.user(name) for name in ("Ada", "Bob", "Eve")]
    stream = await ada.ok("POST", "/streams", NEW | {"access": "ticket"}, 201)
    path = f"/streams/{stream['id']}/playback"
    licence = await give_licence(stage.house.store, bob.user["id"], stream["id"])
    await give_licence(stage.house.store, eve.user["id"], "str_" + "9" * 26)
    for caller in (stage.guest, eve):
        assert (await caller.fails("GET", path, status=403))["code"] == "licence_required"
    holders = {ada.user["id"]: ada, licence: bob}
    for holder, caller in holders.items():
        first, second = await caller.ok("GET", path), await caller.ok("GET", path)
        assert first["hls_url"] != second["hls_url"]
        for playback in (first, second):
            assert holder_of(stage, stream, playback) == holder
    stage.clock.pass_s(24 * 3600 - 1)
    assert holder_of(stage, stream, first) == licence
    expires_at = datetime.fromisoformat(first["expires_at"]).timestamp()
    stage.clock.time_ms = round(expires_at * 1000) - 1
    assert holder_of(stage, stream, first) == licence
    stage.clock.time_ms += 1
    assert holder_of(stage, stream, first) is None


def holder_of(stage, stream, playback):
    """Whose session the address has, if it is good."""
    begin = f"https://stage.example/live/{stream['id']}/~"
    assert playback["hls_url"].startswith(begin)
    token, _, file = playback["hls_url"].removeprefix(begin).partition("/")
    assert file == "index.m3u8"
    session = stage.house.ticketed_sessions.read(stream["id"], token)
    return None if session is None else session.holder


async def test_an_admin_may_watch(stage):
    ada = await stage.user()
    stream = await ada.ok("POST", "/streams", NEW | {"access": "ticket"}, 201)
    token = stage.house.tokens.issue(Principal("usr_" + "8" * 26, "Root", admin=True))
    admin = dataclasses.replace(stage.guest, token=token)
    playback = await admin.ok("GET", f"/streams/{stream['id']}/playback")
    assert holder_of(stage, stream, playback) == "usr_" + "8" * 26


async def test_a_revoked_licence_gets_no_playback_and_a_second_one_does(stage):
    ada, bob = await stage.user("Ada"), await stage.user("Bob")
    stream = await ada.ok("POST", "/streams", NEW | {"access": "ticket"}, 201)
    path = f"/streams/{stream['id']}/playback"
    store, now_ms = stage.house.store, stage.clock.now_ms()
    # The elder one counts; of one millisecond, the one whose id comes first.
    first, second = sorted(
        [await give_licence(store, bob.user["id"], stream["id"]) for _ in range(2)]
    )
    assert holder_of(stage, stream, await bob.ok("GET", path)) == first
    await take_licence(store, first, now_ms)
    assert holder_of(stage, stream, await bob.ok("GET", path)) == second
    await take_licence(store, second, now_ms, "suspended")
    assert (await bob.fails("GET", path, status=403))["code"] == "licence_required"
    await restore_licence(store, second)
    assert holder_of(stage, stream, await bob.ok("GET", path)) == second


async def test_streams_of_one_owner_are_bounded(stage):
    ada = await stage.user()
    for _ in range(MAX_STREAMS_PER_OWNER):
        await ada.ok("POST", "/streams", NEW, 201)
    assert (await ada.fails("POST", "/streams", NEW, 409))["code"] == "too_many_streams"


async def test_a_stream_without_its_actor_is_unavailable_for_a_while(stage):
    ada = await stage.user()
    stream = await ada.ok("POST", "/streams", NEW, 201)
    with trio.fail_after(5):
        await stage.house.supervisor.stop()
    response = await ada.call("PATCH", f"/api/v1/streams/{stream['id']}", {"title": "Late"})
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert (await response.get_json())["error"]["code"] == "unavailable"
