"""The WebSocket itself, over a pair of sockets in virtual time: frames, limits, closing."""

import json
import re
import struct

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from support.socket_stage import masked, open_stage
from trio.testing import MockClock
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage

from actors.ports import Batch
from actors.room import CountMembers, MembersCounted
from server.gateway.closing import SLOW
from server.gateway.connection import (
    BURST_COMMANDS,
    CLOSE_TIMEOUT_S,
    COMMANDS_PER_S,
    MAX_HELD_FRAMES,
    MAX_MALFORMED_COMMANDS,
    PING_INTERVAL_S,
    PONG_TIMEOUT_S,
)
from server.gateway.gateway import MIN_SPREAD_S
from server.gateway.inbound import MAX_FRAGMENTS, MAX_FRAME_BYTES

COUNT = {"do": "members"}


@pytest.fixture
async def stage(tmp_path, authenticate):
    async with open_stage(tmp_path, authenticate) as stage:
        yield stage


async def test_a_command_in_fragments_with_a_ping_between(autojump_clock, stage):
    peer = await stage.connect()
    text = json.dumps({"id": 1, "room": stage.room, **COUNT})
    await peer.send(TextMessage(data=text[:5], message_finished=False))
    await peer.send(Ping(payload=b"still there?"))
    await peer.send(TextMessage(data=text[5:9], message_finished=False))
    await peer.send(TextMessage(data=text[9:]))
    pong = await peer.event()
    assert isinstance(pong, Pong)
    assert pong.payload == b"still there?"
    assert await peer.items() == [{"re": 1, "ok": {"room": stage.room, "count": 0, "members": []}}]


async def test_a_command_byte_by_byte(autojump_clock, stage):
    peer = await stage.connect()
    text = json.dumps({"id": "x", "room": stage.room, "padding": "é" * 300, **COUNT})
    for byte in peer.protocol.send(TextMessage(data=text)):
        await peer.stream.send_all(bytes([byte]))
        await trio.lowlevel.checkpoint()
    assert (await peer.items())[0]["re"] == "x"


async def test_frames_right_behind_the_handshake(autojump_clock, stage):
    client = Connection(ConnectionType.CLIENT)
    command = json.dumps({"id": 1, "room": stage.room, **COUNT})
    behind = client.send(TextMessage(data=command)) * 2
    peer = await stage.connect(behind=bytes(behind))
    assert [(await peer.reply())["re"] for _ in range(2)] == [1, 1]


@pytest.mark.parametrize(
    ("subprotocol", "data", "code"),
    [
        ("json", masked(0x81, b"\xff\xfe"), 1007),
        ("json", masked(0x01, b"\xe2\x82") + masked(0x80, b"\x28"), 1007),
        ("json", masked(0x82, b"{}"), 1003),
        ("msgpack", masked(0x81, b"{}"), 1003),
        ("json", masked(0x81, b" " * (MAX_FRAME_BYTES + 1)), 1009),
        ("msgpack", masked(0x82, b" " * (MAX_FRAME_BYTES + 1)), 1009),
        ("json", masked(0x81, b" " * 9000, declared=2**40), 1009),
        ("json", masked(0x01, b" " * 5000) + masked(0x80, b" " * 5000), 1009),
        ("json", masked(0x01, b"") + masked(0x00, b"") * MAX_FRAGMENTS, 1009),
        ("json", b"\x81\x02{}", 1002),
        ("json", masked(0xC1, b"{}"), 1002),
        ("json", masked(0x83, b"{}"), 1002),
        ("json", masked(0x80, b"{}"), 1002),
        ("json", masked(0x01, b"{") + masked(0x81, b"}"), 1002),
        ("json", masked(0x09, b""), 1002),
        ("json", masked(0x89, b" " * 126), 1002),
        ("json", masked(0x88, b"\x03"), 1002),
        ("json", b"GET / HTTP/1.1\r\n\r\n", 1002),
    ],
)
async def test_what_breaks_the_rules_closes_with_a_code(
    autojump_clock, stage, subprotocol, data, code
):
    peer = await stage.connect(subprotocol)
    await peer.stream.send_all(data)
    closed = await peer.close()
    assert closed is not None
    assert closed[0] == code
    await peer.stream.aclose()
    await trio.testing.wait_all_tasks_blocked()
    assert len(stage.gateway) == 0


