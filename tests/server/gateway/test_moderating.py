"""Moderation over real sockets, in both encodings: commands in, pushes out, members put out."""

import pytest

from server.gateway.commands import ModerateRoom, parse
from server.gateway.encoding import JSON, MSGPACK
from server.gateway.fields import CommandRefused

both = pytest.mark.parametrize("packed", [False, True], ids=["json", "msgpack"])
ADA_NAME = "A" * 26
ADA = {"id": f"usr_{ADA_NAME}", "name": ADA_NAME.title()}
OWNER = {"id": "usr_o", "name": "O"}
MODES = {"slow_s": 0, "ticket_holders": False, "emote_only": False, "approval": False}


@both
async def test_modes_and_slow_mode(venue, room, packed):
    async with venue.client(ADA_NAME, packed) as ada, venue.client("o", not packed) as owner:
        joined = await ada.ok("join", room=room)
        assert joined["modes"] == MODES
        assert "sanction" not in joined
        refusal = await ada.refused("moderate", room=room, action="slow", seconds=5)
        assert refusal == "forbidden"
        assert await owner.ok("moderate", room=room, action="slow", seconds=5) == {"offset": 1}
        assert await ada.pushed("mode") == {
            "push": "mode",
            "room": room,
            "offset": 1,
            "modes": MODES | {"slow_s": 5},
            "by": OWNER,
        }
        await ada.ok("send", room=room, content="one")
        reply = await ada.ask("send", room=room, content="two")
        assert reply["error"]["code"] == "slow_mode"
        assert reply["error"]["retry_after"] == 5.0
        await owner.ok("moderate", room=room, action="mode", emote_only=True)
        assert (await ada.pushed("mode"))["modes"] == MODES | {"slow_s": 5, "emote_only": True}
        await owner.ok("moderate", room=room, action="words", add=["darn"])
        await owner.ok("moderate", room=room, action="mode", emote_only=False)
        await owner.ok("moderate", room=room, action="slow", seconds=0)
        assert await ada.refused("send", room=room, content="darn!") == "blocked_word"


@both
async def test_a_timeout_and_a_purge(venue, room, packed):
    async with venue.client(ADA_NAME, packed) as ada, venue.client("o", not packed) as owner:
        await owner.ok("join", room=room)
        await ada.ok("join", room=room)
        await ada.ok("send", room=room, content="spam")
        command = {"room": room, "user": ADA["id"]}
        laid = await owner.ok("moderate", **command, action="timeout", seconds=60, reason="spam")
        assert laid == {"offset": None}
        expected = {"push": "sanction", "room": room, "kind": "timeout", "user": ADA,
                    "until": "2024-11-24T00:01:00.123Z", "reason": "spam"}  # fmt: skip
        for client in (ada, owner):
            assert await client.pushed("sanction") == expected
        reply = await ada.ask("send", room=room, content="more")
        assert reply["error"]["code"] == "timed_out"
        assert reply["error"]["retry_after"] == 60.0
        sanction = (await ada.ok("join", room=room))["sanction"]
        assert sanction == {
            "kind": "timeout", "until": "2024-11-24T00:01:00.123Z", "reason": "spam"
        }  # fmt: skip
        assert await owner.ok("moderate", **command, action="purge") == {"offset": 2}
        assert await ada.pushed("purged") == {
            "push": "purged", "room": room, "offset": 2, "user": {"id": ADA["id"]}, "before": 2,
            "by": OWNER,
        }  # fmt: skip
        await owner.ok("moderate", **command, action="untimeout")
        assert (await ada.pushed("sanction"))["kind"] == "untimeout"
        await ada.ok("send", room=room, content="sorry")


@both
async def test_a_ban_closes_with_4003(venue, room, packed):
    async with venue.client(ADA_NAME, packed) as ada, venue.client("o", not packed) as owner:
        await ada.ok("join", room=room)
        await owner.ok("join", room=room)
        await owner.ok("moderate", room=room, action="ban", user=ADA["id"], reason="spam")
        assert (await owner.pushed("sanction"))["kind"] == "ban"
        removed = await ada.pushed("removed")
        assert removed == {"push": "removed", "room": room, "reason": "banned"}
        assert (await ada.closed()).code == 4003
    async with venue.client(ADA_NAME, packed) as ada:
        assert await ada.refused("join", room=room) == "banned"
        assert await ada.refused("send", room=room, content="still here?") == "banned"
        for command in ("history", "members"):
            assert await ada.refused(command, room=room) == "banned"


