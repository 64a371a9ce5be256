import json
import socket
import struct
from typing import Any

import pytest
import structlog
import trio

from server.door import DoorConfig

GET_LIVE = b"GET /live/a HTTP/1.1\r\nHost: h\r\n\r\n"
GET_ECHO = b"GET /echo HTTP/1.1\r\nHost: h\r\n\r\n"
GET_SLOW = b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"
UPGRADE = b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"


def error_code(body: bytes) -> str:
    error = json.loads(body)["error"]
    assert set(error) == {"code", "message", "details", "request_id"}
    return str(error["code"])


async def test_each_path_finds_its_room(open_house: Any) -> None:
    async with open_house() as house:
        assert (await house.ask(GET_LIVE)).body == b"/live/a"
        answer = await house.ask(GET_ECHO)
        assert json.loads(answer.body)["path"] == "/echo"
        client = await house.connect()
        await client.send(UPGRADE + b"frames")
        await client.stream.send_eof()
        assert await client.rest() == UPGRADE + b"frames"
        assert [room for room, _ in house.heads] == ["edge", "gateway"]


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD", "OPTIONS", "DELETE"])
async def test_the_method_does_not_matter(open_house: Any, method: str) -> None:
    async with open_house() as house:
        client = await house.connect()
        await client.send(f"{method} /live/a HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        await client.stream.receive_some()
        assert house.heads[0][1].method == method


@pytest.mark.parametrize(
    ("request_bytes", "body"),
    [(GET_LIVE, b"/live/a"), (GET_ECHO, b'"path":"/echo"'), (UPGRADE, b"Upgrade: websocket")],
)
async def test_a_head_byte_by_byte(open_house: Any, request_bytes: bytes, body: bytes) -> None:
    async with open_house() as house:
        client = await house.connect()
        for byte in request_bytes:
            await client.send(bytes([byte]))
        await client.stream.send_eof() if request_bytes == UPGRADE else None
        received = b""
        while body not in received:
            more = await client.stream.receive_some()
            assert more, received
            received += more


async def test_pipelined_edge_requests_are_answered_in_order(open_house: Any) -> None:
    async with open_house() as house:
        client = await house.connect()
        targets = [f"/live/{number}".encode() for number in range(50)]
        await client.send(b"".join(GET_LIVE.replace(b"/live/a", target) for target in targets))
        assert [(await client.answer()).body for _ in targets] == targets


async def test_edge_then_app_on_one_connection(open_house: Any) -> None:
    async with open_house() as house:
        client = await house.connect()
        post = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
        await client.send(GET_LIVE + post)
        assert (await client.answer()).body == b"/live/a"
        answer = await client.answer()
        assert json.loads(answer.body)["body"] == "hello"
        assert answer.headers["connection"] == "close"
        assert await client.rest() == b""


async def test_edge_then_upgrade_on_one_connection(open_house: Any) -> None:
    async with open_house() as house:
        client = await house.connect()
        await client.send(GET_LIVE)
        assert (await client.answer()).body == b"/live/a"
        await client.send(UPGRADE + b"early frame")
        received = b""
        while len(received) < len(UPGRADE + b"early frame"):
            received += await client.stream.receive_some()
        assert received == UPGRADE + b"early frame"


async def test_what_is_pipelined_behind_an_app_request_is_dropped(open_house: Any) -> None:
    async with open_house() as house:
        client = await house.connect()
        await client.send(GET_ECHO + GET_ECHO + GET_LIVE)
        answer = await client.answer()
        assert answer.status == 200
        assert answer.headers["connection"] == "close"
        assert await client.rest() == b""
        assert house.heads == []


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"\x16\x03\x01\x00\xa5\x01", 400, "bad_request"),
        (b"hello\r\n\r\n", 400, "bad_request"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "version_unsupported"),
        (b"GET /" + b"a" * 16384 + b" HTTP/1.1\r\n\r\n", 431, "head_too_large"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 1_000_000, 431, "head_too_large"),
    ],
)
async def test_bad_heads_are_refused(open_house: Any, data: bytes, status: int, code: str) -> None:
    async with open_house() as house:
        client = await house.connect()
        await client.send(data)
        answer = await client.answer()
        assert answer.status == status
        assert error_code(answer.body) == code
        assert answer.headers["connection"] == "close"
        assert await client.rest() == b""


async def test_a_bad_head_behind_a_good_one(open_house: Any) -> None:
    async with open_house() as house:
        client = await house.connect()
        await client.send(GET_LIVE + b"nonsense\r\n\r\n")
        assert (await client.answer()).status == 200
        assert (await client.answer()).status == 400
        assert await client.rest() == b""


async def test_a_slow_head_is_given_up(
    open_house: Any, autojump_clock: trio.testing.MockClock
) -> None:
    async with open_house(DoorConfig(head_timeout_s=10)) as house:
        client = await house.connect()
        start = trio.current_time()
        await client.send(b"GET / HT")
        answer = await client.answer()
        assert answer.status == 408
        assert error_code(answer.body) == "request_timeout"
        assert 10 <= trio.current_time() - start < 11


