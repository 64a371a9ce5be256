from dataclasses import replace

import pytest
from support.licences import give_licence, take_licence

from actors.room import Join, Pin, React, Report, Send
from actors.room.archive import Archive
from actors.room.events import Message, MessagePosted
from actors.room.moderation import Person
from storage import Put


async def room_with(stage, count, ada=None):
    ada = ada or await stage.user()
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


async def own_room(caller, title="Green room"):
    return (await caller.ok("POST", "/rooms", {"title": title}, 201))["id"]


async def listen(stage, room, caller):
    """A seat in the room that writes down what it is told."""
    member = Seat()
    person = Person(caller.user["id"], caller.user["name"], stage.house.mark_address("192.0.2.1"))
    await stage.rooms.ask(room, Join(member, by=person))
    return member


class Seat:
    def __init__(self):
        self.pushes = []
        self.farewells = []

    def offer(self, batch):
        self.pushes += batch.pushes

    def put_out(self, room_id, farewell):
        self.farewells += farewell.pushes


async def say(stage, room, caller, content, client_id=None):
    person = Person(caller.user["id"], caller.user["name"])
    return await stage.rooms.ask(room, Send(person, content, client_id))


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


LISTS = ("audit", "bans", "reports", "pending", "roles", "words")


@pytest.mark.parametrize("name", LISTS)
async def test_lists_for_moderators_alone(stage, name):
    ada, bob, mo = await stage.user(), await stage.user("Bob"), await stage.user("Mo")
    root = await stage.operator()
    room = await own_room(ada)
    path = f"/rooms/{room}/{name}"
    await ada.ok("POST", f"/rooms/{room}/moderate", promote(mo))
    for caller in (ada, mo, root):
        await caller.ok("GET", path)
    assert (await bob.fails("GET", path, status=403))["code"] == "forbidden"
    assert (await stage.guest.fails("GET", path, status=401))["code"] == "unauthorized"
    assert (await ada.fails("GET", f"/rooms/rom_{'0' * 26}/{name}", status=404))["code"]


def promote(caller):
    return {"action": "role", "user": caller.user["id"], "role": "moderator"}


async def test_moderating_is_told_listed_and_written_down(stage):
    ada, bob, mo = await stage.user(), await stage.user("Bob"), await stage.user("Mo")
    room = await own_room(ada)
    path = f"/rooms/{room}"
    bobs = await listen(stage, room, bob)
    await listen(stage, room, mo)
    await ada.ok("POST", f"{path}/moderate", promote(mo))
    slow = await mo.ok("POST", f"{path}/moderate", {"action": "slow", "seconds": 10})
    assert slow == {"offset": 1}
    ban = {"action": "ban", "user": bob.user["id"], "reason": "rude", "seconds": 60}
    assert await mo.ok("POST", f"{path}/moderate", ban | {"address": True}) == {"offset": None}
    assert [push.reason for push in bobs.farewells] == ["banned"]
    view = await ada.ok("GET", path)
    assert (view["modes"]["slow_s"], view["members"]) == (10, 1)
    (item,) = (await mo.ok("GET", f"{path}/bans"))["items"]
    assert item.pop("at")
    assert item.pop("until")
    assert item == {
        "user": {"id": bob.user["id"], "name": "Bob"},
        "kind": "ban",
        "reason": "rude",
        "by": {"id": mo.user["id"], "name": "Mo"},
        "address": True,
    }
    roles = (await ada.ok("GET", f"{path}/roles"))["items"]
    assert [(each["user"]["name"], each["role"]) for each in roles] == [
        ("Ada", "owner"),
        ("Mo", "moderator"),
    ]
    audit = (await ada.ok("GET", f"{path}/audit"))["items"]
    assert {(each["by"]["name"], each["action"]) for each in audit} == {
        ("Ada", "role"),
        ("Mo", "slow"),
        ("Mo", "ban"),
    }
    stage.clock.pass_s(60)
    token = stage.token_for(mo)
    mo.token = token
    assert (await mo.ok("GET", f"{path}/bans"))["items"] == []


async def test_no_address_is_stored(stage):
    ada, bob = await stage.user(), await stage.user("Bob")
    room = await own_room(ada)
    await listen(stage, room, bob)
    ban = {"action": "ban", "user": bob.user["id"], "address": True}
    await ada.ok("POST", f"/rooms/{room}/moderate", ban)
    rows = await stage.house.store.find("room_sanctions", {"room": room}, sort="at")
    assert rows[0].doc["address_hash"] == stage.house.mark_address("192.0.2.1")
    assert "192.0.2.1" not in repr(rows)


async def test_who_is_banned_reads_nothing(stage):
    ada, bob = await stage.user(), await stage.user("Bob")
    room = await own_room(ada)
    await say(stage, room, bob, "spam")
    await ada.ok("POST", f"/rooms/{room}/moderate", {"action": "ban", "user": bob.user["id"]})
    for path in (f"/rooms/{room}", f"/rooms/{room}/messages"):
        assert (await bob.fails("GET", path, status=403))["code"] == "banned"
        for caller in (ada, stage.guest):  # who signs out is only as banned as the address
            await caller.ok("GET", path)


