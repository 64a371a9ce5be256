"""Chatting over real sockets, in both subprotocols."""

import socket

import pytest
import trio

from actors.room import MAX_MESSAGE_CHARACTERS, Roster
from server.gateway.session import MAX_ROOMS_PER_CONNECTION

both = pytest.mark.parametrize("packed", [False, True], ids=["json", "msgpack"])


@both
async def test_two_clients_chat(venue, room, packed):
    async with venue.client("ada", packed) as ada, venue.client("bob", not packed) as bob:
        joined = await ada.ok("join", room=room)
        assert joined["room"] == room
        assert joined["offset"] == 0
        assert joined["messages"] == []
        assert joined["members"] == 1
        assert (await bob.ok("join", room=room))["members"] == 2
        sent = await ada.ok("send", room=room, content="Grüße 🎸", client_id="c1")
        assert sent["offset"] == 1
        for client in (ada, bob):
            push = await client.pushed()
            assert push == {
                "push": "message",
                "room": room,
                "offset": 1,
                "message": {
                    "id": sent["message"],
                    "offset": 1,
                    "user": {"id": "usr_ada", "name": "Ada"},
                    "content": "Grüße 🎸",
                    "at": "2024-11-24T00:00:00.123Z",
                },
            }
        await bob.ok("send", room=room, content="hello")
        assert (await ada.pushed())["message"]["user"]["name"] == "Bob"
        history = await bob.ok("history", room=room, before=2, limit=10)
        assert [m["offset"] for m in history["messages"]] == [1]
        assert history["more"] is False


@both
async def test_the_reply_comes_before_the_push(venue, room, packed):
    async with venue.client("ada", packed) as ada:
        await ada.ok("join", room=room)
        items = []
        for n in range(1, 11):
            await ada.send({"id": n, "do": "send", "room": room, "content": f"m{n}"})
        while len(items) < 20:
            items += [item for item in await ada.receive() if item.get("push") != "members"]
        for n in range(1, 11):
            reply = next(i for i, item in enumerate(items) if item.get("re") == n)
            push = next(i for i, item in enumerate(items) if item.get("offset") == n)
            assert items[reply]["ok"]["offset"] == n
            assert reply < push


async def test_nothing_is_missed_between_join_and_the_first_push(venue, room):
    async with venue.client("ada") as ada, trio.open_nursery() as nursery:
        await ada.ok("join", room=room)

        async def talk():
            for n in range(20):
                await ada.ok("send", room=room, content=f"m{n}")

        async def listen():
            async with venue.client() as guest:
                joined = await guest.ok("join", room=room)
                seen = [m["offset"] for m in joined["messages"]]
                assert not any(p["push"] == "message" for p in guest.pushes)
                while len(seen) < 20:
                    seen.append((await guest.pushed())["offset"])
                assert seen == list(range(1, 21))

        nursery.start_soon(talk)
        for _ in range(10):
            nursery.start_soon(listen)


async def test_recovery_after_a_reconnect_and_a_resend(venue, room):
    async with venue.client("bob") as bob:
        await bob.ok("join", room=room)
        async with venue.client("ada") as ada:
            start = await ada.ok("join", room=room)
            first = await ada.ok("send", room=room, content="one", client_id="c1")
        await bob.ok("send", room=room, content="two")
        await bob.ok("send", room=room, content="three")
        async with venue.client("ada") as ada:
            joined = await ada.ok("join", room=room, after=1, epoch=start["epoch"])
            assert joined["recovered"] is True
            assert [e["message"]["content"] for e in joined["events"]] == ["two", "three"]
            again = await ada.ok("send", room=room, content="one", client_id="c1")
            assert again == first
        offsets = [(await bob.pushed())["offset"] for _ in range(3)]
        assert offsets == [1, 2, 3]


async def test_recovery_and_resend_across_a_restart(open_venue, room):
    async with open_venue() as venue, venue.client("ada") as ada:
        start = await ada.ok("join", room=room)
        first = await ada.ok("send", room=room, content="one", client_id="c1")
    async with open_venue() as venue, venue.client("ada") as ada:
        joined = await ada.ok("join", room=room, after=0, epoch=start["epoch"])
        assert joined["recovered"] is True
        assert [e["message"]["content"] for e in joined["events"]] == ["one"]
        assert await ada.ok("send", room=room, content="one", client_id="c1") == first
        assert (await ada.ok("send", room=room, content="two"))["offset"] == 2


async def test_guests_read_and_do_not_write(venue, room):
    async with venue.client() as guest:
        await guest.ok("join", room=room)
        assert await guest.refused("send", room=room, content="hi") == "unauthenticated"
        assert await guest.refused("auth", token="forged") == "invalid_token"
        assert (await guest.ok("auth", token="token-ada"))["user"]["id"] == "usr_ada"
        await guest.ok("auth", token="token-ada")  # a newer token of the same user
        assert await guest.refused("auth", token="token-bob") == "forbidden"
        # The sender is who is signed in, never a field.
        await guest.ok("send", room=room, content="hi", user="usr_eve", name="Eve")
        assert (await guest.pushed())["message"]["user"] == {"id": "usr_ada", "name": "Ada"}