async def test_trickled_bytes_buy_no_time(
    open_house: Any, autojump_clock: trio.testing.MockClock
) -> None:
    async with open_house(DoorConfig(head_timeout_s=10)) as house:
        client = await house.connect()
        start = trio.current_time()
        await client.send(b"GET / HTTP/1.1\r\nHost: h\r\n")

        async def trickle() -> None:
            while True:
                await client.send(b"X: y\r\n")
                await trio.sleep(1)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(trickle)
            assert (await client.answer()).status == 408
            nursery.cancel_scope.cancel()
        assert trio.current_time() - start < 12


async def test_a_silent_connection_is_closed(
    open_house: Any, autojump_clock: trio.testing.MockClock
) -> None:
    async with open_house(DoorConfig(head_timeout_s=10)) as house:
        client = await house.connect()
        assert await client.rest() == b""
        assert trio.current_time() >= 10


async def test_a_head_that_ends_early_has_no_answer(open_house: Any) -> None:
    async with open_house() as house:
        client = await house.connect()
        await client.send(GET_LIVE + b"GET /live/b HT")
        await client.stream.send_eof()
        assert (await client.answer()).body == b"/live/a"
        assert await client.rest() == b""


async def test_a_reset_is_no_failure(open_house: Any) -> None:
    async with open_house() as house:
        client = await house.connect()
        await client.send(GET_LIVE)
        await client.answer()
        with structlog.testing.capture_logs() as logs:
            linger_0_s = struct.pack("ii", 1, 0)
            client.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_0_s)
            await client.stream.aclose()
            await trio.testing.wait_all_tasks_blocked()
        assert house.door.statistics().connections == 0
        assert logs == []


async def test_connections_are_capped(open_house: Any) -> None:
    async with open_house(DoorConfig(max_connections=2)) as house:
        first, second = await house.connect(), await house.connect()
        await first.send(GET_LIVE)
        await second.send(GET_LIVE)
        await first.answer()
        await second.answer()
        third = await house.connect()
        answer = await third.answer()
        assert answer.status == 503
        assert error_code(answer.body) == "too_many_connections"
        assert house.door.statistics().turned_away == 1
        await second.stream.aclose()
        await trio.testing.wait_all_tasks_blocked()
        assert house.door.statistics().connections == 1
        assert (await house.ask(GET_LIVE)).status == 200


async def test_a_failing_room_closes_its_connection_only(
    open_house: Any,
) -> None:
    async with open_house() as house:
        other = await house.connect()
        await other.send(GET_LIVE)
        await other.answer()
        client = await house.connect()
        with structlog.testing.capture_logs() as logs:
            await client.send(UPGRADE.replace(b"/ws", b"/ws?fail"))
            assert await client.rest() == b""
            await trio.testing.wait_all_tasks_blocked()
        assert [entry["event"] for entry in logs] == ["connection_failed"]
        await other.send(GET_LIVE)
        assert (await other.answer()).status == 200


async def test_drain_closes_idle_connections_and_answers_the_rest(open_house: Any) -> None:
    async with open_house() as house:
        idle, busy, fresh = [await house.connect() for _ in range(3)]
        await idle.send(GET_LIVE)
        await idle.answer()
        await busy.send(GET_SLOW)
        await house.entered.wait()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(house.door.drain, 60)
            assert await idle.rest() == b""
            assert await fresh.rest() == b""
            with pytest.raises(OSError, match="all attempts to connect"):
                await house.connect()
            house.release.set()
            assert (await busy.answer()).body == b"at last"
            await busy.stream.aclose()
        assert house.door.statistics().connections == 0


async def test_drain_ends_at_its_deadline(
    open_house: Any, autojump_clock: trio.testing.MockClock
) -> None:
    async with open_house() as house:
        never, chat = await house.connect(), await house.connect()
        await never.send(GET_SLOW)
        await chat.send(UPGRADE)
        await house.entered.wait()
        start = trio.current_time()
        await house.door.drain(5)
        assert 5 <= trio.current_time() - start < 6
        assert (await chat.rest()).startswith(UPGRADE)
        assert house.door.statistics().connections == 0


async def test_drain_ends_though_a_client_does_not_read(
    open_house: Any, autojump_clock: trio.testing.MockClock
) -> None:
    async with open_house() as house:
        stuck = await house.connect()
        await stuck.send(b"GET /big HTTP/1.1\r\nHost: h\r\n\r\n")
        await house.entered.wait()
        await trio.testing.wait_all_tasks_blocked()
        start = trio.current_time()
        await house.door.drain(5)
        assert 5 <= trio.current_time() - start < 6


async def test_cancelling_the_door_ends_it_though_a_client_does_not_read(
    open_house: Any, autojump_clock: trio.testing.MockClock
) -> None:
    with trio.CancelScope() as scope:
        async with open_house() as house:
            stuck = await house.connect()
            await stuck.send(b"GET /big HTTP/1.1\r\nHost: h\r\n\r\n")
            await house.entered.wait()
            await trio.testing.wait_all_tasks_blocked()
            start = trio.current_time()
            scope.cancel()
    assert scope.cancelled_caught
    assert trio.current_time() - start < 1
