"""A room: one order, nothing acknowledged before it is committed, limits, members."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors.ports import CloseReason
from actors.room import (
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
from actors.room.presence import COUNT_INTERVAL_S
from actors.room.recent import MAX_RECOVERED_EVENTS


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


async def test_acknowledged_only_when_committed(autojump_clock, open_hall, person):
    async with open_hall() as hall:
        await hall.ask(CountMembers())
        gate = trio.Event()
        hall.store.before_commit = gate.wait
        question = Send(person("usr_a"), "hello")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hall.ask, question)
            await wait_all_tasks_blocked()
            assert not question.reply.settled
            gate.set()
        assert hall.store.offsets() == [1]


async def test_the_reply_is_settled_before_the_push(autojump_clock, open_hall, person):
    async with open_hall() as hall:
        question = Send(person("usr_a"), "hello")
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
        for n in range(MAX_RECOVERED_EVENTS + 300):
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


async def test_a_room_that_is_not_there(autojump_clock, open_hall, listener, person):
    async with open_hall() as hall:
        hall.room = "str_01JD0000000000000000000009"
        for question in (
            Join(listener()),
            Send(person("u"), "x"),
            History(None, 1),
            CountMembers(),
        ):
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


async def test_a_room_has_room_for_so_many(autojump_clock, open_hall, listener, monkeypatch):
    monkeypatch.setattr("actors.room.actor.MAX_MEMBERS", 2)
    async with open_hall() as hall:
        first = listener()
        await hall.join(first)
        await hall.join(listener())
        await hall.join(first)
        with pytest.raises(RoomError) as refused:
            await hall.join(listener())
        assert refused.value.code == "room_full"
