"""The reference client against a real server: members who drop see what the others see."""

import signal

import pytest
import trio
from support.chat import connected
from support.chat_member import member
from support.chat_picture import Picture, same_order
from support.live_server import live_server

both = pytest.mark.parametrize("packed", [False, True], ids=["json", "msgpack"])


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with live_server(tmp_path_factory.mktemp("data")) as server:
        yield server


@pytest.fixture(scope="module")
def ada(server):
    return server.register("Ada")


@both
async def test_members_who_drop_see_what_the_others_see(server, ada, packed):
    room = server.make_stream(ada).id
    async with (
        member(server.http, room, ada.token, packed=packed) as owner,
        member(server.http, room, packed=not packed) as guest,
    ):
        first = await owner.say("one")
        await guest.drop()
        await owner.client.do("edit", room=room, message=first["message"], content="ONE")
        await owner.client.do("react", room=room, message=first["message"], emoji="🎷")
        second = await owner.say("two", reply_to=first["message"])
        await owner.client.do("pin", room=room, message=second["message"])
        await owner.drop()
        third = await owner.say("three")
        await owner.client.do("delete", room=room, message=second["message"])
        await owner.client.do("moderate", room=room, action="slow", seconds=5)
        last = await owner.say("four")
        await owner.seen(last["offset"])
        await guest.seen(last["offset"])
        assert owner.picture.contents() == ["ONE", "", "three", "four"]
        assert third["offset"] == 5
        assert owner.picture.pinned == []
        assert owner.picture.modes["slow_s"] == 5
        assert (guest.picture.recoveries, owner.picture.recoveries) == (1, 1)
        fresh = Picture()
        async with connected(server.http) as newcomer:
            fresh.enter(await newcomer.do("join", room=room))
        same_order((owner.picture, guest.picture, fresh))


async def test_a_message_whose_reply_was_lost_is_there_once(server, ada):
    room = server.make_stream(ada).id
    async with member(server.http, room, ada.token) as owner, member(server.http, room) as guest:
        async with trio.open_nursery() as nursery:
            for number in range(5):
                nursery.start_soon(owner.say, f"m{number}")
            await guest.seen(1)
            await owner.drop()
        await guest.seen(5)
        assert sorted(guest.picture.contents()) == [f"m{number}" for number in range(5)]


async def test_a_recovery_that_is_not_to_be_had_starts_afresh(server, ada):
    room = server.make_stream(ada).id
    async with member(server.http, room, ada.token) as owner, connected(server.http) as guest:
        await owner.say("one")
        for wrong in ({"after": 0, "epoch": "another"}, {"after": 9, "epoch": owner.picture.epoch}):
            joined = await guest.do("join", room=room, **wrong)
            assert joined["recovered"] is False
            assert [each["content"] for each in joined["messages"]] == ["one"]
            assert joined["events"] == []


async def test_members_come_back_after_a_restart_when_they_are_told_to(tmp_path):
    with live_server(tmp_path / "data") as server:
        ada = server.register("Ada")
        room = server.make_stream(ada).id
        async with (
            member(server.http, room, ada.token) as owner,
            member(server.http, room, packed=True) as guest,
        ):
            await owner.say("before")
            await guest.seen(1)
            server.signal(signal.SIGTERM)
            await owner.until(lambda: owner.client is None)
            await trio.to_thread.run_sync(server.wait)
            await trio.to_thread.run_sync(server.start)
            last = await owner.say("after")
            await owner.seen(last["offset"])
            await guest.seen(last["offset"])
            assert owner.closes[0] == guest.closes[0] == 1012
            assert owner.picture.contents() == ["before", "after"]
            assert owner.picture.recoveries == 1
            same_order((owner.picture, guest.picture))
