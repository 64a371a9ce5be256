"""Sending an answer within a deadline, without copying what is large."""

import trio

from server.door import PrependedStream

SEND_TIMEOUT_S = 10.0
MIN_RATE_BYTES_PER_S = 16 * 1024
"""Less than 128 kbit/s is below any rendition: that listener cannot keep up anyhow."""
JOIN_MAX_BYTES = 16 * 1024
"""Up to here one buffer is cheaper than two."""


async def send_answer(stream: PrependedStream, head: bytes, body: bytes | memoryview) -> None:
    """Send head and body. trio.BrokenResourceError where the client is gone, or is too slow."""
    size = len(head) + len(body)
    with trio.move_on_after(SEND_TIMEOUT_S + size / MIN_RATE_BYTES_PER_S) as scope:
        try:
            if size <= JOIN_MAX_BYTES:
                await _send(stream.socket, memoryview(head + bytes(body)))
            else:
                sent = await stream.socket.sendmsg([head, body])
                await _send(stream.socket, memoryview(head)[sent:])
                await _send(stream.socket, memoryview(body)[max(0, sent - len(head)) :])
        except OSError as error:
            raise trio.BrokenResourceError("the client is gone") from error
    if scope.cancelled_caught:
        raise trio.BrokenResourceError("the client reads too slowly")


async def _send(socket: trio.socket.SocketType, data: memoryview) -> None:
    while data:
        data = data[await socket.send(data) :]
