"""Direct messages over REST: one's own list, and rooms that are there for two alone."""

from actors.room import DirectMessages, Person, Send, direct_room_id
from actors.room.direct import User

MODERATING = ("audit", "bans", "reports", "pending", "roles", "words")


async def write(stage, by, to, content="hi"):
    """Have one caller write to another one, as the gateway does it."""
    direct = DirectMessages(stage.house.store, stage.clock, stage.rooms)
    me = User(by.user["id"], by.user["name"])
    room = await direct.open(me, to.user["id"], content)
    await stage.rooms.ask(room, Send(Person(me.id, me.name), content))
    return room


async def test_a_list_of_ones_own_newest_first_in_pages(stage):
    me = await stage.user("Me")
    others = [await stage.user(name) for name in ("Ada", "Bob", "Eve")]
    rooms = []
    for other in others:
        stage.clock.pass_s(1)
        rooms.append(await write(stage, other, me))
    stage.clock.pass_s(1)
    await write(stage, me, others[0])
    await write(stage, others[1], others[2])
    page = await me.ok("GET", "/dms?limit=2")
    assert page["items"] == [
        {
            "room": rooms[0],
            "user": {"id": others[0].user["id"], "name": "Ada"},
            "offset": 2,
            "at": page["items"][0]["at"],
        },
        {
            "room": rooms[2],
            "user": {"id": others[2].user["id"], "name": "Eve"},
            "offset": 1,
            "at": page["items"][1]["at"],
        },
    ]
    assert page["items"][0]["at"] > page["items"][1]["at"]
    last = await me.ok("GET", f"/dms?limit=2&cursor={page['next_cursor']}")
    assert [each["room"] for each in last["items"]] == [rooms[1]]
    assert last["next_cursor"] is None


async def test_only_who_is_signed_in_has_a_list(stage):
    assert (await stage.guest.fails("GET", "/dms", status=401))["code"] == "unauthorized"
    ada = await stage.user()
    assert await ada.ok("GET", "/dms") == {"items": [], "next_cursor": None}
    assert (await ada.fails("GET", "/dms?cursor=x"))["code"] == "invalid_cursor"
    assert (await ada.fails("GET", "/dms?limit=0"))["code"] == "invalid_request"


async def test_the_two_read_and_nobody_moderates(stage):
    ada, bob = await stage.user("Ada"), await stage.user("Bob")
    room = await write(stage, ada, bob)
    for caller in (ada, bob):
        page = await caller.ok("GET", f"/rooms/{room}/messages")
        assert [each["content"] for each in page["messages"]] == ["hi"]
        for what in MODERATING:
            error = await caller.fails("GET", f"/rooms/{room}/{what}", status=403)
            assert error["code"] == "forbidden"
        slow = {"action": "slow", "seconds": 5}
        await caller.fails("POST", f"/rooms/{room}/moderate", slow, status=403)


async def test_for_all_others_there_is_no_room(stage):
    ada, bob = await stage.user("Ada"), await stage.user("Bob")
    room = await write(stage, ada, bob)
    nowhere = direct_room_id(ada.user["id"], "usr_" + "0" * 26)
    slow = {"action": "slow", "seconds": 5}
    for caller in (await stage.user("Eve"), await stage.operator(), stage.guest):
        answers = []
        for each in (room, nowhere):
            paths = [f"/rooms/{each}", f"/rooms/{each}/messages"]
            if caller.token is not None:
                paths += [f"/rooms/{each}/{what}" for what in MODERATING]
            for path in paths:
                error = await caller.fails("GET", path, status=404)
                answers.append((path.replace(each, ""), error["code"], error["message"]))
            if caller.token is not None:
                error = await caller.fails("POST", f"/rooms/{each}/moderate", slow, status=404)
                answers.append(("moderate", error["code"], error["message"]))
        half = len(answers) // 2
        assert answers[:half] == answers[half:], "the same as of a room that is not there"
        assert {code for _, code, _ in answers} == {"room_not_found"}
    for caller in (ada, bob):
        # Its title and owner are what a direct room has not got.
        await caller.fails("GET", f"/rooms/{room}", status=404)
