"""Whatever happens, each member sees every event once, in the one order, and ends with one view."""

import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from support.room_schedule import BEYOND, OWNER, Client, View
from trio.testing import MockClock

from storage import Conflict, ConflictReason, OutcomeUnknown, Put, StoreUnavailable

USERS = 3
MAX_STEPS = 45
"""With the last word fewer messages than a newcomer is shown."""
SETTLED_S = 60
"""Until the store is asked again, crashes are forgiven, and what is purged is blank."""

ASKED = (
    "edit", "delete", "remove", "react", "unreact", "pin", "unpin", "purge", "slow", "approval",
    "approve",
)  # fmt: skip
BEFORE = (OutcomeUnknown, StoreUnavailable, Conflict, RuntimeError)
AFTER = (OutcomeUnknown, RuntimeError)
WEIGHTS = {
    "send": 8, "resend": 2, "pass": 2, "settle": 2, "react": 3, "edit": 2, "purge": 2,
    "pin": 3, "delete": 3, "drop": 2, "return": 6, "return before": 2, "return beyond": 1,
    "return elsewhere": 1, "break": 1, "restart": 1, "kill": 1, "fail before": 1, "fail after": 1,
    "fail reading": 1,
}  # fmt: skip
KINDS = [kind for kind in dict.fromkeys((*WEIGHTS, *ASKED)) for _ in range(WEIGHTS.get(kind, 1))]
step = st.tuples(st.sampled_from(KINDS), st.integers(0, USERS - 1), st.integers(0, 5))
"""What happens, with which of the clients, and which of several ways of it."""


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
        client = clients[which]
        match what:
            case "send" | "resend":
                client.sent += what == "send"
                hall.process.start_soon(client.say, client.sent)
            case _ if what in ASKED:
                hall.process.start_soon(client.ask, what, n)
            case "fail before":
                fail_once(hall.store, "before_commit", BEFORE[n % len(BEFORE)])
            case "fail after":
                fail_once(hall.store, "after_commit", AFTER[n % len(AFTER)])
            case "fail reading":
                fail_once(hall.store, "before_read", StoreUnavailable, skipped=n)
            case "pass":
                for _ in range(n):
                    await trio.lowlevel.checkpoint()
            case "settle":
                await trio.sleep(10**n / 1000)
            case _:
                await come_and_go(hall, clients, what, which, n)
        if n > 2 and what in ("send", *ASKED):
            await trio.sleep(1)  # what comes next finds it done
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
    @given(steps=st.lists(step, min_size=15, max_size=MAX_STEPS))
    def check(steps):
        async def run():
            async with open_hall() as hall:
                await run_schedule(hall, listener, person, steps)

        trio.run(run, clock=MockClock(autojump_threshold=0))

    check()
