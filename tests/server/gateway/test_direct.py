"""Direct messages over real sockets: who is told of them, and who is kept from writing them."""

import pytest
import trio
from support.socket_stage import open_stage
from trio.testing import wait_all_tasks_blocked

from actors.ports import Batch
from actors.room import (
    CountMembers,
    DirectPosted,
    Message,
    MessagePosted,
    Person,
    Send,
    direct_room_id,
)
from actors.room.direct_messages import USER_BURST_CONVERSATIONS
from server.gateway import Registry
from server.gateway.closing import SLOW
from server.gateway.commands import parse
from server.gateway.connection import MAX_HELD_FRAMES
from server.gateway.direct import BlockUser, ListBlocks, ListDirect, SendDirect, UnblockUser
from server.gateway.fields import CommandRefused
from storage import Put

ROOM = direct_room_id("usr_ada", "usr_bob")
BOTH = pytest.mark.parametrize("packed", [False, True], ids=["json", "msgpack"])
AT = "2024-11-24T00:00:00.123Z"


@pytest.mark.parametrize(
    ("value", "command"),
    [
        ({"do": "dm", "user": "u", "content": "hi"}, SendDirect("u", "hi")),
        ({"do": "dm", "user": "u", "content": "hi", "client_id": "c", "reply_to": "m"},
         SendDirect("u", "hi", "c", "m")),
        ({"do": "dms"}, ListDirect()),
        ({"do": "block", "user": "u"}, BlockUser("u")),
        ({"do": "unblock", "user": "u"}, UnblockUser("u")),
        ({"do": "blocks"}, ListBlocks()),
    ],
)  # fmt: skip
def test_commands(value, command):
    assert parse({"id": 1, **value}) == (1, command)


@pytest.mark.parametrize(
    "value",
    [
        {"do": "dm", "user": "u"}, {"do": "dm", "content": "hi"}, {"do": "block"},
        {"do": "dm", "user": 7, "content": "hi"}, {"do": "dm", "user": "a b", "content": "hi"},
        {"do": "dm", "user": "x" * 65, "content": "hi"}, {"do": "unblock", "user": None},
        {"do": "dm", "user": "u", "content": "hi", "client_id": ""},
        {"do": "dm", "user": "u", "content": "hi", "reply_to": 7},
    ],
)  # fmt: skip
def test_what_is_no_command(value):
    with pytest.raises(CommandRefused) as refusal:
        parse({"id": 1, **value})
    assert (refusal.value.code, refusal.value.command_id) == ("bad_request", 1)


async def add_users(store, *names):
    for name in names:
        if await store.get("users", f"usr_{name}") is None:
            doc = {"name": name.title(), "email": f"{name}@x.example", "admin": name == "root"}
            await store.commit(Put("users", f"usr_{name}", doc, 0))


@pytest.fixture
async def venue(venue):
    await add_users(venue.store, "ada", "bob", "eve", "root")
    return venue


def others(client):
    """The pushes that a client has read, without those of presence."""
    return [each for each in client.all_pushes if each["push"] != "members"]


async def settle(client):
    """Have all that was pushed to a client before now read by it."""
    await client.ok("dms")


@BOTH
async def test_the_whole_wire(venue, packed):
    async with venue.client("ada", packed) as ada, venue.client("bob", packed) as bob:
        sent = await ada.ok("dm", user="usr_bob", content="hi", client_id="c1")
        assert set(sent) == {"room", "offset", "message"}
        assert (sent["room"], sent["offset"]) == (ROOM, 1)
        push = {
            "push": "dm",
            "room": ROOM,
            "offset": 1,
            "user": {"id": "usr_ada", "name": "Ada"},
            "message": {
                "id": sent["message"],
                "offset": 1,
                "user": {"id": "usr_ada", "name": "Ada"},
                "content": "hi",
                "at": AT,
            },
        }
        assert await ada.pushed("dm") == await bob.pushed("dm") == push
        reply = await bob.ok("dm", user="usr_ada", content="ho", reply_to=sent["message"])
        assert reply["offset"] == 2
        assert (await ada.pushed("dm"))["message"]["reply_to"] == sent["message"]
        mine = {"room": ROOM, "user": {"id": "usr_ada", "name": "Ada"}, "offset": 2, "at": AT}
        assert await bob.ok("dms") == {"rooms": [mine]}
        ada_s = {**mine, "user": {"id": "usr_bob", "name": "Bob"}}
        assert await ada.ok("dms") == {"rooms": [ada_s]}
        assert await bob.ok("blocks") == {"users": []}
        assert await bob.ok("block", user="usr_ada") == {"user": {"id": "usr_ada", "name": "Ada"}}
        assert await bob.ok("blocks") == {"users": [{"id": "usr_ada", "name": "Ada"}]}
        reply = await ada.ask("dm", user="usr_bob", content="please")
        assert reply["error"] == {
            "code": "blocked",
            "message": "Bob does not take messages from you.",
        }
        reply = await bob.ask("dm", user="usr_ada", content="well")
        assert reply["error"]["message"] == "You have blocked Ada."
        assert await bob.ok("unblock", user="usr_ada") == {"user": {"id": "usr_ada"}}
        assert (await ada.ok("dm", user="usr_bob", content="thanks"))["offset"] == 3


