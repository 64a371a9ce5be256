"""Sending an answer: at once where the socket takes it, else within a deadline.

What is large is not copied.
"""

from collections.abc import Sequence

import trio

from server.door import PrependedStream

SEND_TIMEOUT_S = 10.0
MIN_RATE_BYTES_PER_S = 16 * 1024
"""Less than 128 kbit/s is below any rendition: that listener cannot keep up anyhow."""
JOIN_MAX_BYTES = 16 * 1024
"""Up to here one buffer is cheaper than two."""


async def send_answer(stream: PrependedStream, head: bytes, body: bytes | memoryview) -> None:
    """Send head and body. trio.BrokenResourceError where the client is gone, or is too slow."""
    buffers = (head + body,) if len(body) <= JOIN_MAX_BYTES else (head, body)
    sent = stream.send_now(buffers)
    if sent < len(head) + len(body):
        await _send_rest(stream, buffers, sent)


async def _send_rest(
    stream: PrependedStream, buffers: Sequence[bytes | memoryview], sent: int
) -> None:
    size = sum(len(buffer) for buffer in buffers)
    with trio.move_on_after(SEND_TIMEOUT_S + size / MIN_RATE_BYTES_PER_S) as scope:
        for buffer in buffers:
            await stream.send_all(memoryview(buffer)[sent:])
            sent = max(0, sent - len(buffer))
    if scope.cancelled_caught:
        raise trio.BrokenResourceError("the client reads too slowly")
