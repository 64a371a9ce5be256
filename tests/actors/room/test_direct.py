"""A direct room: for its two alone, without moderators, and silent while one blocks the other."""

from contextlib import asynccontextmanager

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from support.stage import FakeClock

from actors.ids import is_id
from actors.room import (
    CountMembers,
    Delete,
    DirectMessages,
    DirectPosted,
    Edit,
    History,
    Join,
    ListMembers,
    Moderate,
    NoteTyping,
    Person,
    Pin,
    React,
    Report,
    RoomError,
    Send,
    direct_room_id,
    is_direct,
)
from actors.room.direct import Direct, User, pair_of
from actors.room.moderation import PurgeUser, Role, SetSlow, read_role
from storage import OutcomeUnknown

ADA, BOB, EVE = User("usr_a", "Ada"), User("usr_b", "Bob"), User("usr_e", "Eve")
ROOM = direct_room_id(ADA.id, BOB.id)

ids = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=64)


@given(st.lists(ids, min_size=2, max_size=6, unique=True))
def test_two_users_have_one_room_and_share_it_with_nobody(users):
    rooms = {}
    for one in users:
        for other in users:
            if one != other:
                room = direct_room_id(one, other)
                assert is_direct(room)
                assert is_id(room, "dmr")
                assert rooms.setdefault(frozenset((one, other)), room) == room
    assert len(set(rooms.values())) == len(rooms)


def test_who_may_enter_and_speak():
    pair = pair_of(BOB, ADA)
    assert pair == pair_of(ADA, BOB)
    assert pair.ids == ("usr_a", "usr_b")
    assert (pair.other(ADA.id), pair.other(BOB.id)) == (BOB, ADA)
    for stranger in (None, EVE.id, ""):
        with pytest.raises(RoomError) as refused:
            Direct(pair).check_entry(stranger)
        assert refused.value.code == "not_found"
    Direct(pair).check_voice(ADA.id)
    blocked = Direct(pair, frozenset({ADA.id}))
    for who, says in ((ADA, "You have blocked Bob."), (BOB, "Ada does not take messages")):
        blocked.check_entry(who.id)
        with pytest.raises(RoomError) as refused:
            blocked.check_voice(who.id)
        assert refused.value.code == "blocked"
        assert says in refused.value.message


class Switchboard:
    """Notes what users' connections are told."""

    def __init__(self):
        self.told = []

    def tell(self, user_ids, batch, members):
        assert batch.ephemeral
        self.told.append((tuple(user_ids), batch.pushes, members))

    @property
    def contents(self):
        return [push.message.content for _, pushes, _ in self.told for push in pushes]


@asynccontextmanager
async def direct_hall(open_hall, memory_store):
    """A hall whose room is that of Ada and Bob, in which nothing has been said."""
    store = memory_store()
    for user in (ADA, BOB, EVE):
        store.rows["users", user.id] = (1, {"name": user.name})
    async with open_hall(store, Switchboard()) as hall:
        hall.direct = DirectMessages(store, FakeClock(), hall.rooms)
        hall.room = await hall.direct.open(ADA, BOB.id, "hello")
        assert hall.room == ROOM
        yield hall


@pytest.fixture
async def hall(open_hall, memory_store):
    async with direct_hall(open_hall, memory_store) as hall:
        yield hall


async def refused(question_or_call):
    with pytest.raises(RoomError) as refusal:
        await question_or_call
    return refusal.value.code


def by(user, **more):
    return Person(user.id, user.name, **more)


async def test_nobody_else_hears_that_there_is_the_room(hall, listener):
    sent = await hall.say("hi", ADA.id)
    for stranger in (by(EVE), by(EVE, admin=True), Person(None, "")):
        for question in (
            Join(listener(), None, None, stranger),
            CountMembers(stranger),
            ListMembers(stranger),
            History(None, 10, stranger),
        ):
            assert await refused(hall.ask(question)) == "not_found"
    for question in (
        Send(by(EVE), "hi"),
        React(by(EVE), sent.message_id, "👍", on=True),
        Report(by(EVE), sent.message_id, "spam"),
        NoteTyping(by(EVE)),
        Edit(by(EVE), sent.message_id, "other"),
    ):
        assert await refused(hall.ask(question)) == "not_found"
    assert await refused(hall.ask(Delete(by(EVE), sent.message_id))) == "forbidden"


async def test_it_has_no_moderators(hall):
    sent = await hall.say("hi", ADA.id)
    for person in (by(ADA), by(BOB), by(ADA, admin=True)):
        assert await read_role(hall.store, ROOM, person) is Role.MEMBER
        assert await refused(hall.ask(Pin(person, sent.message_id, on=True))) == "forbidden"
        assert await refused(hall.ask(Moderate(person, SetSlow(5)))) == "forbidden"
        assert await refused(hall.ask(Moderate(person, PurgeUser(BOB.id)))) == "forbidden"
        assert await refused(hall.ask(Report(person, sent.message_id, "spam"))) == "forbidden"
    admin = by(BOB, admin=True)
    assert await refused(hall.ask(Delete(admin, sent.message_id))) == "forbidden"
    assert not [key for key in hall.store.rows if key[0] == "room_reports"]