@BOTH
async def test_all_of_a_room_works_in_it_by_its_id(venue, packed):
    async with venue.client("ada", packed) as ada, venue.client("bob", packed) as bob:
        await ada.ok("dm", user="usr_bob", content="hi")
        joined = await bob.ok("join", room=ROOM)
        assert [each["content"] for each in joined["messages"]] == ["hi"]
        assert joined["role"] is None
        await ada.ok("join", room=ROOM)
        sent = await bob.ok("send", room=ROOM, content="ho")
        assert (await ada.pushed())["message"]["content"] == "ho"
        await ada.ok("typing", room=ROOM)
        assert (await bob.pushed("typing"))["users"] == [{"id": "usr_ada", "name": "Ada"}]
        await ada.ok("react", room=ROOM, message=sent["message"], emoji="👍")
        assert (await bob.pushed("reactions"))["sums"] == {sent["message"]: {"👍": 1}}
        await bob.ok("edit", room=ROOM, message=sent["message"], content="hoo")
        assert (await ada.pushed("edited"))["message"]["content"] == "hoo"
        assert await ada.refused("delete", room=ROOM, message=sent["message"]) == "forbidden"
        await bob.ok("delete", room=ROOM, message=sent["message"])
        assert (await ada.pushed("deleted"))["offset"] == 4
        history = await ada.ok("history", room=ROOM)
        assert [each["content"] for each in history["messages"]] == ["hi", ""]
        assert (await bob.ok("members", room=ROOM))["count"] == 2
        first = {"room": ROOM, "message": joined["messages"][0]["id"]}
        assert await ada.refused("pin", **first) == "forbidden"
        assert await ada.refused("report", **first, reason="spam") == "forbidden"
        assert await ada.refused("moderate", room=ROOM, action="slow", seconds=5) == "forbidden"
        await ada.ok("leave", room=ROOM)


async def test_order_and_recovery(venue):
    async with venue.client("ada") as ada:
        async with venue.client("bob") as bob:
            first = await ada.ok("dm", user="usr_bob", content="0")
            joined = await bob.ok("join", room=first["room"])
        for n in range(1, 4):
            await ada.ok("dm", user="usr_bob", content=str(n))
        async with venue.client("bob") as bob:
            back = await bob.ok("join", room=ROOM, after=joined["offset"], epoch=joined["epoch"])
            assert back["recovered"] is True
            assert [each["offset"] for each in back["events"]] == [2, 3, 4]


