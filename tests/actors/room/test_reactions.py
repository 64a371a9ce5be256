"""Reactions: once for each user and emoji, summed, and no part of the order."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors.room import Delete, History, React, ReactionsSummed, RoomError
from actors.room.limits import USER_BURST_REACTIONS
from actors.room.reactions import MAX_EMOJI_PER_MESSAGE, MAX_EMOJI_PER_USER
from actors.room.recent import MAX_RECOVERED_EVENTS, TRIM_EVENTS
from storage import Conflict, ConflictReason, OutcomeUnknown, Put, StoreUnavailable

EMOJI = [chr(0x1F600 + n) for n in range(30)]


async def refused(hall, question):
    with pytest.raises(RoomError) as refusal:
        await hall.ask(question)
    return refusal.value.code


async def test_many_reactions_are_one_push_and_take_no_offset(
    autojump_clock, open_hall, listener, person
):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        sent = await hall.say("hello")
        async with trio.open_nursery() as nursery:
            for n in range(30):
                react = React(person(f"usr_{n}"), sent.message_id, EMOJI[n % 2], on=True)
                nursery.start_soon(hall.ask, react)
        sums = [push.sums for push in member.of(ReactionsSummed)]
        assert len(sums) <= 3
        assert sums[-1] == {sent.message_id: {EMOJI[0]: 15, EMOJI[1]: 15}}
        assert hall.store.offsets() == [1]


@pytest.mark.parametrize("restart", [False, True])
async def test_the_same_again_changes_nothing(autojump_clock, open_hall, listener, person, restart):
    async with open_hall() as hall:
        sent = await hall.say("hello")
        about = (person("usr_a"), sent.message_id, EMOJI[0])
        for on, count in ((True, 1), (True, 1), (False, None), (False, None), (True, 1)):
            await hall.ask(React(*about, on=on))
            if restart:
                await hall.restart()
            (message,) = (await hall.join(listener())).messages
            assert dict(message.reactions).get(EMOJI[0]) == count


async def test_limits_of_reactions(autojump_clock, open_hall, person):
    async with open_hall() as hall:
        sent = await hall.say("hello")
        for n in range(MAX_EMOJI_PER_USER):
            await hall.ask(React(person("usr_a"), sent.message_id, EMOJI[n], on=True))
        one_more = React(person("usr_a"), sent.message_id, EMOJI[-1], on=True)
        assert await refused(hall, one_more) == "too_many_reactions"
        for n in range(MAX_EMOJI_PER_USER, MAX_EMOJI_PER_MESSAGE):
            await hall.ask(React(person("usr_b"), sent.message_id, EMOJI[n], on=True))
        new = React(person("usr_c"), sent.message_id, EMOJI[-1], on=True)
        assert await refused(hall, new) == "too_many_reactions"
        await hall.ask(React(person("usr_c"), sent.message_id, EMOJI[0], on=True))
        for wrong in ("x", "", EMOJI[0] * 2):
            assert await refused(hall, React(person("usr_c"), sent.message_id, wrong, on=True)) == (
                "bad_emoji"
            )
        nowhere = "msg_" + "0" * 26
        assert await refused(hall, React(person("usr_c"), nowhere, EMOJI[0], on=True)) == (
            "message_not_found"
        )
        await hall.ask(Delete(person("usr_a"), sent.message_id))
        assert await refused(hall, React(person("usr_c"), sent.message_id, EMOJI[0], on=True)) == (
            "message_not_found"
        )


async def test_a_user_who_reacts_too_much_waits(autojump_clock, open_hall, person):
    async with open_hall() as hall:
        sent = await hall.say("hello")
        about = (person("usr_a"), sent.message_id, EMOJI[0])
        for n in range(USER_BURST_REACTIONS):
            await hall.ask(React(*about, on=n % 2 == 0))
        with pytest.raises(RoomError) as refusal:
            await hall.ask(React(*about, on=True))
        assert refusal.value.code == "rate_limited"
        await trio.sleep(refusal.value.retry_after_s)
        await hall.ask(React(*about, on=True))


async def test_who_comes_back_learns_what_changed(autojump_clock, open_hall, listener, person):
    async with open_hall() as hall:
        start = await hall.join(listener())
        sent = [await hall.say(f"m{n}") for n in range(3)]
        await hall.ask(React(person("usr_b"), sent[1].message_id, EMOJI[0], on=True))
        back = await hall.join(listener(), 3, start.epoch)
        assert back.recovered
        assert back.sums == {sent[1].message_id: {EMOJI[0]: 1}}
        await hall.ask(React(person("usr_b"), sent[1].message_id, EMOJI[0], on=False))
        await hall.restart()
        back = await hall.join(listener(), 3, start.epoch)
        assert back.sums == {sent[1].message_id: {}}


async def test_reactions_under_what_memory_has_forgotten(autojump_clock, open_hall, person):
    async with open_hall() as hall:
        old = await hall.say("old")
        for n in range(MAX_RECOVERED_EVENTS + TRIM_EVENTS):
            await hall.say(f"m{n}", f"usr_{n}")
            await trio.sleep(0.01)
        await hall.ask(React(person("usr_b"), old.message_id, EMOJI[0], on=True))
        (message,) = (await hall.ask(History(2, 10))).messages
        assert message.reactions == ((EMOJI[0], 1),)


@pytest.mark.parametrize("landed", [False, True])
async def test_an_unknown_outcome_counts_once(autojump_clock, open_hall, listener, person, landed):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        sent = await hall.say("hello")
        hook = "after_commit" if landed else "before_commit"

        async def lose():
            setattr(hall.store, hook, trio.lowlevel.checkpoint)
            raise OutcomeUnknown("planted")

        setattr(hall.store, hook, lose)
        await hall.ask(React(person("usr_b"), sent.message_id, EMOJI[0], on=True))
        (message,) = (await hall.join(listener())).messages
        assert message.reactions == ((EMOJI[0], 1),)


@pytest.mark.parametrize(
    "error",
    [
        StoreUnavailable("planted"),
        Conflict(Put("reactions", "x", {}, 1), ConflictReason.CHANGED),
    ],
)
async def test_a_store_that_fails_is_told(autojump_clock, open_hall, person, error):
    async with open_hall() as hall:
        sent = await hall.say("hello")

        async def fail():
            raise error

        hall.store.before_commit = fail
        about = (person("usr_b"), sent.message_id, EMOJI[0])
        assert await refused(hall, React(*about, on=True)) == "unavailable"
        hall.store.before_commit = trio.lowlevel.checkpoint
        await hall.ask(React(*about, on=True))


async def test_a_crash_tells_in_the_next_life(autojump_clock, open_hall, listener, person):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        sent = await hall.say("hello")

        async def crash():
            hall.store.after_commit = trio.lowlevel.checkpoint
            raise RuntimeError("planted")

        hall.store.after_commit = crash
        async with trio.open_nursery() as nursery:

            async def react():
                with pytest.raises(Exception, match="crashed"):
                    await hall.ask(React(person("usr_b"), sent.message_id, EMOJI[0], on=True))

            nursery.start_soon(react)
        await wait_all_tasks_blocked()
        assert member.of(ReactionsSummed)[-1].sums == {sent.message_id: {EMOJI[0]: 1}}
