"""Whatever two people do to each other, both see one gapless order, and no block is got round."""

from functools import partial

import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from support.stage import FakeClock
from trio.testing import MockClock

from actors.kernel import ActorStopped
from actors.room import DirectMessages, RoomError, direct_room_id
from actors.room.direct import User
from storage import OutcomeUnknown, StoreUnavailable

TWO = (User("usr_a", "Ada"), User("usr_b", "Bob"))
ROOM = direct_room_id(TWO[0].id, TWO[1].id)
CLOSED = object()

who = st.integers(0, 1)
step = st.one_of(
    st.tuples(st.just("dm"), who),
    st.tuples(st.just("dm"), who),
    st.tuples(st.just("resend"), who),
    st.tuples(st.sampled_from(["block", "unblock"]), who),
    st.tuples(st.sampled_from(["block now", "unblock now"]), who),
    st.tuples(st.just("drop"), who),
    st.tuples(st.just("rejoin"), who),
    st.tuples(st.just("restart"), who),
    st.tuples(st.just("fail before"), st.sampled_from([OutcomeUnknown, StoreUnavailable])),
    st.tuples(st.just("fail after"), st.just(OutcomeUnknown)),
    st.tuples(st.just("pass"), st.integers(1, 4)),
)


class Switchboard:
    """Both are connected all the time; they are told here of what they do not hear in the room."""

    def __init__(self):
        self.people = []

    def tell(self, user_ids, batch, members):
        assert tuple(user_ids) == (TWO[0].id, TWO[1].id)
        for person in self.people:
            if person.member not in members:
                person.told += [push.message.offset for push in batch.pushes]


class Correspondent:
    """One of the two, who keeps what was seen and comes back by offset."""

    def __init__(self, hall, make_listener, me, other):
        self.hall = hall
        self.make_listener = make_listener
        self.me = me
        self.other = other
        self.seen = []
        self.heard = []
        self.told = []
        self.member = None
        self.epoch = None
        self.written = 0
        self.acknowledged = {}
        self.unblocks = 0
        self.unblocking = 0
        self.blocks = False
        """Whether a block is surely in force: done, and no unblock begun since."""

    async def write(self, number, *, fresh):
        content, client_id = f"{self.me.name} {number}", f"c{number}"
        blocks = self.blocks_in_force()
        try:
            await self.hall.direct.open(self.me, self.other.id, content)
            sent = await self.hall.say(content, self.me.id, client_id)
        except (RoomError, StoreUnavailable, ActorStopped):
            return
        assert self.acknowledged.setdefault(client_id, sent) == sent
        if fresh:
            assert not blocks & self.blocks_in_force(), "what is blocked is not said"

    def blocks_in_force(self):
        people = self.hall.connections.people
        return {(each.me.id, each.unblocks) for each in people if each.blocks}

    async def block(self):
        await self.hall.direct.block(self.me.id, self.other.id)
        self.blocks = not self.unblocking

    async def unblock(self):
        self.blocks = False
        self.unblocks += 1
        self.unblocking += 1
        await self.hall.direct.unblock(self.me.id, self.other.id)
        self.unblocking -= 1

    async def rejoin(self):
        made = ("rooms", ROOM) in self.hall.store.rows  # else the gatekeeper lets nobody in
        if self.member is not None or not made:
            return
        member = self.make_listener()
        after = self.seen[-1] if self.seen else 0
        try:
            joined = await self.hall.join(member, after, self.epoch, self.me.id)
        except (RoomError, ActorStopped):
            member.answer = CLOSED
            return
        assert joined.recovered or self.epoch is None
        if self.epoch is None:
            self.seen = list(range(1, joined.offset + 1))
        else:
            self.seen += [event.offset for event in joined.events]
        self.epoch = joined.epoch
        self.member = member

    def drop(self):
        if self.member is not None:
            self.seen += self.member.offsets
            self.heard += self.member.offsets
            self.member.answer = CLOSED
            self.member = None


async def run_schedule(hall, make_listener, steps):
    store = hall.store
    for user in TWO:
        store.rows["users", user.id] = (1, {"name": user.name})
    hall.room = ROOM
    hall.direct = DirectMessages(store, FakeClock(), hall.rooms)
    people = [Correspondent(hall, make_listener, *pair) for pair in (TWO, TWO[::-1])]
    hall.connections.people = people

    def once(name, error):
        async def hook():
            setattr(store, name, trio.lowlevel.checkpoint)
            await trio.lowlevel.checkpoint()
            raise error("planted")

        setattr(store, name, hook)

    async with trio.open_nursery() as nursery:
        for what, which in steps:
            match what:
                case "dm":
                    people[which].written += 1
                    fresh = partial(people[which].write, fresh=True)
                    nursery.start_soon(fresh, people[which].written)
                case "resend":
                    again = partial(people[which].write, fresh=False)
                    nursery.start_soon(again, people[which].written)
                case "block":
                    nursery.start_soon(people[which].block)
                case "unblock":
                    nursery.start_soon(people[which].unblock)
                case "block now":
                    await people[which].block()
                case "unblock now":
                    await people[which].unblock()
                case "drop":
                    people[which].drop()
                case "rejoin":
                    await people[which].rejoin()
                case "restart":
                    await hall.restart()
                    hall.direct = DirectMessages(store, FakeClock(), hall.rooms)
                    for person in people:
                        person.drop()
                case "fail before":
                    once("before_commit", which)
                case "fail after":
                    once("after_commit", which)
                case "pass":
                    for _ in range(which):
                        await trio.lowlevel.checkpoint()
    store.before_commit = store.after_commit = trio.lowlevel.checkpoint
    await trio.sleep(60)  # virtual: until the store is asked again
    for person in people:
        await person.unblock()
    for person in people:
        await person.write(10_000, fresh=True)
        assert "c10000" in person.acknowledged
    total = len(store.offsets())
    assert store.offsets() == list(range(1, total + 1))
    for person in people:
        person.drop()
        await person.rejoin()
        person.drop()
        assert person.seen == list(range(1, total + 1))
        assert len(set(person.told)) == len(person.told), "nothing is told twice"
        assert not set(person.told) & set(person.heard), "nor what was heard in the room"
    stored = {(doc["user"], doc["client_id"]): doc["offset"]
              for (kind, _), (_, doc) in store.rows.items() if kind == "room_events"}  # fmt: skip
    for person in people:
        for client_id, sent in person.acknowledged.items():
            assert stored[person.me.id, client_id] == sent.offset


def test_any_schedule_of_two(open_hall, listener, memory_store):
    @settings(max_examples=200, deadline=None)
    @given(steps=st.lists(step, max_size=40))
    def check(steps):
        async def run():
            async with open_hall(memory_store(), Switchboard()) as hall:
                await run_schedule(hall, listener, steps)

        trio.run(run, clock=MockClock(autojump_threshold=0))

    check()
