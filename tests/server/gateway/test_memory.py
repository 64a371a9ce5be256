"""What an idle member holds, through the real door, as a browser comes in."""

import os
import socket
import tracemalloc
from base64 import b64encode

import pytest
import trio
from support.socket_stage import masked

from server.door import Door

MEMBERS = 200
MAX_MEMBER_BYTES = 12 * 1024
COOKIE = "x" * 600


async def lifespan_only(scope, receive, send):
    assert scope["type"] == "lifespan"
    for step in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{step}.complete"})


async def no_edge(stream, head):
    raise AssertionError("everybody wants a WebSocket")


def come_in(port, room):
    """Be a member, on a bare socket that costs this process next to nothing."""
    one = socket.create_connection(("127.0.0.1", port))
    one.sendall(
        f"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {b64encode(os.urandom(16)).decode()}\r\n"
        f"Sec-WebSocket-Protocol: bandstand.json\r\nCookie: {COOKIE}{one.fileno()}\r\n\r\n".encode()
    )
    assert one.recv(4096).startswith(b"HTTP/1.1 101")
    one.sendall(masked(0x81, b'{"id":1,"do":"join","room":"%b"}' % room.encode()))
    assert b'"ok"' in one.recv(65536)
    return one


@pytest.fixture
async def port(venue, nursery):
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    door = Door(listeners, edge=no_edge, gateway=venue.gateway, app=lifespan_only)
    await nursery.start(door.run)
    yield listeners[0].socket.getsockname()[1]
    await venue.gateway.drain(5)
    await door.drain(5)


async def test_an_idle_member_is_no_more_than_12_kib(port, room):
    def crowd(count):
        return [come_in(port, room) for _ in range(count)]

    sockets = await trio.to_thread.run_sync(crowd, 20)  # what is made once for all
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        sockets += await trio.to_thread.run_sync(crowd, MEMBERS)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    for one in sockets:
        one.close()
    assert (after - before) / MEMBERS < MAX_MEMBER_BYTES
