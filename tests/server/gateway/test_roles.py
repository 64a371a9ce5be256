"""Roles over real sockets, in both encodings: told when they change, and no more than a role."""

import pytest

NAME = "A" * 26
ADA = {"id": f"usr_{NAME}", "name": NAME.title()}

both = pytest.mark.parametrize("packed", [False, True], ids=["json", "msgpack"])


def role(room, role, **more):
    return {"push": "role", "room": room, "role": role, **more}


@both
async def test_a_role_is_told_to_its_user_and_to_moderators(venue, room, packed):
    async with venue.client(NAME, packed) as ada, venue.client("o", not packed) as owner:
        for client in (ada, owner):
            await client.ok("join", room=room)
        for name in ("moderator", "member"):
            await owner.ok("moderate", room=room, action="role", user=ADA["id"], role=name)
            assert await ada.pushed("role") == role(room, name)
            assert await owner.pushed("role") == role(room, name, user=ADA)


@both
async def test_who_is_no_moderator_any_more_is_out_without_a_ticket(venue, ticketed_room, packed):
    room, other = ticketed_room, {"room": ticketed_room, "action": "role", "user": ADA["id"]}
    async with venue.client("o", packed) as owner:
        await owner.ok("moderate", **other, role="moderator")
        async with venue.client(NAME, packed) as ada:
            await ada.ok("join", room=room)
            await owner.ok("moderate", **other, role="member")
            removed = {"push": "removed", "room": room, "reason": "licence_required"}
            assert await ada.pushed("role") == role(room, "member")
            assert await ada.pushed("removed") == removed
            assert (await ada.closed()).code == 4003


async def test_one_who_is_in_another_room_too_stays_connected(venue, room, ticketed_room):
    other = {"room": ticketed_room, "action": "role", "user": ADA["id"]}
    async with venue.client("o") as owner, venue.client(NAME) as ada:
        await owner.ok("moderate", **other, role="moderator")
        for each in (room, ticketed_room):
            await ada.ok("join", room=each)
        await owner.ok("moderate", **other, role="member")
        await ada.pushed("removed")
        for command in ("history", "members", "typing"):
            assert await ada.refused(command, room=ticketed_room) == "licence_required"
        await ada.ok("history", room=room)
