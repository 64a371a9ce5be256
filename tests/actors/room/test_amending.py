"""Edits, deletions, pins, replies and mentions: their place in the order, and who may."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors.room import (
    EDIT_WINDOW_S,
    Delete,
    Edit,
    History,
    MessageDeleted,
    MessageEdited,
    MessagePinned,
    MessageUnpinned,
    Pin,
    RoomError,
)
from actors.room.amending import MAX_PINNED_MESSAGES
from actors.room.posting import MAX_MENTIONS
from actors.room.recent import MAX_RECOVERED_EVENTS, TRIM_EVENTS
from storage import OutcomeUnknown

OWNER = "usr_o"
NOWHERE = "msg_" + "0" * 26


async def refused(hall, question):
    with pytest.raises(RoomError) as refusal:
        await hall.ask(question)
    return refusal.value.code


async def last_of(hall):
    return (await hall.ask(History(None, 1))).messages[-1]


@pytest.mark.parametrize("restart", [False, True])
async def test_an_edit_takes_an_offset_and_history_shows_it(
    autojump_clock, open_hall, listener, person, restart
):
    async with open_hall() as hall:
        member = listener()
        start = await hall.join(member)
        sent = await hall.say("helo")
        await trio.sleep(1)
        assert await hall.ask(Edit(person("usr_a"), sent.message_id, " hello ")) == 2
        (edited,) = member.of(MessageEdited)
        assert (edited.offset, edited.message.content) == (2, "hello")
        if restart:
            await hall.restart()
        message = await last_of(hall)
        assert (message.offset, message.content) == (1, "hello")
        assert message.edited_at_ms == message.at_ms + 1000
        back = await hall.join(listener(), 0, start.epoch)
        assert [event.message.content for event in back.events] == ["hello", "hello"]
        assert hall.store.rows["room_events", sent.message_id][1]["content"] == "hello"


async def test_who_may_edit_and_for_how_long(autojump_clock, open_hall, person):
    async with open_hall() as hall:
        sent = await hall.say("hello")
        for other in ("usr_b", OWNER):
            assert await refused(hall, Edit(person(other), sent.message_id, "x")) == "forbidden"
        assert await refused(hall, Edit(person("usr_a"), NOWHERE, "x")) == "message_not_found"
        assert await refused(hall, Edit(person("usr_a"), sent.message_id, " ")) == "empty_message"
        await trio.sleep(EDIT_WINDOW_S)
        await hall.ask(Edit(person("usr_a"), sent.message_id, "just in time"))
        await trio.sleep(1)
        assert await refused(hall, Edit(person("usr_a"), sent.message_id, "x")) == "too_old"
        assert hall.store.offsets() == [1, 2]


@pytest.mark.parametrize("who", ["usr_a", OWNER])
async def test_what_is_deleted_is_gone_from_memory_and_store(
    autojump_clock, open_hall, listener, person, who
):
    async with open_hall() as hall:
        member = listener()
        start = await hall.join(member)
        sent = await hall.say("a secret", client_id="c1")
        await hall.ask(Edit(person("usr_a"), sent.message_id, "a secret still"))
        assert await refused(hall, Delete(person("usr_b"), sent.message_id)) == "forbidden"
        assert await hall.ask(Delete(person(who), sent.message_id, "oops")) == 3
        (deleted,) = member.of(MessageDeleted)
        assert (deleted.message_id, deleted.by.user_id, deleted.reason) == (
            sent.message_id, who, "oops"
        )  # fmt: skip
        for question in (Delete, lambda *about: Edit(*about, "x")):
            code = await refused(hall, question(person("usr_a"), sent.message_id))
            assert code == "message_not_found"
        assert await hall.say("a secret", client_id="c1") == sent, "a resend says nothing anew"
        for _ in range(2):
            assert (await last_of(hall)).deleted
            back = await hall.join(listener(), 0, start.epoch)
            assert [event.offset for event in back.events] == [1, 2, 3]
            assert "secret" not in repr((back, hall.store.rows))
            await hall.restart()


async def test_pins_are_a_moderators_and_few(autojump_clock, open_hall, listener, person):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        ids = [(await hall.say(f"m{n}")).message_id for n in range(MAX_PINNED_MESSAGES + 1)]
        assert await refused(hall, Pin(person("usr_a"), ids[0], on=True)) == "forbidden"
        for id_ in ids[:-1]:
            assert await hall.ask(Pin(person(OWNER), id_, on=True)) is not None
        assert await refused(hall, Pin(person(OWNER), ids[-1], on=True)) == "too_many_pins"
        assert await hall.ask(Pin(person(OWNER), ids[0], on=True)) is None, "it is so"
        await hall.ask(Pin(person(OWNER), ids[1], on=False))
        await hall.ask(Delete(person("usr_a"), ids[2]))
        assert [push.message.id for push in member.of(MessagePinned)] == ids[:-1]
        assert [push.message_id for push in member.of(MessageUnpinned)] == [ids[1]]
        await hall.ask(Edit(person("usr_a"), ids[0], "changed"))
        for _ in range(2):
            pinned = (await hall.join(listener())).pinned
            assert [each.id for each in pinned] == [ids[0], ids[3], ids[4]]
            assert pinned[0].content == "changed"
            await hall.restart()


async def test_pins_and_edits_reach_what_memory_has_forgotten(
    autojump_clock, open_hall, listener, person
):
    async with open_hall() as hall:
        old = await hall.say("old")
        older_still = await hall.say("older still")
        for n in range(MAX_RECOVERED_EVENTS + TRIM_EVENTS):
            await hall.say(f"m{n}", f"usr_{n}")
            await trio.sleep(0.01)
        await hall.ask(Edit(person("usr_a"), old.message_id, "changed"))
        await hall.ask(Edit(person("usr_a"), old.message_id, "changed again"))
        await hall.ask(Pin(person(OWNER), old.message_id, on=True))
        reply = await hall.say("I agree", reply_to=older_still.message_id)
        await hall.ask(Delete(person("usr_a"), older_still.message_id))
        for _ in range(2):
            assert (await hall.join(listener())).pinned[0].content == "changed again"
            page = await hall.ask(History(3, 10))
            assert [(m.content, m.deleted) for m in page.messages] == [
                ("changed again", False), ("", True)
            ]  # fmt: skip
            assert not page.more
            assert (await last_of(hall)).reply_to == older_still.message_id
            await hall.restart()
        assert reply.offset is not None


async def test_replies_and_mentions(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        first = await hall.say("hello")
        ids = tuple(f"usr_{n:026d}" for n in range(MAX_MENTIONS))
        await hall.say("hi", "usr_b", reply_to=first.message_id, mentions=(*ids, ids[0]))
        for _ in range(2):
            message = await last_of(hall)
            assert (message.reply_to, message.mentions) == (first.message_id, ids)
            await hall.restart()
        for wrong in (("x",), ("usr_b",), (*ids, "usr_" + "9" * 26)):
            with pytest.raises(RoomError) as refusal:
                await hall.say("hi", mentions=wrong)
            assert refusal.value.code == "bad_mentions"
        for missing in (NOWHERE, "nothing", "x" * 64):
            with pytest.raises(RoomError) as refusal:
                await hall.say("hi", reply_to=missing)
            assert refusal.value.code == "message_not_found"


async def test_a_message_of_another_room_is_not_there(autojump_clock, open_hall, person):
    async with open_hall() as hall:
        here = await hall.say("here")
        hall.room = "str_01JD0000000000000000000001"
        hall.store.rows["streams", hall.room] = (1, {"owner": "usr_a"})
        assert await refused(hall, Delete(person("usr_a"), here.message_id)) == "message_not_found"


async def test_amendments_of_one_message_are_committed_one_after_another(
    autojump_clock, open_hall, listener, person
):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        sent = await hall.say("m")
        other = await hall.say("n")
        gate = trio.Event()
        hall.store.before_commit = gate.wait
        offsets = []

        async def edit(message_id, content):
            offsets.append(await hall.ask(Edit(person("usr_a"), message_id, content)))

        async with trio.open_nursery() as nursery:
            for n in range(4):
                nursery.start_soon(edit, sent.message_id, f"m{n}")
                nursery.start_soon(edit, other.message_id, f"n{n}")
                await wait_all_tasks_blocked()
            gate.set()
        assert sorted(offsets) == list(range(3, 11))
        assert member.offsets == list(range(1, 11))
        page = await hall.ask(History(None, 2))
        assert [message.content for message in page.messages] == ["m3", "n3"]


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
async def test_an_edit_of_unknown_outcome_is_told_as_it_came_out(
    autojump_clock, open_hall, listener, person, when
):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        sent = await hall.say("m")

        async def lose():
            setattr(hall.store, when, trio.lowlevel.checkpoint)
            raise OutcomeUnknown("planted")

        setattr(hall.store, when, lose)
        code = await refused(hall, Edit(person("usr_a"), sent.message_id, "changed"))
        assert code == "unavailable"
        await wait_all_tasks_blocked()
        landed = when == "after_commit"
        assert len(member.of(MessageEdited)) == landed
        assert (await last_of(hall)).content == ("changed" if landed else "m")
        await hall.ask(Edit(person("usr_a"), sent.message_id, "again"))
        assert (await last_of(hall)).content == "again"
        assert member.offsets == hall.store.offsets()
