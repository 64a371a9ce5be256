"""How a direct room comes to be, who may have one made, and how a user's are listed."""

from contextlib import asynccontextmanager

import pytest
import trio
from support.inline_store import open_inline_store
from support.stage import FakeClock

from actors.kernel import Directory, Supervisor
from actors.room import (
    MAX_MESSAGE_CHARACTERS,
    DirectMessages,
    Edit,
    History,
    Person,
    RoomError,
    RoomFactory,
    Send,
    direct_room_id,
    list_direct,
)
from actors.room.direct import User
from actors.room.direct_messages import MAX_LISTED_ROOMS, USER_BURST_CONVERSATIONS
from storage import OutcomeUnknown, Put, StoreUnavailable

ADA, BOB, EVE = User("usr_a", "Ada"), User("usr_b", "Bob"), User("usr_e", "Eve")
ROOM = direct_room_id(ADA.id, BOB.id)


class Clock(FakeClock):
    """Time that goes on with each look at it."""

    now = 1_700_000_000_000

    def now_ms(self):
        self.now += 1
        return self.now


class Faults:
    """A store whose next commit fails, before it is written or after."""

    def __init__(self, store):
        self._store = store
        self.get, self.find = store.get, store.find
        self.fail_before = self.fail_after = None

    async def commit(self, *ops):
        error, self.fail_before = self.fail_before, None
        if error is not None:
            raise error("planted")
        await self._store.commit(*ops)
        error, self.fail_after = self.fail_after, None
        if error is not None:
            raise error("planted")


class Post:
    """Running rooms, and what users do about direct messages."""

    def __init__(self, store, rooms):
        self.store = store
        self.rooms = rooms
        self.direct = DirectMessages(store, Clock(), rooms)

    async def write(self, by, to, content="hi", client_id=None):
        room = await self.direct.open(by, to, content)
        sent = await self.rooms.ask(room, Send(Person(by.id, by.name), content, client_id))
        return room, sent.offset

    async def refused(self, by, to, content="hi"):
        with pytest.raises(RoomError) as refusal:
            await self.write(by, to, content)
        return refusal.value.code

    async def rooms_of(self, user):
        found = await self.direct.rooms_of(user.id)
        return [(each.id, each.other.name, each.offset) for each in found]


@asynccontextmanager
async def open_post(folder, users=(ADA, BOB, EVE)):
    with open_inline_store(folder) as store:
        for user in users:
            if await store.get("users", user.id) is None:
                doc = {"name": user.name, "email": user.id, "admin": False}
                await store.commit(Put("users", user.id, doc, 0))
        faulty = Faults(store)
        async with trio.open_nursery() as nursery:
            supervisor = Supervisor(nursery)
            rooms = Directory(supervisor, "room", RoomFactory(faulty, Clock()))
            yield Post(faulty, rooms)
            await supervisor.stop()
            nursery.cancel_scope.cancel()


@pytest.fixture
async def post(tmp_path):
    async with open_post(tmp_path) as post:
        yield post


async def test_the_first_message_makes_the_room_and_both_have_it(post):
    assert await post.write(ADA, BOB.id) == (ROOM, 1)
    assert await post.write(BOB, ADA.id) == (ROOM, 2)
    assert await post.rooms_of(ADA) == [(ROOM, "Bob", 2)]
    assert await post.rooms_of(BOB) == [(ROOM, "Ada", 2)]
    assert await post.rooms_of(EVE) == []


async def test_two_who_write_first_at_the_same_moment_share_a_room(post):
    got = []

    async def write(by, to, client_id):
        got.append(await post.write(by, to, "hi", client_id))

    async with trio.open_nursery() as nursery:
        for n in range(4):
            nursery.start_soon(write, ADA, BOB.id, f"a{n % 2}")
            nursery.start_soon(write, BOB, ADA.id, f"b{n % 2}")
    assert {room for room, _ in got} == {ROOM}
    assert sorted(offset for _, offset in got) == [1, 1, 2, 2, 3, 3, 4, 4]


