"""An echo on the gateway's own connections, for Autobahn's test suite, which knows no chat.

``PYTHONPATH=.:tests python -m support.autobahn_echo 9001`` serves it. Then run
``wstest -m fuzzingclient`` (PyPI's autobahntestsuite 0.8.2, on Python 2.7) or ``kosoku`` (the same
cases, on Python 3) against ``ws://127.0.0.1:9001``. What is the gateway's own is the reading and
writing of frames, closing and its time limits; limits of sizes and rates are lifted.
"""

import math
import sys
from typing import cast
from unittest.mock import patch

import trio
from wsproto.frame_protocol import Frame, Opcode
from wsproto.utilities import generate_accept_token

from actors.room import TokenBucket
from server.door import MAX_HEAD_BYTES, PrependedStream, RequestHead, read_head
from server.gateway import JSON
from server.gateway.connection import Connection
from server.gateway.frames import frame
from server.gateway.inbound import Ended, Inbound, Whole
from server.gateway.registry import Registry
from server.gateway.session import Services

BIGGEST_MESSAGE_BYTES = 16 * 1024 * 1024
"""Of section 9."""
NO_SERVICES = cast(Services, None)
"""No command is ever done."""


class EitherKind(Inbound):
    """Takes text and binary messages; a subprotocol of ours has only the one or the other."""

    def _take(self, frame: Frame, payload: str | bytes) -> Whole | Ended | None:
        self._opcode = frame.opcode
        return super()._take(frame, payload)


class Echo(Connection):
    """Sends each message back, of the same kind."""

    def __init__(self, stream: PrependedStream, registry: Registry) -> None:
        super().__init__(stream, JSON, NO_SERVICES, registry, address="", use=None)
        self._inbound = EitherKind(Opcode.TEXT)
        self._bucket = TokenBucket(rate_per_s=math.inf, burst=math.inf)

    def _enqueue(self, command: bytes) -> None:
        self._send(frame(self._inbound._opcode, command))


def switch(head: RequestHead) -> bytes:
    """Answer the handshake; the suite asks for no subprotocol, without which ours is refused."""
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n\r\n"
        % generate_accept_token(head.header(b"sec-websocket-key") or b"")
    )


async def serve(
    port: int,
    task_status: trio.TaskStatus[list[trio.SocketListener]] = trio.TASK_STATUS_IGNORED,
) -> None:
    registry = Registry()

    async def serve_one(socket_stream: trio.SocketStream) -> None:
        stream = PrependedStream(socket_stream)
        async with stream:
            head = await read_head(
                stream, idle_timeout_s=5, head_timeout_s=5, max_head_bytes=MAX_HEAD_BYTES
            )
            if head is not None:
                await stream.send_all(switch(head))
                await Echo(stream, registry).serve()

    await trio.serve_tcp(serve_one, port, host="127.0.0.1", task_status=task_status)


if __name__ == "__main__":
    with (
        patch("server.gateway.inbound.MAX_FRAME_BYTES", BIGGEST_MESSAGE_BYTES),
        patch("server.gateway.inbound.MAX_FRAGMENTS", BIGGEST_MESSAGE_BYTES),
    ):
        trio.run(serve, int(sys.argv[1]))
