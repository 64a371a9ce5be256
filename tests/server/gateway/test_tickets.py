"""The room of a ticketed stream, over real sockets: who comes in, and who is put out."""

import pytest
import trio
from support.licences import give_licence, restore_licence, take_licence

from actors.ports import LicenceChanged
from actors.room import ListUsers
from server.gatekeeper import Gatekeeper
from storage import Put, StoreUnavailable

AT_MS = 1_732_406_400_000


async def revoke(venue, licence, room, user="usr_ada"):
    """Do what the order's actor does when a refund has succeeded."""
    await take_licence(venue.store, licence, AT_MS)
    await venue.gatekeeper.licence_changed(LicenceChanged(licence, user, room, active=False))


async def users(venue, room):
    return await venue.rooms.ask(room, ListUsers())


async def test_without_a_licence_nothing_can_be_done(venue, ticketed_room):
    await give_licence(venue.store, "usr_ada", "str_01JD0000000000000000000001")
    for user in (None, "ada"):
        async with venue.client(user) as client:
            for command in ("join", "history", "members"):
                assert await client.refused(command, room=ticketed_room) == "licence_required"
            code = "unauthenticated" if user is None else "licence_required"
            assert await client.refused("send", room=ticketed_room, content="hi") == code
    assert len(venue.rooms) == 0


async def test_a_licence_and_ownership_open_the_room(venue, ticketed_room):
    await give_licence(venue.store, "usr_ada", ticketed_room)
    async with venue.client("ada") as ada, venue.client("o") as owner:
        await owner.ok("join", room=ticketed_room)
        assert (await ada.ok("members", room=ticketed_room))["count"] == 1
        await ada.ok("send", room=ticketed_room, content="before I come in")
        await ada.ok("join", room=ticketed_room)
        await ada.ok("send", room=ticketed_room, content="hi")
        history = await ada.ok("history", room=ticketed_room)
        assert [each["content"] for each in history["messages"]] == ["before I come in", "hi"]
        assert (await owner.pushed())["offset"] == 1
        assert await users(venue, ticketed_room) == {"usr_ada", "usr_o"}


async def test_buying_opens_the_room_on_the_same_connection(venue, ticketed_room):
    async with venue.client("ada") as ada:
        assert await ada.refused("join", room=ticketed_room) == "licence_required"
        await give_licence(venue.store, "usr_ada", ticketed_room)
        await ada.ok("join", room=ticketed_room)


@pytest.mark.parametrize("packed", [False, True], ids=["json", "msgpack"])
async def test_a_revocation_puts_out_at_once_and_closes_the_only_room(venue, ticketed_room, packed):
    licence = await give_licence(venue.store, "usr_ada", ticketed_room)
    await give_licence(venue.store, "usr_bob", ticketed_room)
    async with venue.client("ada", packed) as ada, venue.client("bob", packed) as bob:
        await ada.ok("join", room=ticketed_room)
        await bob.ok("join", room=ticketed_room)
        for _ in range(2):  # told twice
            await revoke(venue, licence, ticketed_room)
            assert await users(venue, ticketed_room) == {"usr_bob"}
        await bob.ok("send", room=ticketed_room, content="who is left?")
        assert await ada.pushed("removed") == {
            "push": "removed",
            "room": ticketed_room,
            "reason": "licence_revoked",
        }
        reason = await ada.closed()
        assert (reason.code, reason.reason) == (4003, "revoked")
        assert "message" not in {each["push"] for each in ada.pushes}
        assert (await bob.pushed())["message"]["content"] == "who is left?"
    async with venue.client("ada") as again:
        assert await again.refused("join", room=ticketed_room) == "licence_required"


async def test_who_is_in_another_room_stays_connected(venue, room, ticketed_room):
    licence = await give_licence(venue.store, "usr_ada", ticketed_room)
    async with venue.client("ada") as ada:
        await ada.ok("join", room=ticketed_room)
        await ada.ok("join", room=room)
        await revoke(venue, licence, ticketed_room)
        assert (await ada.pushed("removed"))["room"] == ticketed_room
        for command, more in (("history", {}), ("members", {}), ("send", {"content": "hi"})):
            assert await ada.refused(command, room=ticketed_room, **more) == "licence_required"
        await ada.ok("leave", room=ticketed_room)
        await ada.ok("send", room=room, content="still here")
        assert (await ada.pushed())["message"]["content"] == "still here"
        await restore_licence(venue.store, licence)
        change = LicenceChanged(licence, "usr_ada", ticketed_room, active=True)
        await venue.gatekeeper.licence_changed(change)
        await ada.ok("join", room=ticketed_room)


async def test_all_windows_of_a_user_are_put_out(venue, ticketed_room):
    licence = await give_licence(venue.store, "usr_ada", ticketed_room)
    async with venue.client("ada") as phone, venue.client("ada", packed=True) as laptop:
        await phone.ok("join", room=ticketed_room)
        await laptop.ok("join", room=ticketed_room)
        await revoke(venue, licence, ticketed_room)
        for each in (phone, laptop):
            assert (await each.closed()).code == 4003