async def test_a_connection_hears_of_a_message_once_joined_or_not(venue):
    async with (
        venue.client("ada") as writing,
        venue.client("ada", packed=True) as elsewhere,
        venue.client("bob") as joined,
        venue.client("bob", packed=True) as not_joined,
        venue.client("eve") as stranger,
        venue.client() as guest,
    ):
        await writing.ok("dm", user="usr_bob", content="0")
        await joined.ok("join", room=ROOM)
        for n in range(1, 4):
            await writing.ok("dm", user="usr_bob", content=str(n), client_id=f"c{n}")
            await writing.ok("dm", user="usr_bob", content=str(n), client_id=f"c{n}")  # again
        await joined.ok("send", room=ROOM, content="4")
        await joined.ok("leave", room=ROOM)
        await joined.ok("dm", user="usr_ada", content="5")
        for client in (writing, elsewhere, joined, not_joined):
            await settle(client)
        for client in (writing, elsewhere, not_joined):
            told = others(client)
            assert {each["push"] for each in told} == {"dm"}
            assert [each["message"]["content"] for each in told] == list("012345")
            assert [each["offset"] for each in told] == [1, 2, 3, 4, 5, 6]
        got = [(each["push"], each["message"]["content"]) for each in others(joined)]
        assert got == [("dm", "0"), *(("message", n) for n in "1234"), ("dm", "5")]
        assert await stranger.ok("dms") == {"rooms": []}
        assert await guest.refused("dms") == "unauthenticated"
        assert others(stranger) == others(guest) == []


async def test_blocks_in_both_directions_and_after_a_restart(open_venue):
    async with open_venue() as venue:
        await add_users(venue.store, "ada", "bob")
        async with venue.client("ada") as ada, venue.client("bob") as bob:
            await ada.ok("block", user="usr_bob")
            assert await bob.refused("dm", user="usr_ada", content="hi") == "blocked"
            assert await ada.refused("dm", user="usr_bob", content="hi") == "blocked"
            assert await bob.refused("join", room=ROOM) == "not_found", "no room was made of it"
            await ada.ok("unblock", user="usr_bob")
            sent = await bob.ok("dm", user="usr_ada", content="hi")
            await bob.ok("join", room=ROOM)
            await ada.ok("block", user="usr_bob")
    async with open_venue() as venue, venue.client("ada") as ada, venue.client("bob") as bob:
        await bob.ok("join", room=ROOM)
        for client in (ada, bob):
            assert await client.refused("send", room=ROOM, content="hi") == "blocked"
            assert await client.refused("typing", room=ROOM) == "blocked"
            message = sent["message"]
            assert (
                await client.refused("react", room=ROOM, message=message, emoji="👍") == "blocked"
            )
            assert len((await client.ok("history", room=ROOM))["messages"]) == 1
        assert await bob.refused("edit", room=ROOM, message=message, content="x") == "blocked"
        await ada.ok("unblock", user="usr_bob")
        assert (await bob.ok("send", room=ROOM, content="back"))["offset"] == 2


async def test_nobody_but_the_two_hears_that_there_is_a_room(venue, authenticate):
    async with venue.client("ada") as ada:
        sent = await ada.ok("dm", user="usr_bob", content="hi")
    nowhere = direct_room_id("usr_ada", "usr_nobody")
    assert authenticate("token-root").admin
    for user in ("eve", "root", None):
        async with venue.client(user) as client:
            for room in (ROOM, nowhere):
                for do in ("join", "history", "members"):
                    assert await client.refused(do, room=room) == "not_found"
                if user is None:
                    continue
                about = {"room": room, "message": sent["message"]}
                assert await client.refused("send", room=room, content="hi") == "not_found"
                assert await client.refused("typing", room=room) == "not_found"
                assert await client.refused("edit", **about, content="hi") == "not_found"
                assert await client.refused("delete", **about) == "not_found"
                assert await client.refused("pin", **about) == "not_found"
                assert await client.refused("react", **about, emoji="👍") == "not_found"
                assert await client.refused("report", **about, reason="x") == "not_found"
                slow = {"action": "slow", "seconds": 5}
                assert await client.refused("moderate", room=room, **slow) == "not_found"
    assert venue.rooms.get(nowhere) is None


async def test_what_is_no_direct_message(venue):
    async with venue.client("ada") as ada, venue.client() as guest:
        assert await ada.refused("dm", user="usr_ada", content="hi") == "bad_request"
        assert await ada.refused("dm", user="usr_nobody", content="hi") == "not_found"
        assert await ada.refused("dm", user="usr_bob", content="") == "empty_message"
        assert await ada.refused("block", user="usr_ada") == "bad_request"
        assert await ada.refused("block", user="usr_nobody") == "not_found"
        assert await ada.ok("unblock", user="usr_nobody") == {"user": {"id": "usr_nobody"}}
        for do, fields in (
            ("dm", {"user": "usr_bob", "content": "hi"}),
            ("dms", {}),
            ("block", {"user": "usr_bob"}),
            ("unblock", {"user": "usr_bob"}),
            ("blocks", {}),
        ):
            assert await guest.refused(do, **fields) == "unauthenticated"
    assert len(venue.rooms) == 0