async def test_a_block_holds_for_both_at_once_and_both_may_read(hall, listener):
    first = await hall.say("hi", ADA.id)
    await hall.say("hello", BOB.id, "c1")
    assert await hall.direct.block(ADA.id, BOB.id) == BOB
    for user in (ADA, BOB):
        for question in (
            Send(by(user), "more"),
            React(by(user), first.message_id, "👍", on=True),
            NoteTyping(by(user)),
        ):
            assert await refused(hall.ask(question)) == "blocked"
        assert (await hall.join(listener(), user=user.id)).offset == 2
        page = await hall.ask(History(None, 10, by(user)))
        assert [each.content for each in page.messages] == ["hi", "hello"]
    assert await refused(hall.ask(Edit(by(ADA), first.message_id, "other"))) == "blocked"
    assert (await hall.say("hello", BOB.id, "c1")).offset == 2, "a resend has its first answer"
    assert await hall.ask(Delete(by(ADA), first.message_id)) == 3, "one's own words go all the same"
    await hall.direct.unblock(ADA.id, BOB.id)
    assert (await hall.say("again", BOB.id)).offset == 4


async def test_blocks_hold_until_both_are_gone(hall):
    await hall.direct.block(ADA.id, BOB.id)
    await hall.direct.block(BOB.id, ADA.id)
    await hall.direct.unblock(ADA.id, BOB.id)
    for user in (ADA, BOB):
        assert await refused(hall.say("hi", user.id)) == "blocked"
    await hall.direct.unblock(BOB.id, ADA.id)
    await hall.say("hi", ADA.id)


async def test_blocks_survive_a_restart_and_other_rooms_have_none(hall):
    await hall.direct.block(BOB.id, ADA.id)
    await hall.restart()
    assert await refused(hall.say("hi", ADA.id)) == "blocked"
    hall.direct = DirectMessages(hall.store, FakeClock(), hall.rooms)
    hall.room = await hall.direct.open(ADA, EVE.id, "hi")
    await hall.say("hi", ADA.id)


async def test_a_block_holds_though_its_sender_is_gone_before_it_is_done(hall):
    await hall.say("hi", BOB.id)
    with trio.CancelScope() as gone:

        async def go():
            gone.cancel()

        hall.store.before_read = go
        await hall.direct.block(ADA.id, BOB.id)
    hall.store.before_read = trio.lowlevel.checkpoint
    assert await refused(hall.say("ho", BOB.id)) == "blocked"


@pytest.mark.parametrize("nth_read", range(1, 22))
async def test_a_block_holds_from_any_moment_of_a_reconciliation_on(autojump_clock, hall, nth_read):
    await hall.say("one", ADA.id)
    store, reads = hall.store, 0

    async def fail():
        store.after_commit = trio.lowlevel.checkpoint
        store.before_read = block_at_the_nth
        raise OutcomeUnknown("planted")

    async def block_at_the_nth():
        nonlocal reads
        reads += 1
        if reads == nth_read:
            store.before_read = trio.lowlevel.checkpoint
            await hall.direct.block(ADA.id, BOB.id)

    store.after_commit = fail
    assert await refused(hall.say("two", BOB.id)) == "unavailable"
    await trio.sleep(10)  # virtual: the room has read by then what it holds
    store.before_read = trio.lowlevel.checkpoint
    if reads < nth_read:
        await hall.direct.block(ADA.id, BOB.id)  # it was over by then
    for user in (ADA, BOB):
        assert await refused(hall.say("three", user.id)) == "blocked"
    page = await hall.ask(History(None, 10, by(ADA)))
    assert [each.content for each in page.messages] == ["one", "two"]


async def test_users_are_told_where_they_are_not_in_the_room(hall, listener):
    here = listener()
    await hall.join(here, user=BOB.id)
    sent = await hall.say("hi", ADA.id, "c1")
    assert await hall.say("hi", ADA.id, "c1") == sent
    ((users, pushes, members),) = hall.connections.told
    assert users == (ADA.id, BOB.id)
    assert pushes == (DirectPosted(ROOM, here.messages[0]),)
    assert here in members
    assert listener() not in members
    await hall.ask(Edit(by(ADA), sent.message_id, "edited"))
    await hall.ask(React(by(BOB), sent.message_id, "👍", on=True))
    assert hall.connections.contents == ["hi"], "of messages alone"


async def test_what_an_unknown_outcome_has_brought_is_told_once(autojump_clock, hall):
    async def fail():
        hall.store.after_commit = hall.store.before_commit
        raise OutcomeUnknown("planted")

    hall.store.after_commit = fail
    assert await refused(hall.say("hi", ADA.id, "c1")) == "unavailable"
    await trio.sleep(10)  # virtual: the room has found out by then
    sent = await hall.say("hi", ADA.id, "c1")
    assert sent.offset == 1
    assert hall.connections.contents == ["hi"]