async def test_who_bought_twice_stays_until_both_are_gone(venue, ticketed_room):
    first = await give_licence(venue.store, "usr_ada", ticketed_room)
    second = await give_licence(venue.store, "usr_ada", ticketed_room)
    async with venue.client("ada") as ada:
        await ada.ok("join", room=ticketed_room)
        await revoke(venue, first, ticketed_room)
        assert await users(venue, ticketed_room) == {"usr_ada"}
        await ada.ok("send", room=ticketed_room, content="still here")
        await revoke(venue, second, ticketed_room)
        assert (await ada.closed()).code == 4003


@pytest.mark.parametrize("user", ["o", "admin"])
async def test_owner_and_admins_are_never_put_out(venue, ticketed_room, user):
    admin = {"email": "a@stage.example", "name": "A", "admin": True, "password_hash": ""}
    await venue.store.commit(Put("users", "usr_admin", admin, 0))
    licence = await give_licence(venue.store, f"usr_{user}", ticketed_room)
    async with venue.client(user) as client:
        await client.ok("join", room=ticketed_room)
        await revoke(venue, licence, ticketed_room, f"usr_{user}")
        await client.ok("send", room=ticketed_room, content="still here")


async def test_a_member_that_does_not_read_is_out_all_the_same(open_venue, ticketed_room):
    async with open_venue(send_buffer_bytes=4096) as venue:
        licence = await give_licence(venue.store, "usr_ada", ticketed_room)
        async with venue.client("ada") as ada, venue.client("o") as owner:
            await ada.ok("join", room=ticketed_room)
            for n in range(20):
                await owner.ok("send", room=ticketed_room, content=f"{n}" + "x" * 1900)
            await revoke(venue, licence, ticketed_room)
            assert await users(venue, ticketed_room) == frozenset()
            assert (await ada.closed()).code == 4003


@pytest.mark.parametrize("look", [1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_no_revocation_slips_between_the_look_and_the_join(
    open_venue, room, ticketed_room, monkeypatch, look, when
):
    """A join looks before it asks the room, and again when the room has answered."""
    real, looks = Gatekeeper.admit, []

    async def admit(gatekeeper, room_id, principal):
        if room_id == ticketed_room:
            looks.append(principal)
        planted = room_id == ticketed_room and len(looks) == look
        if planted and when == "before":
            await revoke(venue, licence, ticketed_room)
        holds_ticket = await real(gatekeeper, room_id, principal)
        if planted and when == "after":
            await revoke(venue, licence, ticketed_room)
        return holds_ticket

    monkeypatch.setattr(Gatekeeper, "admit", admit)
    async with open_venue() as venue:
        licence = await give_licence(venue.store, "usr_ada", ticketed_room)
        async with venue.client("ada") as ada, venue.client("o") as owner:
            await ada.ok("join", room=room)
            assert await ada.refused("join", room=ticketed_room) == "licence_required"
            assert await users(venue, ticketed_room) == frozenset()
            await owner.ok("send", room=ticketed_room, content="between us")
            await ada.ok("send", room=room, content="still connected")
            assert (await ada.pushed())["message"]["content"] == "still connected"
            told = sum(item["push"] == "removed" for item in ada.all_pushes)
            assert told == (look == 2), "only who was in for a moment hears that it is out"


async def test_a_join_that_the_store_cannot_answer_lets_nobody_in(
    open_venue, ticketed_room, monkeypatch
):
    real, looks = Gatekeeper.admit, []

    async def admit(gatekeeper, room_id, principal):
        looks.append(principal)
        if len(looks) == 2:
            raise StoreUnavailable("planted")
        return await real(gatekeeper, room_id, principal)

    monkeypatch.setattr(Gatekeeper, "admit", admit)
    async with open_venue() as venue:
        await give_licence(venue.store, "usr_ada", ticketed_room)
        async with venue.client("ada") as ada:
            assert await ada.refused("join", room=ticketed_room) == "unavailable"
            assert await users(venue, ticketed_room) == frozenset()
            await ada.ok("join", room=ticketed_room)


async def test_a_room_that_becomes_ticketed_lets_go_who_has_no_licence(venue, room):
    await give_licence(venue.store, "usr_ada", room)
    async with (
        venue.client("ada") as ada,
        venue.client("o") as owner,
        venue.client("bob") as bob,
        venue.client() as guest,
    ):
        for each in (ada, owner, bob, guest):
            await each.ok("join", room=room)
        row = await venue.store.get("streams", room)
        await venue.store.commit(Put("streams", room, row.doc | {"access": "ticket"}, row.version))
        await venue.gatekeeper.access_changed(room)
        assert await users(venue, room) == {"usr_ada", "usr_o"}
        for each in (bob, guest):
            assert (await each.pushed("removed"))["reason"] == "licence_required"
            assert (await each.closed()).code == 4003
        await ada.ok("send", room=room, content="still here")
        assert (await owner.pushed())["offset"] == 1


async def test_members_of_a_room_whose_actor_is_dead_are_put_out(venue, ticketed_room):
    """They are still in when it is started again, so it is."""
    licence = await give_licence(venue.store, "usr_ada", ticketed_room)
    async with venue.client("ada") as ada:
        await ada.ok("join", room=ticketed_room)
        for _ in range(4):  # once more than the kernel forgives
            await venue.rooms.get(ticketed_room).tell("no message of a room's")
            await trio.testing.wait_all_tasks_blocked(0.01)
        assert venue.rooms.get(ticketed_room) is None
        await revoke(venue, licence, ticketed_room)
        assert (await ada.closed()).code == 4003
        assert await users(venue, ticketed_room) == frozenset()
