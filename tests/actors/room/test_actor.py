"""A room: order, durability before acknowledgement, recovery, and members who are all told."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors.kernel import ActorCrashed, Directory
from actors.ports import CloseReason
from actors.room import (
    FIRST_MESSAGES,
    MAX_MESSAGE_CHARACTERS,
    ROOM_IDLE_S,
    USER_BURST_MESSAGES,
    CountMembers,
    History,
    Join,
    Leave,
    RoomError,
    Send,
)
from actors.room.actor import COUNT_INTERVAL_S
from actors.room.recent import MAX_RECOVERED_MESSAGES


async def test_all_members_see_one_order_with_no_gap(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        first, second = listener(), listener()
        await hall.join(first)
        await hall.join(second)
        async with trio.open_nursery() as nursery:
            for n in range(15):
                nursery.start_soon(hall.say, f"m{n}", f"usr_{n % 3}")
        assert first.offsets == second.offsets == list(range(1, 16))
        assert [m.content for m in first.messages] == [m.content for m in second.messages]
        assert hall.store.offsets() == list(range(1, 16))


async def test_sends_during_a_commit_go_into_the_next_one(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        gate = trio.Event()
        hall.store.before_commit = gate.wait
        async with trio.open_nursery() as nursery:
            for n in range(10):
                nursery.start_soon(hall.say, f"m{n}")
            await wait_all_tasks_blocked()
            assert member.messages == []  # nothing is pushed before it is committed
            gate.set()
        assert hall.store.commits == [1, 9]
        messages = [batch for batch in member.batches if not batch.ephemeral]
        assert [len(batch.pushes) for batch in messages] == [1, 9]


async def test_acknowledged_only_when_committed(autojump_clock, open_hall):
    async with open_hall() as hall:
        await hall.ask(CountMembers())
        gate = trio.Event()
        hall.store.before_commit = gate.wait
        question = Send("usr_a", "A", "hello")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hall.ask, question)
            await wait_all_tasks_blocked()
            assert not question.reply.settled
            gate.set()
        assert hall.store.offsets() == [1]


async def test_the_reply_is_settled_before_the_push(autojump_clock, open_hall):
    async with open_hall() as hall:
        question = Send("usr_a", "A", "hello")
        settled = []

        class Watcher:
            def offer(self, batch):
                settled.append(question.reply.settled)
                return

        await hall.ask(Join(Watcher()))
        await hall.ask(question)
        assert settled == [True]


@pytest.mark.parametrize("restart", [False, True])
async def test_a_resend_gets_the_first_offset(autojump_clock, open_hall, restart):
    async with open_hall() as hall:
        first = await hall.say("hello", client_id="c1")
        await hall.say("other", client_id="c2")
        if not restart:
            assert await hall.say("hello", client_id="c1") == first
        # The key is the user's own: another one's c1 is another message.
        assert (await hall.say("mine", "usr_b", client_id="c1")).offset == 3
    if restart:
        async with open_hall(hall.store) as again:
            assert await again.say("hello", client_id="c1") == first
            assert (await again.say("new", client_id="c3")).offset == 4


async def test_a_resend_of_what_is_under_way_shares_its_answer(autojump_clock, open_hall):
    async with open_hall() as hall:
        await hall.ask(CountMembers())
        gate = trio.Event()
        hall.store.before_commit = gate.wait
        answers = []

        async def say():
            answers.append(await hall.say("hello", client_id="c1"))

        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(say)
            await wait_all_tasks_blocked()
            gate.set()
        assert len(set(answers)) == 1
        assert hall.store.offsets() == [1]


async def test_a_resend_of_something_long_ago_spoils_nobody_elses_commit(
    autojump_clock, open_hall, listener
):
    async with open_hall() as hall:
        first = await hall.say("long ago", client_id="old")
        for n in range(MAX_RECOVERED_MESSAGES + 300):
            await hall.say(f"m{n}", f"usr_{n}")
            await trio.sleep(0.01)
        member = listener()
        joined = await hall.join(member)
        gate = trio.Event()
        hall.store.before_commit = gate.wait
        answers = {}

        async def say(content, client_id):
            answers[client_id] = await hall.say(content, client_id=client_id)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(say, "a", "n1")
            await wait_all_tasks_blocked()
            nursery.start_soon(say, "long ago", "old")
            nursery.start_soon(say, "b", "n2")
            await wait_all_tasks_blocked()
            gate.set()
        assert answers["old"] == first
        assert {answers["n1"].offset, answers["n2"].offset} == {
            joined.offset + 1,
            joined.offset + 2,
        }
        assert member.offsets == [joined.offset + 1, joined.offset + 2]


async def test_join_recovers_all_that_was_missed_or_nothing(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        member = listener()
        start = await hall.join(member)
        assert (start.offset, start.recovered, start.messages) == (0, False, ())
        await hall.ask(Leave(member))
        for n in range(MAX_RECOVERED_MESSAGES + 1):
            await hall.say(f"m{n}", f"usr_{n}")
            await trio.sleep(0.01)
        last = MAX_RECOVERED_MESSAGES + 1
        assert member.messages == []

        all_but_one = await hall.join(listener(), 1, start.epoch)
        assert all_but_one.recovered
        assert [m.offset for m in all_but_one.messages] == list(range(2, last + 1))
        nothing = await hall.join(listener(), last, start.epoch)
        assert nothing.recovered
        assert nothing.messages == ()
        for after, epoch in [(0, start.epoch), (5, "another"), (last + 1, start.epoch), (5, None)]:
            joined = await hall.join(listener(), after, epoch)
            assert not joined.recovered
            assert joined.offset == last
            assert len(joined.messages) == FIRST_MESSAGES
            assert joined.messages[-1].offset == last


async def test_recovery_holds_across_a_restart(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        start = await hall.join(listener())
        for n in range(5):
            await hall.say(f"m{n}")
    async with open_hall(hall.store) as again:
        joined = await again.join(listener(), 2, start.epoch)
        assert joined.recovered
        assert joined.epoch == start.epoch
        assert [m.content for m in joined.messages] == ["m2", "m3", "m4"]
        assert (await again.say("next")).offset == 6


async def test_history_from_memory_and_from_the_store(autojump_clock, open_hall):
    async with open_hall() as hall:
        total = MAX_RECOVERED_MESSAGES + 300
        for n in range(total):
            await hall.say(f"m{n}", f"usr_{n}")
            await trio.sleep(0.01)
        newest = await hall.ask(History(None, 10))
        assert [m.offset for m in newest.messages] == list(range(total - 9, total + 1))
        assert newest.more
        old = await hall.ask(History(6, 10))
        assert [m.offset for m in old.messages] == [1, 2, 3, 4, 5]
        assert not old.more
        seam = await hall.ask(History(total - MAX_RECOVERED_MESSAGES + 5, 20))
        assert [m.offset for m in seam.messages][-1] == total - MAX_RECOVERED_MESSAGES + 4
        assert len(seam.messages) == 20
        assert (await hall.ask(History(1, 10))).messages == ()
        assert (await hall.ask(History(0, 10))).messages == ()


async def test_history_of_a_short_room(autojump_clock, open_hall):
    async with open_hall() as hall:
        assert (await hall.ask(History(None, 10))).messages == ()
        for n in range(3):
            await hall.say(f"m{n}")
        page = await hall.ask(History(None, 10))
        assert [m.offset for m in page.messages] == [1, 2, 3]
        assert not page.more
        assert [m.offset for m in (await hall.ask(History(3, 1))).messages] == [2]


async def test_a_room_that_is_not_there(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        hall.room = "str_01JD0000000000000000000009"
        for question in (Join(listener()), Send("u", "U", "x"), History(None, 1), CountMembers()):
            with pytest.raises(RoomError) as refused:
                await hall.ask(question)
            assert refused.value.code == "not_found"
        await hall.ask(Leave(listener()))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "empty_message"),
        (" \n\t ", "empty_message"),
        ("\x00\u202e", "empty_message"),
        ("x" * (MAX_MESSAGE_CHARACTERS + 1), "message_too_long"),
    ],
)
async def test_what_may_not_be_said(autojump_clock, open_hall, content, code):
    async with open_hall() as hall:
        with pytest.raises(RoomError) as refused:
            await hall.say(content)
        assert refused.value.code == code
        assert hall.store.offsets() == []


async def test_a_user_who_says_too_much_waits_and_others_do_not(autojump_clock, open_hall):
    async with open_hall() as hall:
        for n in range(USER_BURST_MESSAGES):
            await hall.say(f"m{n}")
        with pytest.raises(RoomError) as refused:
            await hall.say("one more")
        assert refused.value.code == "rate_limited"
        await hall.say("hello", "usr_b")
        await trio.sleep(refused.value.retry_after_s)
        await hall.say("one more")


async def test_a_member_that_gives_a_reason_is_out(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        slow, other = listener(), listener()
        await hall.join(slow)
        await hall.join(other)
        slow.answer = CloseReason(4008, "slow")
        await hall.say("one")
        assert await hall.ask(CountMembers()) == 1
        slow.answer = None
        await hall.say("two")
        assert slow.messages == []
        assert other.offsets == [1, 2]


async def test_members_are_distinct_and_their_count_is_sampled(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        first = listener()
        for _ in range(2):
            joined = await hall.join(first)
            assert joined.members == 1
        others = [listener() for _ in range(20)]
        for other in others:
            await hall.join(other)
        await trio.sleep(COUNT_INTERVAL_S * 1.5)
        assert first.counts == [21]
        for other in others:
            await hall.ask(Leave(other))
        await trio.sleep(COUNT_INTERVAL_S * 1.5)
        assert first.counts == [21, 1]
        await trio.sleep(COUNT_INTERVAL_S * 3)
        assert first.counts == [21, 1]


async def test_an_empty_room_goes_and_a_full_one_stays(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        await trio.sleep(ROOM_IDLE_S * 3)
        assert len(hall.rooms) == 1
        await hall.ask(Leave(member))
        await trio.sleep(ROOM_IDLE_S * 1.5)
        assert len(hall.rooms) == 0
        assert len(hall.factory.rosters) == 0


async def test_a_crash_is_unnoticed_by_members_and_other_rooms(autojump_clock, open_hall, listener):
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
        await hall.rooms.ask(other_room, Send("usr_a", "A", "fine here"))
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