async def test_new_conversations_are_few_and_say_when_to_come_again(venue):
    names = [f"n{n}" for n in range(USER_BURST_CONVERSATIONS + 1)]
    await add_users(venue.store, *names)
    async with venue.client("ada") as ada:
        for name in names[:-1]:
            await ada.ok("dm", user=f"usr_{name}", content="hi")
        reply = await ada.ask("dm", user=f"usr_{names[-1]}", content="hi")
        assert reply["error"]["code"] == "rate_limited"
        assert 0 < reply["error"]["retry_after"] <= 6
        assert (await ada.ok("dm", user=f"usr_{names[0]}", content="more"))["offset"] == 2


async def test_two_who_write_first_at_the_same_moment(venue):
    async with venue.client("ada") as ada, venue.client("bob", packed=True) as bob:
        sent = {}

        async def write(client, to):
            sent[to] = await client.ok("dm", user=to, content=f"to {to}")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(write, ada, "usr_bob")
            nursery.start_soon(write, bob, "usr_ada")
        assert {each["room"] for each in sent.values()} == {ROOM}
        assert sorted(each["offset"] for each in sent.values()) == [1, 2]
        for client in (ada, bob):
            told = [await client.pushed("dm") for _ in range(2)]
            assert [each["offset"] for each in told] == [1, 2]


async def test_a_full_house_refuses_for_a_while(venue):
    venue.rooms._max_actors = 1
    async with venue.client("ada") as ada:
        await ada.ok("dm", user="usr_bob", content="hi")
        reply = await ada.ask("dm", user="usr_eve", content="hi", client_id="c")
        assert reply["error"]["code"] == "busy"
        assert reply["error"]["retry_after"] > 0
        venue.rooms._max_actors = 2
        assert (await ada.ok("dm", user="usr_eve", content="hi", client_id="c"))["offset"] == 1


async def test_who_reads_slowly_misses_pushes_and_keeps_the_connection(
    autojump_clock, tmp_path, authenticate, monkeypatch
):
    monkeypatch.setattr("actors.room.limits.USER_BURST_MESSAGES", 1_000)
    async with open_stage(tmp_path, authenticate) as stage:
        await add_users(stage.store, "ada", "bob")
        bob = await stage.connect(send_buffer_bytes=4096)
        await bob.say({"id": 1, "do": "auth", "token": "token-bob"})
        await bob.reply()
        await bob.say({"id": 2, "do": "dm", "user": "usr_ada", "content": "write to me"})
        room = (await bob.reply())["ok"]["room"]
        for _ in range(100):
            await stage.rooms.ask(room, Send(Person("usr_ada", "Ada"), "x" * 1000))
        await bob.say({"id": 3, "do": "dms"})
        offsets, reply = [], None
        while reply is None:
            for item in await bob.items():
                if item.get("push") == "dm":
                    offsets.append(item["offset"])
                elif "re" in item:
                    reply = item
        assert reply["ok"]["rooms"][0]["offset"] == 101
        assert offsets == list(range(1, len(offsets) + 1)), (
            "what the socket took, once and in order"
        )
        assert len(offsets) < 101


async def test_pushes_that_wait_for_a_reply_are_dropped_before_the_client_is_closed(
    autojump_clock, tmp_path, authenticate
):
    registry = Registry()
    async with open_stage(tmp_path, authenticate, registry=registry) as stage:
        await stage.connect()
        await wait_all_tasks_blocked()
        (connection,) = registry
        question = CountMembers()
        question.reply.answer(0)
        connection._session.question = question  # settled, and its reply is not written yet
        message = Message(1, "msg_1", "usr_ada", "Ada", "hi", 0)
        dm = Batch((DirectPosted(ROOM, message),), ephemeral=True)
        for _ in range(MAX_HELD_FRAMES + 10):
            assert connection.offer(dm) is None
        assert len(connection._held) == MAX_HELD_FRAMES
        assert connection.offer(Batch((MessagePosted(ROOM, message),))) is SLOW
