from collections.abc import AsyncIterator

import pytest
import trio

from server.door import PrependedStream


@pytest.fixture
async def pair() -> AsyncIterator[tuple[PrependedStream, trio.SocketStream]]:
    ours, theirs = trio.socket.socketpair()
    async with trio.SocketStream(ours) as one, trio.SocketStream(theirs) as other:
        yield PrependedStream(one), other


Pair = tuple[PrependedStream, trio.SocketStream]


async def test_unread_bytes_come_first_and_in_order(pair: Pair) -> None:
    stream, client = pair
    await client.send_all(b"third")
    stream.unread(b"second")
    stream.unread(b"first")
    assert await stream.receive_some(5) == b"first"
    assert await stream.receive_some() == b"second"
    assert await stream.receive_some() == b"third"


async def test_idle_ends_in_time(pair: Pair, autojump_clock: trio.testing.MockClock) -> None:
    stream, _ = pair
    start = trio.current_time()
    assert await stream.receive_idle(7) == b""
    assert trio.current_time() - start == 7


async def test_drain_ends_an_idle_wait(pair: Pair) -> None:
    stream, _ = pair
    got: list[bytes] = []

    async def wait() -> None:
        got.append(await stream.receive_idle(60))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        assert not got
        stream.drain()
    assert got == [b""]


async def test_what_was_unread_is_served_even_when_draining(pair: Pair) -> None:
    stream, client = pair
    await client.send_all(b"later")
    stream.unread(b"asked before")
    stream.drain()
    assert await stream.receive_idle(60) == b"asked before"
    assert await stream.receive_idle(60) == b""


async def test_abort_ends_a_shielded_send(pair: Pair) -> None:
    stream, _ = pair
    async with trio.open_nursery() as nursery:

        async def send() -> None:
            with trio.CancelScope(shield=True), pytest.raises(trio.ClosedResourceError):
                await stream.send_all(bytes(64 * 1024 * 1024))

        nursery.start_soon(send)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
        stream.abort()