async def test_no_room_is_made_for_a_message_that_is_none(post):
    too_long = "x" * (MAX_MESSAGE_CHARACTERS + 1)
    for content, code in (("", "empty_message"), (too_long, "message_too_long")):
        assert await post.refused(ADA, BOB.id, content) == code
    assert await post.refused(ADA, ADA.id) == "bad_request"
    for nobody in ("usr_nobody", "x", "str_" + "0" * 26, "~" * 64):
        assert await post.refused(ADA, nobody) == "not_found"
    await post.direct.block(BOB.id, ADA.id)
    assert await post.refused(ADA, BOB.id) == "blocked"
    assert await post.refused(BOB, ADA.id) == "blocked"
    assert await post.store.get("rooms", ROOM) is None
    assert len(post.rooms) == 0


async def test_a_room_whose_first_message_was_cut_off_goes_on(tmp_path):
    async with open_post(tmp_path) as post:
        assert await post.direct.open(ADA, BOB.id, "hi") == ROOM  # and no more: killed here
    async with open_post(tmp_path) as post:
        assert await post.rooms_of(ADA) == await post.rooms_of(BOB) == []
        assert await post.write(BOB, ADA.id) == (ROOM, 1)
        assert await post.rooms_of(ADA) == [(ROOM, "Bob", 1)]


@pytest.mark.parametrize(
    ("when", "error"),
    [("before", OutcomeUnknown), ("after", OutcomeUnknown), ("before", StoreUnavailable)],
)
async def test_a_room_that_may_have_been_made_is_written_to_again(post, when, error):
    setattr(post.store, f"fail_{when}", error)
    with pytest.raises((RoomError, StoreUnavailable)) as failed:
        await post.write(ADA, BOB.id)
    assert isinstance(failed.value, StoreUnavailable) or failed.value.code == "unavailable"
    assert await post.write(ADA, BOB.id) == (ROOM, 1)


async def test_a_user_begins_few_conversations_a_minute(autojump_clock, tmp_path):
    others = [User(f"usr_{n:02}", f"N{n}") for n in range(USER_BURST_CONVERSATIONS + 2)]
    async with open_post(tmp_path, [ADA, BOB, *others]) as post:
        for other in others[:USER_BURST_CONVERSATIONS]:
            await post.write(ADA, other.id)
        late = others[USER_BURST_CONVERSATIONS]
        with pytest.raises(RoomError) as refusal:
            await post.write(ADA, late.id)
        assert refusal.value.code == "rate_limited"
        assert 0 < refusal.value.retry_after_s <= 6
        assert await post.write(BOB, late.id), "it is each user's own"
        assert (await post.write(ADA, others[0].id))[1] == 2, "a conversation goes on all the same"
        assert (await post.write(late, ADA.id))[1] == 1, "and so does one that others begin"
        assert (await post.write(ADA, late.id))[1] == 2
        await trio.sleep(refusal.value.retry_after_s)
        await post.write(ADA, others[-1].id)


async def test_rooms_are_listed_by_what_was_said_last(autojump_clock, tmp_path):
    others = [User(f"usr_{n:03}", f"N{n}") for n in range(MAX_LISTED_ROOMS + 5)]
    me = User("usr_030m", "Me")  # in the middle: first of some pairs, second of others
    async with open_post(tmp_path, [me, *others]) as post:
        for other in others:
            await post.write(other, me.id)
        await post.write(others[0], others[1].id)
        newest = [(each.name, 1) for each in reversed(others)]
        assert [entry[1:] for entry in await post.rooms_of(me)] == newest[:MAX_LISTED_ROOMS]
        for limit in (1, 2, 7, 55, 100):
            listed, after = [], None
            while True:
                page = await list_direct(post.store, me.id, after, limit)
                assert len(page.items) <= limit
                listed += [(each.other.name, each.offset) for each in page.items]
                if (after := page.after) is None:
                    break
            assert listed == newest
        await post.write(me, others[0].id)
        assert (await post.rooms_of(me))[0][1:] == ("N0", 2)


async def test_a_message_moves_a_room_up_and_an_edit_does_not(post):
    room, _ = await post.write(ADA, BOB.id)
    with_eve, _ = await post.write(ADA, EVE.id)
    (first,) = (await post.rooms.ask(room, History(None, 10, Person(ADA.id, "Ada")))).messages
    await post.rooms.ask(room, Edit(Person(ADA.id, "Ada"), first.id, "edited"))
    assert await post.rooms_of(ADA) == [(with_eve, "Eve", 1), (room, "Bob", 2)]
    await post.write(BOB, ADA.id)
    assert await post.rooms_of(ADA) == [(room, "Bob", 3), (with_eve, "Eve", 1)]