@pytest.mark.parametrize(("code", "answered"), [(1000, 1000), (4321, 4321), (None, 1000)])
async def test_a_close_is_answered_with_its_code(autojump_clock, stage, code, answered):
    peer = await stage.connect()
    await peer.stream.send_all(masked(0x88, b"" if code is None else struct.pack("!H", code)))
    event = await peer.event()
    assert isinstance(event, CloseConnection)
    assert event.code == answered
    assert await peer.event() is None


async def test_a_silent_client_is_pinged_and_lives_while_it_answers(autojump_clock, stage):
    peer = await stage.connect()
    start = trio.current_time()
    for n in range(1, 4):
        event = await peer.event()
        assert isinstance(event, Ping)
        assert trio.current_time() - start == pytest.approx(n * PING_INTERVAL_S)
        await peer.send(event.response())
    assert isinstance(await peer.event(), Ping)
    assert await peer.event() is None  # no answer: closed, and not by a frame nobody reads
    expected = 4 * PING_INTERVAL_S + PONG_TIMEOUT_S
    assert trio.current_time() - start == pytest.approx(expected)
    assert len(stage.gateway) == 0


async def test_a_client_that_ignores_the_close_is_cut_off(autojump_clock, stage):
    peer = await stage.connect()
    for _ in range(MAX_MALFORMED_COMMANDS):
        await peer.say("no command")
        assert "error" in await peer.reply()
    start = trio.current_time()
    assert isinstance(await peer.event(), CloseConnection)
    assert await peer.event() is None
    assert trio.current_time() - start == pytest.approx(CLOSE_TIMEOUT_S)


@pytest.mark.parametrize("opcode", [0x81, 0x89, 0x8A], ids=["commands", "pings", "pongs"])
async def test_frames_beyond_the_rate_are_flooding(autojump_clock, stage, opcode):
    peer = await stage.connect()
    command = json.dumps({"id": 1, "room": stage.room, **COUNT}).encode()
    await peer.stream.send_all(masked(opcode, command) * BURST_COMMANDS)
    await trio.sleep(1)
    await peer.stream.send_all(masked(opcode, command) * int(COMMANDS_PER_S + 1))
    assert await peer.close() == (4029, "flooding: retry in 10 s")


async def test_malformed_commands_are_answered_and_then_closed(autojump_clock, stage):
    peer = await stage.connect()
    await peer.say("[1, 2")
    reply = await peer.reply()
    assert reply["re"] is None
    assert reply["error"]["code"] == "bad_request"
    await peer.say({"id": 5, "do": "join"})
    assert await peer.items() == [
        {"re": 5, "error": {"code": "bad_request", "message": "room is a text."}}
    ]
    for n in range(MAX_MALFORMED_COMMANDS - 2):
        await peer.say({"id": n})
        assert (await peer.reply())["re"] == n
    assert await peer.close() == (1008, "too many malformed commands")


async def test_msgpack_depth_and_size_are_bounded(autojump_clock, stage):
    peer = await stage.connect("msgpack")
    for data in (b"\x91" * 8000, b"\xdd\xff\xff\xff\xff", b"\x81\xa1"):
        await peer.send(BytesMessage(data=data))
        event = await peer.event()
        assert isinstance(event, BytesMessage)
        assert b"bad_request" in event.data


