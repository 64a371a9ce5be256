"""A client that takes nothing of what it asked for holds our memory for a while, not for good."""

import pytest
import trio
from support.socket_stage import masked, open_stage

from actors.room import Person, Send
from server.gateway.connection import CLOSE_TIMEOUT_S, PING_INTERVAL_S
from server.gateway.outbox import STALL_TIMEOUT_S

SMALL_BUFFER_BYTES = 4096
PONG = masked(0x8A, b"")
MESSAGES = 120


@pytest.fixture
async def stage(tmp_path, authenticate, monkeypatch):
    monkeypatch.setattr("actors.room.limits.USER_BURST_MESSAGES", 10_000)
    async with open_stage(tmp_path, authenticate) as stage:
        for _ in range(MESSAGES):
            said = Send(Person("usr_ada", "Ada"), "x" * 2_000)
            await stage.rooms.ask(stage.room, said)
        yield stage


async def join_all(stage):
    """Join, asking for all that was ever said, on a line that holds but little of it."""
    peer = await stage.connect(send_buffer_bytes=SMALL_BUFFER_BYTES)
    await peer.say({"id": 1, "do": "join", "room": stage.room})
    epoch = (await peer.reply())["ok"]["epoch"]
    await peer.say({"id": 2, "do": "join", "room": stage.room, "after": 0, "epoch": epoch})
    return peer


async def test_who_reads_nothing_is_closed_though_it_shows_life(autojump_clock, stage):
    peer = await join_all(stage)
    start = trio.current_time()
    with trio.move_on_after(10 * STALL_TIMEOUT_S):
        while len(stage.gateway):
            await peer.stream.send_all(PONG)  # so no ping is due, nor missed
            await trio.sleep(PING_INTERVAL_S / 5)
    taken_s = trio.current_time() - start
    assert len(stage.gateway) == 0
    assert STALL_TIMEOUT_S <= taken_s <= STALL_TIMEOUT_S + CLOSE_TIMEOUT_S + PING_INTERVAL_S


async def test_who_reads_slowly_gets_all(autojump_clock, stage):
    peer = await join_all(stage)
    taken = b""
    while len(taken) < MESSAGES * 2_000:
        await trio.sleep(STALL_TIMEOUT_S / 2)
        taken += await peer.stream.receive_some(64 * 1024)
        await peer.stream.send_all(PONG)
    assert len(stage.gateway) == 1