@both
async def test_a_banned_address_is_closed_to_guests_too(venue, room, packed):
    async with venue.client(ADA_NAME, packed) as ada, venue.client("o", packed) as owner:
        await ada.ok("join", room=room)
        await owner.ok(
            "moderate", room=room, action="ban", user=ADA["id"], address=True, seconds=60
        )
        assert (await ada.closed()).code == 4003
        async with venue.client(None, packed) as guest:  # from the same address
            reply = await guest.ask("join", room=room)
            assert reply["error"]["code"] == "banned"
            assert reply["error"]["retry_after"] == 60.0
            for command in ("history", "members"):
                assert await guest.refused(command, room=room) == "banned"
        assert await owner.ok("members", room=room)  # moderators are never out


@both
async def test_approval_and_shadows(venue, room, packed):
    async with venue.client(ADA_NAME, packed) as ada, venue.client("o", not packed) as owner:
        await ada.ok("join", room=room)
        await owner.ok("join", room=room)
        await owner.ok("moderate", room=room, action="mode", approval=True)
        held = await ada.ok("send", room=room, content="may I?")
        assert list(held) == ["pending"]
        assert await owner.pushed("pending") == {
            "push": "pending",
            "room": room,
            "pending": {
                "id": held["pending"],
                "user": ADA,
                "content": "may I?",
                "at": "2024-11-24T00:00:00.123Z",
            },
        }
        approved = await owner.ok("moderate", room=room, action="approve", pending=held["pending"])
        assert approved == {"offset": 2}
        for client in (owner, ada):  # its author is told, too
            assert await client.pushed("resolved") == {
                "push": "resolved",
                "room": room,
                "pending": {"id": held["pending"]},
                "outcome": "approved",
            }
        assert (await ada.pushed())["message"]["content"] == "may I?"
        await owner.ok("moderate", room=room, action="mode", approval=False)
        await owner.ok("moderate", room=room, action="shadowban", user=ADA["id"])
        owner.all_pushes.clear()
        sent = await ada.ok("send", room=room, content="buy this")
        assert sent["offset"] is None
        push = await ada.pushed()
        assert (push["offset"], push["message"]["offset"]) == (None, None)
        assert (push["message"]["id"], push["message"]["content"]) == (sent["message"], "buy this")
        await owner.ok("members", room=room)
        assert owner.all_pushes == []


ROOM_AND = {"do": "moderate", "room": "r"}


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"action": 7}, {"action": "dance"}, {"action": "timeout", "user": "u"},
        {"action": "timeout", "user": "u", "seconds": "1"}, {"action": "purge"},
        {"action": "ban", "user": "u", "seconds": 0}, {"action": "ban", "user": "u", "address": 1},
        {"action": "slow"}, {"action": "slow", "seconds": -1},
        {"action": "mode", "approval": "yes"},
        {"action": "words", "add": "x"}, {"action": "words", "add": [7]},
        {"action": "words", "add": ["x" * 300]}, {"action": "role", "user": "u", "role": "owner"},
        {"action": "approve"}, {"action": "delete", "reason": "x"},
        {"action": "delete", "message": "m", "reason": 7},
    ],
)  # fmt: skip
def test_commands_that_are_none(fields):
    with pytest.raises(CommandRefused) as refused:
        parse(ROOM_AND | fields)
    assert refused.value.code == "bad_request"


@pytest.mark.parametrize("encoding", [JSON, MSGPACK])
@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("delete", {"message": "m", "reason": "x"}), ("purge", {"user": "u"}),
        ("timeout", {"user": "u", "seconds": 5, "reason": "x"}), ("untimeout", {"user": "u"}),
        ("ban", {"user": "u", "reason": "x", "seconds": 5, "address": True}),
        ("unban", {"user": "u"}), ("shadowban", {"user": "u", "reason": "x"}),
        ("unshadowban", {"user": "u"}), ("slow", {"seconds": 0}),
        ("mode", {"ticket_holders": True, "emote_only": False, "approval": None}),
        ("words", {"add": ("a",), "remove": ("b",)}), ("role", {"user": "u", "role": "member"}),
        ("approve", {"pending": "p"}), ("reject", {"pending": "p"}),
    ],
)  # fmt: skip
def test_every_action_keeps_its_fields(encoding, action, fields):
    packed = encoding.dumps({**ROOM_AND, "action": action, **fields})
    _, command = parse(encoding.loads(packed))
    assert isinstance(command, ModerateRoom)
    kept = {name: getattr(command.what, name) for name in command.what.__slots__}
    assert kept == fields
