"""Whatever happens, each member sees every message once and in the one order."""

import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from actors.kernel import ActorStopped
from actors.room import RoomError
from storage import OutcomeUnknown, StoreUnavailable

USERS = 3

step = st.one_of(
    st.tuples(st.just("send"), st.integers(0, USERS - 1)),
    st.tuples(st.just("send"), st.integers(0, USERS - 1)),
    st.tuples(st.just("resend"), st.integers(0, USERS - 1)),
    st.tuples(st.just("drop"), st.integers(0, USERS - 1)),
    st.tuples(st.just("return"), st.integers(0, USERS - 1)),
    st.tuples(st.just("crash"), st.integers(0, USERS - 1)),
    st.tuples(st.just("fail before"), st.sampled_from([OutcomeUnknown, StoreUnavailable])),
    st.tuples(st.just("fail after"), st.just(OutcomeUnknown)),
    st.tuples(st.just("crash after"), st.just(RuntimeError)),
    st.tuples(st.just("pass"), st.integers(1, 4)),
)


class Client:
    """Somebody who keeps what was seen, and comes back by offset."""

    def __init__(self, hall, make_listener, name):
        self.hall = hall
        self.make_listener = make_listener
        self.name = name
        self.seen = []
        self.member = None
        self.epoch = None
        self.sent = 0
        self.acknowledged = {}

    async def come(self):
        if self.member is not None:
            return
        member = self.make_listener()
        after = self.seen[-1] if self.seen else 0
        try:
            # As a page does that knows the epoch from its first join.
            joined = await self.hall.join(member, after, self.epoch)
        except ActorStopped:
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
            self.member.answer = CLOSED
            self.member = None

    async def say(self, number):
        client_id = f"c{number}"
        try:
            sent = await self.hall.say(f"m{number}", self.name, client_id)
        except (RoomError, ActorStopped):
            return
        earlier = self.acknowledged.setdefault(client_id, sent)
        assert earlier == sent


CLOSED = object()


async def run_schedule(hall, make_listener, steps):
    clients = [Client(hall, make_listener, f"usr_{n}") for n in range(USERS)]
    for client in clients:
        await client.come()
    store = hall.store

    def once(name, error):
        async def hook():
            setattr(store, name, trio.lowlevel.checkpoint)
            await trio.lowlevel.checkpoint()
            raise error("planted")

        setattr(store, name, hook)

    async with trio.open_nursery() as nursery:
        for what, which in steps:
            match what:
                case "send":
                    clients[which].sent += 1
                    nursery.start_soon(clients[which].say, clients[which].sent)
                case "resend":
                    nursery.start_soon(clients[which].say, clients[which].sent)
                case "drop":
                    clients[which].drop()
                case "return":
                    await clients[which].come()
                case "crash":
                    if clients[which].member is not None:
                        # The one that breaks is closed, as its connection would be.
                        clients[which].member.crash = RuntimeError("planted")
                        clients[which].drop()
                case "fail before":
                    once("before_commit", which)
                case "fail after" | "crash after":
                    once("after_commit", which)
                case "pass":
                    for _ in range(which):
                        await trio.lowlevel.checkpoint()
    await trio.sleep(60)  # virtual: until the store is asked again and the crashes are forgiven
    store.before_commit = store.after_commit = trio.lowlevel.checkpoint
    await clients[0].say(10_000)
    for client in clients:
        client.drop()
        await client.come()
        client.drop()
    total = len(store.offsets())
    assert store.offsets() == list(range(1, total + 1))
    for client in clients:
        assert client.seen == list(range(1, total + 1))
    stored = {(doc["user"], doc.get("client_id")): doc["offset"]
              for (kind, _), (_, doc) in store.rows.items() if kind == "room_events"}  # fmt: skip
    for client in clients:
        for client_id, sent in client.acknowledged.items():
            assert stored[client.name, client_id] == sent.offset


def test_any_schedule(open_hall, listener):
    @settings(max_examples=200, deadline=None)
    @given(steps=st.lists(step, max_size=40))
    def check(steps):
        async def run():
            async with open_hall() as hall:
                await run_schedule(hall, listener, steps)

        trio.run(run, clock=MockClock(autojump_threshold=0))

    check()
