from typing import Any

import pytest
import trio

from server.edge import EdgeConfig

STREAM = "str_01JD0000000000000000000000"
SHOW = "shw_01JD0000000000000000000000"
SMALL = f"/live/{STREAM}/{SHOW}/audio/seg-3.m4s"
LARGE = f"/live/{STREAM}/{SHOW}/video/seg-3.m4s"


def get(path: str, *headers: str, version: str = "1.1") -> bytes:
    lines = [f"GET {path} HTTP/{version}", "Host: h", *headers, "", ""]
    return "\r\n".join(lines).encode()


async def receive_until(stream: trio.SocketStream, end: bytes) -> bytes:
    received = b""
    while not received.endswith(end):
        more = await stream.receive_some()
        assert more, received
        received += more
    return received


async def test_keep_alive_and_pipelining_in_order(open_stage: Any) -> None:
    async with open_stage() as stage:
        asked = get(SMALL) + get("/live/x/index.m3u8") + get(SMALL, "Range: bytes=2-3")
        answer = await stage.raw(asked * 20 + get(SMALL, "Connection: close"))
        statuses = [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]]
        assert statuses == [b"200", b"404", b"206"] * 20 + [b"200"]
        assert answer.count(b"Connection: keep-alive") == 60
        assert answer.endswith(b"Connection: close\r\n\r\n0123456789")


async def test_byte_by_byte(open_stage: Any) -> None:
    async with open_stage() as stage:
        stream = await stage.connect()
        for _ in range(2):
            for byte in get(SMALL):
                await stream.send_all(bytes([byte]))
            assert (await receive_until(stream, b"0123456789")).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    ("version", "connection", "kept"),
    [("1.0", "x", False), ("1.0", "keep-alive", True), ("1.1", "x", True), ("1.1", "close", False)],
)
async def test_versions(open_stage: Any, version: str, connection: str, kept: bool) -> None:
    async with open_stage() as stage:
        stream = await stage.connect()
        await stream.send_all(get(SMALL, f"Connection: {connection}", version=version))
        answer = await receive_until(stream, b"0123456789")
        assert (b"Connection: keep-alive" in answer) is kept
        await stream.send_all(get(SMALL) if kept else b"")
        assert bool(await stream.receive_some()) is kept


async def test_a_large_segment_arrives_whole(open_stage: Any) -> None:
    async with open_stage() as stage:
        answer = await stage.raw(get(LARGE) + get(LARGE, "Connection: close"))
        first, second = answer.split(b"HTTP/1.1 200 OK")[1:]
        body = bytes(range(256)) * 4096
        assert first.partition(b"\r\n\r\n")[2] == body
        assert second.partition(b"\r\n\r\n")[2] == body


async def test_other_rooms_on_the_same_connection(open_stage: Any) -> None:
    async with open_stage() as stage:
        answer = await stage.raw(get(SMALL) + get("/page"))
        assert b"0123456789HTTP/1.1 200" in answer
        assert b"app: /page" in answer
        upgrade = get("/ws", "Connection: Upgrade", "Upgrade: websocket")
        answer = await stage.raw(get(SMALL) + upgrade + b"frame")
        assert answer.endswith(b"0123456789gateway: " + upgrade + b"frame")


async def test_an_idle_connection_is_closed(
    open_stage: Any, autojump_clock: trio.testing.MockClock
) -> None:
    async with open_stage(EdgeConfig(keep_alive_timeout_s=60)) as stage:
        stream = await stage.connect()
        await stream.send_all(get(SMALL))
        await receive_until(stream, b"0123456789")
        start = trio.current_time()
        assert await stream.receive_some() == b""
        assert 60 <= trio.current_time() - start < 61


async def test_a_slow_second_head_is_refused(
    open_stage: Any, autojump_clock: trio.testing.MockClock
) -> None:
    async with open_stage(EdgeConfig(head_timeout_s=10)) as stage:
        start = trio.current_time()
        answer = await stage.raw(get(SMALL) + b"GET /li")
        assert b"HTTP/1.1 408 " in answer
        assert 10 <= trio.current_time() - start < 15


async def test_a_bad_second_head_is_refused(open_stage: Any) -> None:
    async with open_stage() as stage:
        answer = await stage.raw(get(SMALL) + b"nonsense\r\n\r\n")
        assert b"HTTP/1.1 400 " in answer
        assert b"Access-Control-Allow-Origin: *" in answer.partition(b"HTTP/1.1 400 ")[2]


async def test_a_slow_reader_is_put_off_and_slows_nobody(
    open_stage: Any, autojump_clock: trio.testing.MockClock
) -> None:
    async with open_stage() as stage:
        slow = await stage.connect()
        await slow.send_all(get(LARGE) * 20)
        await trio.testing.wait_all_tasks_blocked()
        start = trio.current_time()
        assert (await stage.raw(get(SMALL, "Connection: close"))).endswith(b"0123456789")
        assert trio.current_time() - start < 3
        await stage.door.drain(1000)
        assert 70 <= trio.current_time() - start < 90, "10 s, and 64 s for 1 MiB at 16 KiB/s"


async def test_drain_ends_idle_and_answers_the_last(
    open_stage: Any, autojump_clock: trio.testing.MockClock
) -> None:
    async with open_stage() as stage:
        idle, waiting = await stage.connect(), await stage.connect()
        await idle.send_all(get(SMALL))
        await receive_until(idle, b"0123456789")
        window = stage.window.value
        stage.window.publish(None)
        await waiting.send_all(get(f"/live/{STREAM}/index.m3u8"))
        await trio.testing.wait_all_tasks_blocked()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stage.door.drain, 60)
            assert await idle.receive_some() == b""
            stage.window.publish(window)
            answer = await waiting.receive_some()
            assert answer.startswith(b"HTTP/1.1 200 OK")
            assert b"Connection: close" in answer
            assert await waiting.receive_some() == b""