async def test_drain_tells_when_to_come_back(autojump_clock, stage):
    peers = [await stage.connect() for _ in range(3)]
    waits_s = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stage.gateway.drain, 10)
        for peer in peers:
            code, reason = await peer.close()
            assert code == 1012
            told = re.fullmatch(r"restart: retry in (\d+) s", reason)
            assert told is not None
            waits_s.append(int(told[1]))
    assert all(1 <= wait_s <= MIN_SPREAD_S for wait_s in waits_s)
    assert len(stage.gateway) == 0
    with pytest.raises(AssertionError):
        await stage.connect()  # 503, not 101


async def test_many_are_told_to_return_in_a_longer_time(autojump_clock, stage, monkeypatch):
    monkeypatch.setattr("server.gateway.gateway.RETURNS_PER_S", 1)
    peers = [await stage.connect() for _ in range(20)]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stage.gateway.drain, 10)
        reasons = {(await peer.close())[1] for peer in peers}
    assert len(reasons) > 3, "else they would all come at once"
    assert reasons <= {f"restart: retry in {n} s" for n in range(1, 21)}


async def test_pushes_beyond_count_while_a_reply_is_due_are_slowness(autojump_clock, stage):
    peer = await stage.connect()
    (connection,) = stage.gateway._registry
    question = CountMembers()
    question.reply.answer(0)
    connection._session.question = question  # settled, and the reply not written yet
    batch = Batch((MembersCounted(stage.room, 1),))
    assert [connection.offer(batch) for _ in range(MAX_HELD_FRAMES)] == [None] * MAX_HELD_FRAMES
    assert connection.offer(batch) == SLOW
    assert connection.offer(batch) == SLOW
    assert await peer.close() == (4008, "slow")


async def test_drain_does_not_wait_for_one_who_does_not_read(autojump_clock, stage):
    await stage.connect()
    start = trio.current_time()
    await stage.gateway.drain(2)
    assert trio.current_time() - start <= 2


async def test_the_oldest_connection_of_a_user_is_replaced(autojump_clock, stage, monkeypatch):
    monkeypatch.setattr("server.gateway.registry.MAX_CONNECTIONS_PER_USER", 2)
    peers = [await stage.connect() for _ in range(3)]
    for peer in peers:
        await peer.say({"id": 1, "do": "auth", "token": "token-ada"})
        assert "ok" in await peer.reply()
    assert await peers[0].close() == (4009, "replaced")
    for peer in peers[1:]:
        await peer.say({"id": 2, "room": stage.room, **COUNT})
        assert "ok" in await peer.reply()


async def test_too_many_connections(autojump_clock, tmp_path, authenticate):
    async with open_stage(tmp_path, authenticate, max_connections=1) as stage:
        await stage.connect()
        with pytest.raises(AssertionError):
            await stage.connect()


def test_any_bytes_end_in_a_close_or_a_wait(tmp_path, authenticate):
    pieces = st.one_of(
        st.binary(max_size=40),
        st.builds(masked, st.integers(0, 255), st.binary(max_size=200)),
        st.builds(masked, st.sampled_from([0x81, 0x82, 0x01, 0x80]), st.sampled_from(
            [b"{}", b'{"do":"join","room":"str_01JD0000000000000000000000"}', b"\x80"])),
    )  # fmt: skip

    @settings(max_examples=60, deadline=None)
    @given(st.lists(pieces, max_size=6), st.sampled_from(["json", "msgpack"]))
    def check(data, subprotocol):
        async def run():
            async with open_stage(tmp_path, authenticate) as stage:
                peer = await stage.connect(subprotocol)
                for piece in data:
                    await peer.stream.send_all(piece)
                    await trio.testing.wait_all_tasks_blocked()
                await peer.stream.send_eof()
                while await peer.event() is not None:
                    pass
                await trio.testing.wait_all_tasks_blocked()
                assert len(stage.gateway) == 0

        async def run_within_time():
            with trio.fail_after(60):
                await run()

        trio.run(run_within_time, clock=MockClock(autojump_threshold=0))

    check()
