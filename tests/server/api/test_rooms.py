"""Rooms and their messages over REST: whose they are, and who may read them."""

import pytest
from support.licences import give_licence, take_licence
from support.rooms import own_room, promote, room_with, say

from actors.room import Pin, React
from actors.room.moderation import Person
from storage import Put


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


async def test_a_room_of_ones_own(stage):
    ada, bob = await stage.user(), await stage.user("Bob")
    made = await ada.ok("POST", "/rooms", {"title": "  Green   room "}, 201)
    assert made["title"] == "Green room"
    path = f"/rooms/{made['id']}"
    view = await ada.ok("GET", path)
    assert view == {
        "id": made["id"],
        "title": "Green room",
        "owner": {"id": ada.user["id"], "name": "Ada"},
        "created_at": made["created_at"],
        "modes": {"slow_s": 0, "ticket_holders": False, "emote_only": False, "approval": False},
        "members": 0,
        "role": "owner",
        "pinned": [],
    }
    assert (await bob.ok("GET", path))["role"] == "member"
    assert (await stage.guest.ok("GET", path))["role"] == "guest"
    assert (await say(stage, made["id"], bob, "hello")).offset == 1
    assert (await ada.ok("GET", path))["owner"]["name"] == "Ada", "a commit keeps whose it is"
    assert (await bob.ok("GET", "/rooms"))["items"] == []


async def test_ones_rooms_are_so_many_and_listed_by_the_page(stage):
    ada = await stage.user()
    for number in range(20):
        await own_room(ada, f"Room {number}")
        stage.clock.pass_s(1)
    error = await ada.fails("POST", "/rooms", {"title": "One more"}, 409)
    assert error["code"] == "too_many_rooms"
    first = await ada.ok("GET", "/rooms?limit=15")
    second = await ada.ok("GET", f"/rooms?limit=15&cursor={first['next_cursor']}")
    titles = [room["title"] for room in first["items"] + second["items"]]
    assert titles == [f"Room {number}" for number in reversed(range(20))]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("body", [{}, {"title": ""}, {"title": "x" * 121}, {"title": 5}])
async def test_rooms_that_cannot_be(stage, body):
    ada = await stage.user()
    assert (await ada.fails("POST", "/rooms", body))["code"] == "invalid_request"
    assert (await stage.guest.fails("POST", "/rooms", {"title": "x"}, 401))["code"]


async def test_a_streams_room_is_its_owners(stage):
    ada = await stage.user()
    room = await room_with(stage, 0, ada)
    view = await ada.ok("GET", f"/rooms/{room}")
    assert (view["title"], view["role"], view["owner"]["name"]) == ("A", "owner", "Ada")
    error = await ada.fails("GET", f"/rooms/rom_{'0' * 26}", status=404)
    assert error["code"] == "room_not_found"


async def test_who_is_banned_reads_nothing(stage):
    ada, bob = await stage.user(), await stage.user("Bob")
    room = await own_room(ada)
    await say(stage, room, bob, "spam")
    await ada.ok("POST", f"/rooms/{room}/moderate", {"action": "ban", "user": bob.user["id"]})
    for path in (f"/rooms/{room}", f"/rooms/{room}/messages"):
        assert (await bob.fails("GET", path, status=403))["code"] == "banned"
        for caller in (ada, stage.guest):  # who signs out is only as banned as the address
            await caller.ok("GET", path)


async def test_a_moderator_needs_no_ticket(stage):
    ada, mo = await stage.user(), await stage.user("Mo")
    room = await room_with(stage, 1, ada)
    await ada.ok("POST", f"/rooms/{room}/moderate", promote(mo))
    row = await stage.house.store.get("streams", room)
    await stage.house.store.commit(
        Put("streams", room, row.doc | {"access": "ticket"}, row.version)
    )
    assert len((await mo.ok("GET", f"/rooms/{room}/messages"))["messages"]) == 1
    demote = promote(mo) | {"role": "member"}
    await ada.ok("POST", f"/rooms/{room}/moderate", demote)
    error = await mo.fails("GET", f"/rooms/{room}/messages", status=403)
    assert error["code"] == "licence_required"


async def test_messages_and_pins_as_they_are_now(stage):
    ada, bob = await stage.user(), await stage.user("Bob")
    room = await own_room(ada)
    path = f"/rooms/{room}"
    owner = Person(ada.user["id"], "Ada")
    first = await say(stage, room, ada, "hello")
    second = await say(stage, room, bob, "rude")
    await stage.rooms.ask(room, React(owner, first.message_id, "\u2b50", on=True))
    await stage.rooms.ask(room, Pin(owner, first.message_id, on=True))
    remove = {"action": "delete", "message": second.message_id, "reason": "rude"}
    assert await ada.ok("POST", f"{path}/moderate", remove) == {"offset": 4}
    messages = (await ada.ok("GET", f"{path}/messages"))["messages"]
    assert messages[0]["reactions"] == {"\u2b50": 1}
    assert (messages[1]["content"], messages[1]["deleted"]) == ("", True)
    (pinned,) = (await ada.ok("GET", path))["pinned"]
    assert pinned["id"] == first.message_id
    assert pinned["user"]["role"] == "owner"
    assert "deleted" not in pinned
    gone = await ada.fails("POST", f"{path}/moderate", remove, 404)
    assert gone["code"] == "message_not_found"
