from collections.abc import AsyncIterator, Callable
from typing import Any

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


@pytest.mark.parametrize("hang_up", [PrependedStream.drain, lambda it: it.hang_up_if_idle(1e9)])
async def test_an_idle_wait_is_hung_up(pair: Pair, hang_up: Callable[[Any], None]) -> None:
    stream, _ = pair

    async def wait() -> None:
        with stream.idle_scope:
            await stream.receive_idle(60)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        stream.hang_up_if_idle(trio.current_time() + 59)
        assert not stream.idle_scope.cancel_called
        hang_up(stream)
    assert stream.idle_scope.cancelled_caught


@pytest.mark.parametrize("hang_up", [PrependedStream.drain, lambda it: it.hang_up_if_idle(1e9)])
async def test_a_busy_connection_is_not_hung_up(pair: Pair, hang_up: Callable[[Any], None]) -> None:
    stream, client = pair
    await client.send_all(b"request")
    assert await stream.receive_idle(60) == b"request"
    hang_up(stream)
    assert not stream.idle_scope.cancel_called


async def test_send_now_takes_what_there_is_room_for(pair: Pair) -> None:
    stream, client = pair
    assert stream.send_now([b"one ", memoryview(b"two")]) == 7
    assert await client.receive_some() == b"one two"
    while stream.send_now([bytes(1024 * 1024)]):
        pass
    await client.aclose()
    with pytest.raises(trio.BrokenResourceError):
        stream.send_now([b"three"])


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
