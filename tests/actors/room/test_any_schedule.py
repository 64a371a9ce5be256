"""Whatever happens, each member sees every event once, in the one order, and ends with one view."""

import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from support.room_schedule import BEYOND, OWNER, Client, View, question_of
from trio.testing import MockClock

from storage import Conflict, ConflictReason, OutcomeUnknown, Put, StoreUnavailable

USERS = 3
SETTLED_S = 60
"""Until the store is asked again, crashes are forgiven, and what is purged is blank."""

user = st.integers(0, USERS - 1)
nth = st.integers(0, 5)
asked = (
    "edit", "delete", "remove", "react", "unreact", "pin", "unpin", "purge", "slow", "approval",
    "approve",
)  # fmt: skip
before = (OutcomeUnknown, StoreUnavailable, Conflict, RuntimeError)
after = (OutcomeUnknown, RuntimeError)

step = st.one_of(
    st.tuples(st.just("send"), user, nth),
    st.tuples(st.just("send"), user, nth),
    st.tuples(st.just("resend"), user, nth),
    st.tuples(st.sampled_from(asked), user, nth),
    st.tuples(st.sampled_from(asked), user, nth),
    st.tuples(st.just("drop"), user, nth),
    st.tuples(st.sampled_from(["return", "return", "return before"]), user, nth),
    st.tuples(st.sampled_from(["return beyond", "return elsewhere"]), user, nth),
    st.tuples(st.just("break"), user, nth),
    st.tuples(st.sampled_from(["restart", "kill"]), user, nth),
    st.tuples(st.just("fail before"), st.sampled_from(before), nth),
    st.tuples(st.just("fail after"), st.sampled_from(after), nth),
    st.tuples(st.just("fail reading"), st.just(StoreUnavailable), nth),
    st.tuples(st.just("pass"), st.integers(1, 4), nth),
    st.tuples(st.just("settle"), st.sampled_from([0.0, 0.1, 1.0]), nth),
    st.tuples(st.just("settle"), st.sampled_from([1.0, 10.0]), nth),
)


def planted(error):
    if error is Conflict:
        return Conflict(Put("rooms", "planted", {}, 1), ConflictReason.CHANGED)
    return error("planted")


def fail_once(store, name, error, skipped=0):
    """Have a hook of the store fail, after it was passed some times."""
    left = [skipped]

    async def hook():
        await trio.lowlevel.checkpoint()
        if left[0] == 0:
            setattr(store, name, trio.lowlevel.checkpoint)
            raise planted(error)
        left[0] -= 1

    setattr(store, name, hook)


async def come_and_go(hall, clients, what, which, n):
    """Do a step that ends connections or processes, or brings them back."""
    match what:
        case "drop":
            clients[which].drop(lost=n)
        case "return":
            await clients[which].come()
        case "return before":
            await clients[which].come(after=max(0, clients[which].place - n))
        case "return beyond":
            await clients[which].come(after=BEYOND)
        case "return elsewhere":
            await clients[which].come(epoch="another")
        case "break":
            if clients[which].member is not None:
                # The one that breaks the actor is closed, as its connection would be.
                clients[which].member.crash = RuntimeError("planted")
                clients[which].drop()
        case "restart" | "kill":
            await (hall.restart() if what == "restart" else hall.kill())
            for client in clients:
                client.drop(lost=n)


async def run_schedule(hall, make_listener, person, steps):
    """What clients wait for ends with the process, as their connections do."""
    clients = [Client(hall, make_listener, person(f"usr_{str(n) * 26}")) for n in range(USERS)]
    for client in clients:
        await client.come()
    for what, which, n in steps:
        match what:
            case "send":
                clients[which].sent += 1
                hall.process.start_soon(clients[which].say, clients[which].sent)
            case "resend":
                hall.process.start_soon(clients[which].say, clients[which].sent)
            case _ if what in asked:
                question = question_of(what, clients[which], n)
                if question is not None:
                    hall.process.start_soon(clients[which].ask, question)
            case "fail before":
                fail_once(hall.store, "before_commit", which)
            case "fail after":
                fail_once(hall.store, "after_commit", which)
            case "fail reading":
                fail_once(hall.store, "before_read", which, skipped=n)
            case "pass":
                for _ in range(which):
                    await trio.lowlevel.checkpoint()
            case "settle":
                await trio.sleep(which)
            case _:
                await come_and_go(hall, clients, what, which, n)
    await trio.sleep(SETTLED_S)
    hall.store.before_commit = hall.store.after_commit = trio.lowlevel.checkpoint
    hall.store.before_read = trio.lowlevel.checkpoint
    await hall.say("the last word", OWNER.user_id)
    await trio.sleep(SETTLED_S)
    await check_members(hall, clients, View(await hall.join(make_listener())))
    check_store(hall.store, clients)


async def check_members(hall, clients, fresh):
    """Each has all, in one order, and sees the same: who stayed, and who comes back."""
    total = len(hall.store.offsets())
    assert hall.store.offsets() == list(range(1, total + 1))
    for client in clients:
        if client.member is not None:
            client.take()
            assert client.place == total
            assert client.view.shown() == fresh.shown()
        client.drop()
        await client.come()
        assert client.member is not None
        assert client.place == total
        assert client.view.shown() == fresh.shown()


def check_store(store, clients):
    """What was acknowledged is there, once; what was deleted or purged says nothing any more."""
    docs = [doc for (kind, _), (_, doc) in store.rows.items() if kind == "room_events"]
    messages = [doc for doc in docs if doc["kind"] == "message"]
    stored = {(doc["user"], doc.get("client_id")): doc["offset"] for doc in messages}
    for client in clients:
        for client_id, sent in client.acknowledged.items():
            assert stored[client.person.user_id, client_id] == sent.offset
        assert client.offsets <= set(store.offsets())
    gone = {doc["message"] for doc in docs if doc["kind"] == "deleted"}
    purged = {doc["user"]: doc["before"] for doc in docs if doc["kind"] == "purged"}
    for (kind, id_), (_, doc) in store.rows.items():
        if kind == "room_events" and doc["kind"] == "message":
            deleted = id_ in gone or doc["offset"] < purged.get(doc["user"], 0)
            assert (doc["content"] == "") == doc.get("deleted", False) == deleted
    assert not any(kind == "room_purges" for kind, _ in store.rows)


def test_any_schedule(open_hall, listener, person):
    @settings(max_examples=150, deadline=None)
    @given(steps=st.lists(step, min_size=15, max_size=45))
    def check(steps):
        async def run():
            async with open_hall() as hall:
                await run_schedule(hall, listener, person, steps)

        trio.run(run, clock=MockClock(autojump_threshold=0))

    check()
