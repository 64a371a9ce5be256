from dataclasses import replace

import pytest
from support.licences import give_licence, take_licence

from actors.room.archive import Archive
from actors.room.events import Message, MessagePosted
from storage import Put


async def room_with(stage, count):
    ada = await stage.user()
    room = (await ada.ok("POST", "/streams", {"title": "A"}, 201))["id"]
    archive = Archive(stage.house.store, room, stage.clock)
    record = await archive.open()
    messages = [
        Message(offset, f"msg_{offset}", ada.user["id"], "Ada", f"line {offset}", 1_000 * offset)
        for offset in range(1, count + 1)
    ]
    if messages:
        after = replace(record, version=record.version + 1, last_offset=count)
        await archive.append(after, [MessagePosted(room, message) for message in messages])
    return room


async def test_the_last_messages_in_their_order(stage):
    room = await room_with(stage, 5)
    page = await stage.guest.ok("GET", f"/rooms/{room}/messages?limit=2")
    assert page["room"] == room
    assert page["more"] is True
    assert [message["offset"] for message in page["messages"]] == [4, 5]
    assert page["messages"][1] == {
        "id": "msg_5",
        "offset": 5,
        "user": {"id": page["messages"][1]["user"]["id"], "name": "Ada"},
        "content": "line 5",
        "at": "1970-01-01T00:00:05.000Z",
    }


async def test_paging_back_to_the_beginning(stage):
    room = await room_with(stage, 5)
    page = await stage.guest.ok("GET", f"/rooms/{room}/messages?before=4&limit=2")
    assert [message["offset"] for message in page["messages"]] == [2, 3]
    assert page["more"] is True
    page = await stage.guest.ok("GET", f"/rooms/{room}/messages?before=2&limit=2")
    assert [message["offset"] for message in page["messages"]] == [1]
    assert page["more"] is False


async def test_a_silent_room_and_no_room(stage):
    room = await room_with(stage, 0)
    page = await stage.guest.ok("GET", f"/rooms/{room}/messages")
    assert page == {"room": room, "messages": [], "more": False}
    error = await stage.guest.fails("GET", f"/rooms/str_{'0' * 26}/messages", status=404)
    assert error["code"] == "room_not_found"


@pytest.mark.parametrize(
    "query", ["before=0", "before=x", "limit=0", "limit=1000", f"before={2**80}"]
)
async def test_bad_queries(stage, query):
    room = await room_with(stage, 0)
    error = await stage.guest.fails("GET", f"/rooms/{room}/messages?{query}", status=400)
    assert list(error["details"]) == [query.partition("=")[0]]


async def test_a_ticketed_streams_room_is_read_by_who_may_watch(stage):
    room = await room_with(stage, 2)
    path = f"/rooms/{room}/messages"
    row = await stage.house.store.get("streams", room)
    ticketed = row.doc | {"access": "ticket"}
    await stage.house.store.commit(Put("streams", room, ticketed, row.version))
    bob = await stage.user("Bob")
    for caller in (stage.guest, bob):
        assert (await caller.fails("GET", path, status=403))["code"] == "licence_required"
    licence = await give_licence(stage.house.store, bob.user["id"], room)
    assert len((await bob.ok("GET", path))["messages"]) == 2
    await take_licence(stage.house.store, licence, stage.clock.now_ms())
    assert (await bob.fails("GET", path, status=403))["code"] == "licence_required"
