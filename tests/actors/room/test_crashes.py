"""A room's crash: nobody in it notices, nobody else is touched."""

from contextlib import suppress

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors.kernel import ActorCrashed, Directory
from actors.room import (
    CountMembers,
    History,
    Join,
    React,
    Send,
)


async def test_a_crash_is_unnoticed_by_members_and_other_rooms(
    autojump_clock, open_hall, listener, person
):
    async with open_hall() as hall:
        other_room = "str_01JD0000000000000000000001"
        hall.store.rows["streams", other_room] = (1, {"owner": "usr_o"})
        elsewhere = listener()
        await hall.rooms.ask(other_room, Join(elsewhere))
        members = [listener() for _ in range(4)]
        for member in members:
            await hall.join(member)
        await hall.say("before")
        # In the middle of a fan-out: some have the message, some have not.
        members[1].crash = RuntimeError("planted")
        await hall.say("during")
        await hall.say("after", client_id="c1")
        for member in (members[0], members[2], members[3]):
            assert member.offsets == [1, 2, 3]
        assert members[1].offsets == [1, 3]  # it broke while it took the second one itself
        assert await hall.ask(CountMembers()) == 4
        await hall.rooms.ask(other_room, Send(person("usr_a"), "fine here"))
        assert elsewhere.offsets == [1]
        restarts = {each.name: each.restarts for each in hall.supervisor.statistics()}
        assert restarts == {f"room:{hall.room}": 1, f"room:{other_room}": 0}


async def test_a_crash_while_committing_loses_and_doubles_nothing(
    autojump_clock, open_hall, listener
):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)

        async def crash():
            hall.store.after_commit = trio.lowlevel.checkpoint
            raise RuntimeError("planted")

        hall.store.after_commit = crash
        with pytest.raises(ActorCrashed):
            await hall.say("hello", client_id="c1")
        # It had landed: the next life finds it, tells the members, and knows the resend.
        assert (await hall.say("hello", client_id="c1")).offset == 1
        assert (await hall.say("next")).offset == 2
        assert member.offsets == [1, 2]


async def test_what_an_earlier_life_had_under_way_is_passed_over(
    autojump_clock, open_hall, listener, person
):
    async with open_hall() as hall:
        broken = listener()
        sent = await hall.say("before")
        await hall.join(broken)
        broken.crash = RuntimeError("planted")
        gate = trio.Event()
        hall.store.after_commit = gate.wait

        async def ask(question):
            with suppress(ActorCrashed):  # whichever comes second
                await hall.ask(question)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask, Send(person("usr_a"), "during", "c1"))
            nursery.start_soon(ask, React(person("usr_a"), sent.message_id, "👍", on=True))
            await wait_all_tasks_blocked()
            gate.set()  # both outcomes are told before the room looks at the first
        assert (await hall.say("during", client_id="c1")).offset == 2
        assert (await hall.ask(History(2, 1))).messages[0].reactions == (("👍", 1),)
        assert [each.restarts for each in hall.supervisor.statistics()] == [1]


async def test_members_outlive_a_room_that_crashed_for_good(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        member, broken = listener(), listener()
        await hall.join(member)
        await hall.join(broken)
        refused = 0
        for n in range(5):
            broken.crash = RuntimeError("planted")
            try:
                await hall.say(f"m{n}", client_id=f"c{n}")
            except ActorCrashed:  # the kernel's patience is over; the next one begins anew
                refused += 1
                await hall.say(f"m{n}", client_id=f"c{n}")
        assert refused == 1
        assert await hall.ask(CountMembers()) == 2
        assert member.offsets == [1, 2, 3, 4, 5]


async def test_directories_do_not_share_rosters(autojump_clock, open_hall, listener):
    async with open_hall() as hall, open_hall(hall.store) as other:
        assert isinstance(hall.rooms, Directory)
        member = listener()
        await hall.join(member)
        assert await other.ask(CountMembers()) == 0
