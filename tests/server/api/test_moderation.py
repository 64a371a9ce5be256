"""Moderating over REST: the commands, the lists, and who may use them."""

import pytest
from support.rooms import listen, own_room, promote, say

from actors.room import Report
from actors.room.moderation import Person

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
