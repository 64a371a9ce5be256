"""Recovery and history: all that was missed or nothing, from memory or from the store."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors.room import (
    FIRST_MESSAGES,
    History,
    Leave,
    RoomError,
)
from actors.room.recent import MAX_RECOVERED_EVENTS
from actors.room.works import MAX_READS
from storage import StoreUnavailable


async def test_join_recovers_all_that_was_missed_or_nothing(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        member = listener()
        start = await hall.join(member)
        assert (start.offset, start.recovered, start.messages) == (0, False, ())
        await hall.ask(Leave(member))
        for n in range(MAX_RECOVERED_EVENTS + 1):
            await hall.say(f"m{n}", f"usr_{n}")
            await trio.sleep(0.01)
        last = MAX_RECOVERED_EVENTS + 1
        assert member.messages == []

        all_but_one = await hall.join(listener(), 1, start.epoch)
        assert all_but_one.recovered
        assert [event.offset for event in all_but_one.events] == list(range(2, last + 1))
        nothing = await hall.join(listener(), last, start.epoch)
        assert nothing.recovered
        assert nothing.events == nothing.messages == ()
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
        assert [event.message.content for event in joined.events] == ["m2", "m3", "m4"]
        assert (await again.say("next")).offset == 6


async def test_messages_of_the_first_version_are_read(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        rows = hall.store.rows
        rows["rooms", hall.room] = (3, {"epoch": "e", "last_offset": 2, "created_at": 1})
        for offset in (1, 2):
            rows["room_events", f"msg_{offset}"] = (1, {
                "room": hall.room, "offset": offset, "kind": "message", "user": "usr_a",
                "name": "A", "content": f"m{offset}", "at": 1, "client_id": f"c{offset}",
            })  # fmt: skip
        joined = await hall.join(listener(), 1, "e")
        assert [event.message.content for event in joined.events] == ["m2"]
        page = await hall.ask(History(None, 10))
        assert [(m.content, m.reply_to, m.mentions) for m in page.messages] == [
            ("m1", None, ()), ("m2", None, ())
        ]  # fmt: skip
        assert (await hall.say("m1", client_id="c1")).offset == 1
        assert (await hall.say("next")).offset == 3


async def test_history_from_memory_and_from_the_store(autojump_clock, open_hall):
    async with open_hall() as hall:
        total = MAX_RECOVERED_EVENTS + 300
        for n in range(total):
            await hall.say(f"m{n}", f"usr_{n}")
            await trio.sleep(0.01)
        newest = await hall.ask(History(None, 10))
        assert [m.offset for m in newest.messages] == list(range(total - 9, total + 1))
        assert newest.more
        old = await hall.ask(History(6, 10))
        assert [m.offset for m in old.messages] == [1, 2, 3, 4, 5]
        assert not old.more
        seam = await hall.ask(History(total - MAX_RECOVERED_EVENTS + 5, 20))
        assert [m.offset for m in seam.messages][-1] == total - MAX_RECOVERED_EVENTS + 4
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


async def test_history_reads_of_the_store_are_bounded(autojump_clock, open_hall):
    async with open_hall() as hall:
        for n in range(MAX_RECOVERED_EVENTS + 300):
            await hall.say(f"m{n}", f"usr_{n}")
            await trio.sleep(0.01)
        gate = trio.Event()
        hall.store.before_read = gate.wait
        outcomes = []

        async def read():
            try:
                outcomes.append(len((await hall.ask(History(20, 5))).messages))
            except RoomError as error:
                outcomes.append(error.code)

        async with trio.open_nursery() as nursery:
            for _ in range(MAX_READS + 1):
                nursery.start_soon(read)
            await wait_all_tasks_blocked()
            assert outcomes == ["busy"]
            gate.set()
        assert outcomes[1:] == [5] * MAX_READS


async def test_history_while_the_store_is_out(autojump_clock, open_hall):
    async with open_hall() as hall:
        for n in range(MAX_RECOVERED_EVENTS + 300):
            await hall.say(f"m{n}", f"usr_{n}")
            await trio.sleep(0.01)

        async def fail():
            raise StoreUnavailable("disk full")

        hall.store.before_read = fail
        with pytest.raises(RoomError) as refused:
            await hall.ask(History(20, 5))
        assert refused.value.code == "unavailable"
        assert len((await hall.ask(History(None, 5))).messages) == 5