async def test_refusals_have_codes_and_the_connection_goes_on(venue, room):
    async with venue.client("ada") as ada:
        nowhere = "str_01JD0000000000000000000009"
        for name in (nowhere, "no such id", "usr_01JD0000000000000000000000", "x\ud7ff\ue000"):
            assert await ada.refused("join", room=name) == "not_found"
        assert len(venue.rooms) == 0
        assert await ada.refused("send", room=room, content="  ") == "empty_message"
        too_long = "x" * (MAX_MESSAGE_CHARACTERS + 1)
        assert await ada.refused("send", room=room, content=too_long) == "message_too_long"
        longest = "\u20ac" * MAX_MESSAGE_CHARACTERS
        assert (await ada.ok("send", room=room, content=longest))["offset"] == 1
        for n in range(19):
            await ada.ok("send", room=room, content=f"m{n}")
        reply = await ada.ask("send", room=room, content="too fast")
        assert reply["error"]["code"] == "rate_limited"
        assert 0 < reply["error"]["retry_after"] <= 1


async def test_leaving_and_counting(venue, room):
    async with venue.client("ada") as ada, venue.client() as guest:
        await ada.ok("join", room=room)
        await guest.ok("join", room=room)
        assert await ada.ok("members", room=room) == {
            "room": room,
            "count": 2,
            "members": [{"id": "usr_ada", "name": "Ada", "role": None}],
        }
        assert (await ada.pushed("members"))["count"] == 2
        await guest.ok("leave", room=room)
        await guest.ok("leave", room=room)
        assert (await ada.ok("members", room=room))["count"] == 1
        await ada.ok("send", room=room, content="gone?")
        await guest.ok("members", room=room)
        assert [p for p in guest.pushes if p["push"] == "message"] == []


async def test_a_connection_that_ends_leaves_its_rooms(venue, room, other_room):
    async with venue.client() as stays:
        await stays.ok("join", room=room)
        async with venue.client() as goes:
            await goes.ok("join", room=room)
            await goes.ok("join", room=other_room)
            assert (await stays.ok("members", room=room))["count"] == 2
        while len(venue.gateway) > 1:
            await trio.lowlevel.checkpoint()
        assert (await stays.ok("members", room=room))["count"] == 1
        assert (await stays.ok("members", room=other_room))["count"] == 0


async def test_rooms_per_connection_are_bounded(venue, room, monkeypatch):
    monkeypatch.setattr("server.gateway.session.MAX_ROOMS_PER_CONNECTION", 1)
    assert MAX_ROOMS_PER_CONNECTION > 1
    async with venue.client() as guest:
        await guest.ok("join", room=room)
        await guest.ok("join", room=room)
        other = "str_01JD0000000000000000000001"
        assert await guest.refused("join", room=other) == "too_many_rooms"
        await guest.ok("leave", room=room)
        await guest.ok("join", room=other)


async def test_a_room_that_crashes_is_noticed_by_nobody(venue, room, other_room, monkeypatch):
    async with venue.client("ada") as ada, venue.client("bob") as bob:
        await ada.ok("join", room=room)
        await bob.ok("join", room=room)
        await bob.ok("join", room=other_room)
        planted = ["bang"]

        def crash_once(text):
            if planted and text == planted[0]:
                raise RuntimeError("planted")
            return text

        monkeypatch.setattr("actors.room.floor.clean_content", crash_once)
        assert await ada.refused("send", room=room, content="bang", client_id="c1") == "unavailable"
        planted.clear()
        await bob.ok("send", room=other_room, content="fine here")
        await ada.ok("send", room=room, content="bang", client_id="c1")
        seen = [await bob.pushed() for _ in range(2)]
        assert {(p["room"], p["message"]["content"]) for p in seen} == {
            (other_room, "fine here"),
            (room, "bang"),
        }


async def test_a_join_that_is_not_answered_leaves_nobody_in(venue, room, monkeypatch):
    async with venue.client() as guest, venue.client() as other:
        await other.ok("join", room=room)
        real = Roster.add
        planted = [RuntimeError("planted")]

        def add_and_crash(roster, *args):
            real(roster, *args)
            if planted:
                raise planted.pop()

        monkeypatch.setattr(Roster, "add", add_and_crash)
        assert await guest.refused("join", room=room) == "unavailable"
        assert (await other.ok("members", room=room))["count"] == 1
        await guest.ok("join", room=room)
        assert (await other.ok("members", room=room))["count"] == 2


async def test_a_member_whose_connection_is_reset_is_out(venue, room):
    async with venue.client("ada") as ada:
        await ada.ok("join", room=room)
        async with venue.client() as guest:
            await guest.ok("join", room=room)
            # Closed without a word, and with unread bytes: TCP resets.
            guest.socket._stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0" * 2)
            await trio.aclose_forcefully(guest.socket._stream)
        while len(venue.gateway) > 1:
            await ada.ok("send", room=room, content="anybody?")
        assert (await ada.ok("members", room=room))["count"] == 1
