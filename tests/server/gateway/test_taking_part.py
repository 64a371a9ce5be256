"""Edits, deletions, pins, reactions, typing and reports over real sockets, in both encodings."""

import pytest

from actors.ids import new_id

both = pytest.mark.parametrize("packed", [False, True], ids=["json", "msgpack"])
AT = "2024-11-24T00:00:00.123Z"
ADA = {"id": "usr_ada", "name": "Ada"}
OWNER = {"id": "usr_o", "name": "O"}


@both
async def test_an_edit_and_a_deletion(venue, room, packed):
    async with venue.client("ada", packed) as ada, venue.client("o", not packed) as owner:
        start = await owner.ok("join", room=room)
        message = (await ada.ok("send", room=room, content="helo"))["message"]
        assert await ada.ok("edit", room=room, message=message, content="hello") == {"offset": 2}
        assert await owner.pushed("edited") == {
            "push": "edited",
            "room": room,
            "offset": 2,
            "message": {"id": message, "content": "hello", "edited_at": AT},
            "by": ADA,
        }
        (shown,) = (await ada.ok("history", room=room))["messages"]
        assert (shown["content"], shown["edited_at"]) == ("hello", AT)
        assert await owner.refused("edit", room=room, message=message, content="x") == "forbidden"
        deleted = await owner.ok("delete", room=room, message=message, reason="off topic")
        assert deleted == {"offset": 3}
        assert await owner.pushed("deleted") == {
            "push": "deleted",
            "room": room,
            "offset": 3,
            "message": {"id": message},
            "by": OWNER,
            "reason": "off topic",
        }
        (shown,) = (await ada.ok("history", room=room))["messages"]
        assert (shown["content"], shown["deleted"]) == ("", True)
        code = await ada.refused("delete", room=room, message=message)
        assert code == "message_not_found"
        back = await ada.ok("join", room=room, after=0, epoch=start["epoch"])
        assert [event["push"] for event in back["events"]] == ["message", "edited", "deleted"]
        assert [event["offset"] for event in back["events"]] == [1, 2, 3]
        assert back["messages"] == []
        assert "hello" not in repr(back)


@both
async def test_a_reply_that_mentions(venue, room, packed):
    async with venue.client("ada", packed) as ada:
        await ada.ok("join", room=room)
        first = (await ada.ok("send", room=room, content="hello"))["message"]
        mentioned = new_id("usr")
        await ada.ok("send", room=room, content="me too", reply_to=first, mentions=[mentioned])
        await ada.pushed()
        message = (await ada.pushed())["message"]
        assert (message["reply_to"], message["mentions"]) == (first, [mentioned])
        for wrong, code in (
            ({"reply_to": new_id("msg")}, "message_not_found"),
            ({"mentions": ["somebody"]}, "bad_mentions"),
            ({"mentions": [new_id("usr") for _ in range(11)]}, "bad_mentions"),
            ({"mentions": ["a b"]}, "bad_request"),
        ):
            assert await ada.refused("send", room=room, content="x", **wrong) == code


@both
async def test_pins(venue, room, packed):
    async with venue.client("ada", packed) as ada, venue.client("o", not packed) as owner:
        joined = await ada.ok("join", room=room)
        assert (joined["pinned"], joined["role"]) == ([], None)
        message = (await ada.ok("send", room=room, content="the set list"))["message"]
        assert await ada.refused("pin", room=room, message=message) == "forbidden"
        assert await owner.ok("pin", room=room, message=message) == {"offset": 2}
        assert await owner.ok("pin", room=room, message=message) == {"offset": None}
        pushed = await ada.pushed("pinned")
        assert (pushed["offset"], pushed["by"]) == (2, OWNER)
        assert pushed["message"]["content"] == "the set list"
        joined = await owner.ok("join", room=room)
        assert [each["id"] for each in joined["pinned"]] == [message]
        assert joined["role"] == "owner"
        assert await owner.ok("unpin", room=room, message=message) == {"offset": 3}
        assert (await ada.pushed("unpinned"))["message"] == {"id": message}


@both
async def test_reactions(venue, room, packed):
    async with venue.client("ada", packed) as ada, venue.client("bob", not packed) as bob:
        start = await ada.ok("join", room=room)
        message = (await bob.ok("send", room=room, content="encore?"))["message"]
        for client in (ada, bob):
            await client.ok("react", room=room, message=message, emoji="👍🏽")
        sums = {}
        while sums != {message: {"👍🏽": 2}}:
            sums = (await ada.pushed("reactions"))["sums"]
        (shown,) = (await bob.ok("join", room=room))["messages"]
        assert shown["reactions"] == {"👍🏽": 2}
        await bob.ok("unreact", room=room, message=message, emoji="👍🏽")
        back = await bob.ok("join", room=room, after=1, epoch=start["epoch"])
        assert back["reactions"] == {message: {"👍🏽": 1}}
        assert back["offset"] == 1
        code = await bob.refused("react", room=room, message=message, emoji="like")
        assert code == "bad_emoji"


@both
async def test_typing(venue, room, packed):
    async with venue.client("ada", packed) as ada, venue.client(None, not packed) as guest:
        await guest.ok("join", room=room)
        assert await ada.ok("typing", room=room) == {"room": room}
        assert await guest.pushed("typing") == {"push": "typing", "room": room, "users": [ADA]}
        assert await guest.refused("typing", room=room) == "unauthenticated"


@both
async def test_reports(venue, room, packed):
    async with venue.client("ada", packed) as ada, venue.client("o", not packed) as owner:
        await owner.ok("join", room=room)
        await ada.ok("join", room=room)
        message = (await ada.ok("send", room=room, content="buy this"))["message"]
        assert await ada.ok("report", room=room, message=message, reason="spam") == {"room": room}
        pushed = await owner.pushed("report")
        assert pushed["message"]["id"] == message
        assert (pushed["by"], pushed["reason"]) == (ADA, "spam")
        await ada.ok("members", room=room)
        assert "report" not in {each["push"] for each in ada.all_pushes}
        assert await ada.refused("report", room=room, message=message, reason=" ") == "bad_reason"


async def test_guests_change_nothing(venue, room):
    async with venue.client() as guest:
        await guest.ok("join", room=room)
        about = {"room": room, "message": new_id("msg")}
        for do, fields in (
            ("edit", {"content": "x"}),
            ("delete", {}),
            ("pin", {}),
            ("unpin", {}),
            ("react", {"emoji": "👍"}),
            ("unreact", {"emoji": "👍"}),
            ("report", {"reason": "spam"}),
        ):
            assert await guest.refused(do, **about, **fields) == "unauthenticated"
