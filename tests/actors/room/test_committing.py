"""A store that fails: no offset twice, no message lost that was acknowledged, and an answer."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors.room import RoomError, Send
from actors.room.drafts import MAX_COMMIT_CHANGES, MAX_WAITING_DRAFTS
from actors.room.pace import MAX_CROWDED_TICK_S
from storage import OutcomeUnknown, StoreUnavailable


def failing(errors):
    """A hook that raises these errors, one at each call, and then nothing more."""
    left = list(errors)

    async def hook():
        await trio.lowlevel.checkpoint()
        if left:
            raise left.pop(0)

    return hook


async def test_an_outage_is_told_at_once_and_a_resend_works(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        hall.store.before_commit = failing([StoreUnavailable("disk full")])
        hall.store.before_read = failing([StoreUnavailable("disk full")] * 3)
        with pytest.raises(RoomError) as refused:
            await hall.say("hello", client_id="c1")
        assert refused.value.code == "unavailable"
        with pytest.raises(RoomError) as refused:  # the room knows that the store is out
            await hall.say("hello", client_id="c1")
        assert refused.value.code == "unavailable"
        await trio.sleep(10)
        assert (await hall.say("hello", client_id="c1")).offset == 1
        assert member.offsets == hall.store.offsets() == [1]


@pytest.mark.parametrize("client_id", ["c1", None])
async def test_an_unknown_outcome_that_landed_is_pushed_once(
    autojump_clock, open_hall, listener, client_id
):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        hall.store.after_commit = failing([OutcomeUnknown("timed out")])
        with pytest.raises(RoomError) as refused:
            await hall.say("hello", client_id=client_id)
        assert refused.value.code == "unavailable"
        await wait_all_tasks_blocked()
        assert member.offsets == [1]
        if client_id is not None:
            assert (await hall.say("hello", client_id=client_id)).offset == 1
        assert (await hall.say("next")).offset == 2
        assert member.offsets == hall.store.offsets() == [1, 2]


async def test_an_unknown_outcome_that_did_not_land_leaves_no_gap(
    autojump_clock, open_hall, listener
):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        hall.store.before_commit = failing([OutcomeUnknown("timed out")])
        with pytest.raises(RoomError):
            await hall.say("hello", client_id="c1")
        await wait_all_tasks_blocked()
        assert (await hall.say("hello", client_id="c1")).offset == 1
        assert member.offsets == hall.store.offsets() == [1]


async def test_a_commit_that_lands_late_is_found_by_the_next_one(
    autojump_clock, open_hall, listener
):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        late = []

        async def lose():
            # The outcome is unknown now, and the write lands after the room has looked.
            hall.store.before_commit = trio.lowlevel.checkpoint
            late.extend(hall.store.rows.items())
            raise OutcomeUnknown("timed out")

        hall.store.before_commit = lose
        with pytest.raises(RoomError):
            await hall.say("lost", client_id="c1")
        await wait_all_tasks_blocked()
        room = ("rooms", hall.room)
        version, doc = hall.store.rows[room]
        hall.store.rows[room] = (version + 1, {**doc, "last_offset": 1})
        hall.store.rows["room_events", "msg_late"] = (1, {
            "room": hall.room, "offset": 1, "kind": "message", "user": "usr_a",
            "name": "A", "content": "lost", "at": 1, "client_id": "c1",
        })  # fmt: skip
        sent = await hall.say("next", client_id="c2")
        assert sent.offset == 2
        assert (await hall.say("lost", client_id="c1")).offset == 1
        assert [m.content for m in member.messages] == ["lost", "next"]


async def test_a_conflict_that_never_ends_is_refused(autojump_clock, open_hall):
    async with open_hall() as hall:
        await hall.say("one")
        room = ("rooms", hall.room)

        async def outrun():
            version, doc = hall.store.rows[room]
            hall.store.rows[room] = (version + 1, doc)

        hall.store.before_commit = outrun
        with pytest.raises(RoomError) as refused:
            await hall.say("two")
        assert refused.value.code == "unavailable"
        hall.store.before_commit = trio.lowlevel.checkpoint
        assert (await hall.say("three")).offset == 2


async def test_a_storm_is_committed_in_ticks_and_a_quiet_room_at_once(
    autojump_clock, open_hall, listener, person
):
    async with open_hall() as hall:
        members = [listener() for _ in range(5_000)]
        for member in members:
            await hall.join(member)
        await trio.sleep(5)
        for n in range(3):
            began_at = trio.current_time()
            await hall.say(f"quiet {n}")
            assert trio.current_time() - began_at < 0.001
            await trio.sleep(1)
        waits = []

        async def say(n):
            began_at = trio.current_time()
            await hall.ask(Send(person(f"usr_{n}"), f"m{n}"))
            waits.append(trio.current_time() - began_at)

        before = len(hall.store.commits)
        async with trio.open_nursery() as nursery:
            for n in range(200):
                nursery.start_soon(say, n)
                await trio.sleep(0.01)
        await wait_all_tasks_blocked()  # the last ones are answered before they are told
        ticks = len(hall.store.commits) - before
        assert 2 / MAX_CROWDED_TICK_S <= ticks <= 2 / MAX_CROWDED_TICK_S + 2
        assert max(waits) <= MAX_CROWDED_TICK_S + 0.001
        assert members[0].offsets == members[-1].offsets == list(range(1, 204))
        messages = [batch for batch in members[0].batches if not batch.ephemeral]
        assert len(messages) == ticks + 3, "one batch for each tick"


async def test_what_waits_is_bounded_and_commits_are_of_bounded_size(
    autojump_clock, open_hall, listener, person, monkeypatch
):
    monkeypatch.setattr("actors.room.limits.ROOM_BURST_MESSAGES", 10_000)
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        gate = trio.Event()
        hall.store.before_commit = gate.wait
        refusals = []

        async def say(n):
            try:
                await hall.ask(Send(person(f"usr_{n}"), f"m{n}"))
            except RoomError as error:
                refusals.append(error.code)

        async with trio.open_nursery() as nursery:
            for n in range(MAX_WAITING_DRAFTS + 11):
                nursery.start_soon(say, n)
            await wait_all_tasks_blocked()
            gate.set()
        assert refusals == ["busy"] * 10
        assert max(hall.store.commits) == MAX_COMMIT_CHANGES
        assert member.offsets == list(range(1, MAX_WAITING_DRAFTS + 2))
