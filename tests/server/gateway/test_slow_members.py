"""A member that does not read hurts nobody else, and may come back for what it missed."""

import pytest
import trio
from support.socket_stage import open_stage
from trio.testing import wait_all_tasks_blocked
from wsproto.events import CloseConnection, TextMessage

from actors.room import Person, Send

SMALL_BUFFER_BYTES = 4096
SMALL_OUTBOX_BYTES = 32 * 1024
LONG = "x" * 1000


@pytest.fixture
async def stage(tmp_path, authenticate, monkeypatch):
    monkeypatch.setattr("server.gateway.outbox.MAX_OUTBOX_BYTES", SMALL_OUTBOX_BYTES)
    monkeypatch.setattr("actors.room.limits.USER_BURST_MESSAGES", 10_000)
    async with open_stage(tmp_path, authenticate) as stage:
        yield stage


async def join(peer, room, **seen):
    await peer.say({"id": 1, "do": "join", "room": room, **seen})
    return (await peer.reply())["ok"]


async def say(stage, content):
    await stage.rooms.ask(stage.room, Send(Person("usr_ada", "Ada"), content))


class Reader:
    """Reads all that a peer gets, and keeps the offsets of messages."""

    def __init__(self, peer):
        self.peer = peer
        self.offsets = []
        self.closed = None

    async def run(self):
        while not isinstance(event := await self.peer.event(), CloseConnection):
            assert isinstance(event, TextMessage), event
            self.peer.events.insert(0, event)
            for item in await self.peer.items():
                if item.get("push") == "message":
                    self.offsets.append(item["offset"])
        self.closed = event


async def test_a_slow_member_is_closed_and_others_go_on(autojump_clock, stage):
    slow = await stage.connect(send_buffer_bytes=SMALL_BUFFER_BYTES)
    quick = await stage.connect(send_buffer_bytes=SMALL_BUFFER_BYTES)
    epoch = (await join(slow, stage.room))["epoch"]
    await join(quick, stage.room)
    reader = Reader(quick)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(reader.run)
        for _ in range(100):
            await say(stage, LONG)
        await wait_all_tasks_blocked()
        assert reader.offsets == list(range(1, 101))
        # What the slow one reads when it wakes up is a part without a gap, and the reason.
        late = Reader(slow)
        await late.run()
        assert (late.closed.code, late.closed.reason) == (4008, "slow")
        assert late.offsets == list(range(1, len(late.offsets) + 1))
        assert 0 < len(late.offsets) < 100
        back = await stage.connect()
        joined = await join(back, stage.room, after=len(late.offsets), epoch=epoch)
        assert joined["recovered"] is True
        missed = [event["offset"] for event in joined["events"]]
        assert late.offsets + missed == list(range(1, 101))
        nursery.cancel_scope.cancel()


async def test_a_member_that_pauses_loses_nothing(autojump_clock, stage):
    peer = await stage.connect(send_buffer_bytes=SMALL_BUFFER_BYTES)
    await join(peer, stage.room)
    reader = Reader(peer)
    for _ in range(10):
        for _ in range(15):
            await say(stage, LONG)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(reader.run)
            await wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
    assert reader.offsets == list(range(1, 151))


async def test_a_pong_waits_for_the_frame_that_has_begun(autojump_clock, stage):
    peer = await stage.connect(send_buffer_bytes=SMALL_BUFFER_BYTES)
    await join(peer, stage.room)
    for _ in range(10):
        await say(stage, LONG)
    await peer.stream.send_all(b"\x89\x80\0\0\0\0")
    await wait_all_tasks_blocked()
    kinds = []
    offsets = []
    while "Pong" not in kinds:
        event = await peer.event()
        kinds.append(type(event).__name__)
        if isinstance(event, TextMessage):
            peer.events.insert(0, event)
            offsets += [item["offset"] for item in await peer.items() if "offset" in item]
    assert offsets == list(range(1, 11))


async def test_a_long_recovery_is_not_slowness(autojump_clock, stage):
    for _ in range(200):
        await say(stage, LONG)
    peer = await stage.connect(send_buffer_bytes=SMALL_BUFFER_BYTES)
    epoch = (await join(peer, stage.room))["epoch"]
    await peer.say({"id": 2, "do": "join", "room": stage.room, "after": 0, "epoch": epoch})
    await wait_all_tasks_blocked()  # the reply, some 200 KB, is on its way
    for _ in range(10):
        await say(stage, LONG)
    reply = await peer.reply()
    assert len(reply["ok"]["events"]) == 200
    offsets = []
    while len(offsets) < 10:
        offsets += [item["offset"] for item in await peer.items() if "offset" in item]
    assert offsets == list(range(201, 211))


async def test_counts_are_the_first_thing_to_go(autojump_clock, stage):
    peer = await stage.connect(send_buffer_bytes=SMALL_BUFFER_BYTES)
    await join(peer, stage.room)
    await trio.sleep(5)
    assert (await peer.items())[0]["push"] == "members"
    for _ in range(10):
        await say(stage, LONG)
    other = await stage.connect()
    await join(other, stage.room)
    await trio.sleep(5)
    pushes = []
    while len(pushes) < 10:
        pushes += [item["push"] for item in await peer.items()]
    assert set(pushes) == {"message"}
    await say(stage, "after")
    assert (await peer.items())[0]["push"] == "message"


async def test_no_command_is_done_while_the_last_reply_is_not_taken(autojump_clock, stage):
    for _ in range(50):
        await say(stage, LONG)
    peer = await stage.connect(send_buffer_bytes=SMALL_BUFFER_BYTES)
    for n in range(20):
        await peer.say({"id": n, "do": "history", "room": stage.room, "limit": 50})
    await wait_all_tasks_blocked()
    for n in range(20):
        reply = await peer.reply()
        assert reply["re"] == n
        assert len(reply["ok"]["messages"]) == 50


class Steps(trio.abc.Instrument):
    """Counts how often any task was run."""

    def __init__(self):
        self.count = 0

    def before_task_step(self, task):
        self.count += 1


async def test_a_push_wakes_no_task_of_its_members(autojump_clock, stage):
    peers = [await stage.connect() for _ in range(100)]
    for peer in peers:
        await join(peer, stage.room)
    await trio.sleep(5)  # for the count to be told
    await say(stage, "warm")
    await wait_all_tasks_blocked()
    steps = Steps()
    trio.lowlevel.add_instrument(steps)
    await say(stage, "to all")
    await wait_all_tasks_blocked()
    trio.lowlevel.remove_instrument(steps)
    assert steps.count < len(peers) / 2
    for peer in peers:
        seen = []
        while "to all" not in seen:
            seen += [i["message"]["content"] for i in await peer.items() if "message" in i]