async def test_the_queue_over_rest(stage):
    ada, bob = await stage.user(), await stage.user("Bob")
    room = await own_room(ada)
    path = f"/rooms/{room}"
    await ada.ok("POST", f"{path}/moderate", {"action": "mode", "approval": True})
    for content in ("one", "two"):
        assert (await say(stage, room, bob, content)).pending
        stage.clock.pass_s(1)
    items = (await ada.ok("GET", f"{path}/pending"))["items"]
    assert [each["content"] for each in items] == ["two", "one"]
    for action, each in zip(("approve", "reject"), items, strict=True):
        await ada.ok("POST", f"{path}/moderate", {"action": action, "pending": each["id"]})
    assert (await ada.ok("GET", f"{path}/pending"))["items"] == []
    messages = (await ada.ok("GET", f"{path}/messages"))["messages"]
    assert [each["content"] for each in messages] == ["two"]
    gone = {"action": "approve", "pending": items[0]["id"]}
    assert (await ada.fails("POST", f"{path}/moderate", gone, 404))["code"] == "pending_not_found"


async def test_words_over_rest(stage):
    ada = await stage.user()
    room = await own_room(ada)
    words = {"action": "words", "add": ["Bad", "wor\u0301se*"]}
    await ada.ok("POST", f"/rooms/{room}/moderate", words)
    answer = await ada.ok("GET", f"/rooms/{room}/words")
    assert answer == {"words": ["bad", "worse*"]}


async def test_reports_over_rest(stage):
    ada, bob = await stage.user(), await stage.user("Bob")
    room = await own_room(ada)
    sent = await say(stage, room, ada, "hello")
    person = Person(bob.user["id"], "Bob")
    await stage.rooms.ask(room, Report(person, sent.message_id, "rude"))
    (item,) = (await ada.ok("GET", f"/rooms/{room}/reports"))["items"]
    assert (item["message"], item["content"], item["by"]["name"], item["reason"]) == (
        sent.message_id,
        "hello",
        "Bob",
        "rude",
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": "dance"},
        {"action": "slow"},
        {"action": "slow", "seconds": 3_601},
        {"action": "slow", "seconds": -1},
        {"action": "ban"},
        {"action": "timeout", "user": "usr_x", "seconds": 60},
        {"action": "words", "add": ["two words"]},
        {"action": "words", "add": "bad"},
        {"action": "role", "user": f"usr_{'0' * 26}", "role": "owner"},
    ],
)
async def test_commands_that_cannot_be_meant(stage, body):
    ada = await stage.user()
    room = await own_room(ada)
    error = await ada.fails("POST", f"/rooms/{room}/moderate", body)
    assert error["code"] == "invalid_request"
    assert (await ada.ok("GET", f"/rooms/{room}/audit"))["items"] == []


async def test_a_member_moderates_nothing(stage):
    ada, bob = await stage.user(), await stage.user("Bob")
    room = await own_room(ada)
    body = {"action": "slow", "seconds": 10}
    assert (await bob.fails("POST", f"/rooms/{room}/moderate", body, 403))["code"] == "forbidden"
    self_made = promote(bob)
    await bob.fails("POST", f"/rooms/{room}/moderate", self_made, 403)


async def test_a_list_by_the_page(stage):
    ada = await stage.user()
    room = await own_room(ada)
    for seconds in range(1, 6):
        body = {"action": "slow", "seconds": seconds}
        await ada.ok("POST", f"/rooms/{room}/moderate", body)
        stage.clock.pass_s(1)
    seen, cursor = [], ""
    while cursor is not None:
        page = await ada.ok("GET", f"/rooms/{room}/audit?limit=2{cursor}")
        seen += [entry["detail"]["seconds"] for entry in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert seen == [5, 4, 3, 2, 1]
    bad = await ada.fails("GET", f"/rooms/{room}/audit?cursor=x")
    assert bad["code"] == "invalid_cursor"


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


async def test_a_message_that_waits_and_was_sent_again_is_said_once(stage):
    ada, bob = await stage.user(), await stage.user("Bob")
    room = await own_room(ada)
    path = f"/rooms/{room}"
    await ada.ok("POST", f"{path}/moderate", {"action": "mode", "approval": True})
    waiting = (await say(stage, room, bob, "hello", "c1")).pending
    assert (await say(stage, room, bob, "hello", "c1")).pending == waiting
    await ada.ok("POST", f"{path}/moderate", {"action": "mode", "approval": False})
    await say(stage, room, bob, "hello", "c1")
    await ada.ok("POST", f"{path}/moderate", {"action": "approve", "pending": waiting})
    messages = (await ada.ok("GET", f"{path}/messages"))["messages"]
    assert [each["content"] for each in messages] == ["hello"]
    assert (await ada.ok("GET", f"{path}/pending"))["items"] == []


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
