"""Reading a connection: the next request's head within its deadline, and the last bytes of all."""

import trio

from server.door.head import HeadParser, HeadRefused, RequestHead
from server.door.stream import PrependedStream

HEAD_TIMEOUT_S = 10.0
"""From a head's first byte to its last; a phone on a bad line needs one or two seconds."""
REFUSAL_TIMEOUT_S = 5.0
LINGER_TIMEOUT_S = 2.0
LINGER_MAX_BYTES = 1024 * 1024


async def read_head(
    stream: PrependedStream, *, idle_timeout_s: float, head_timeout_s: float, max_head_bytes: int
) -> RequestHead | None:
    """Read one request head and unread what follows it.

    None where the client closed, or the server drains. A client that stays silent for
    ``idle_timeout_s`` is hung up (see ``receive_idle``). Raises HeadRefused, also (408) where a
    head is begun and not ended in time; trio.BrokenResourceError where the connection is lost.
    """
    data = await stream.receive_idle(idle_timeout_s)
    parser = HeadParser(max_head_bytes)
    head = parser.feed(data) if data else None
    if head is None and data:
        with trio.move_on_after(head_timeout_s) as scope:
            head = await _read_rest_of_head(stream, parser)
        if scope.cancelled_caught:
            message = f"The request head took longer than {head_timeout_s:g} s."
            raise HeadRefused(408, "request_timeout", message)
    stream.unread(parser.rest)
    return head


async def _read_rest_of_head(stream: PrependedStream, parser: HeadParser) -> RequestHead | None:
    while True:
        data = await stream.receive_some()
        if not data:
            return None
        head = parser.feed(data)
        if head is not None:
            return head


async def send_last(stream: PrependedStream, answer: bytes) -> None:
    """Send the connection's last answer, within a deadline, and see that it arrives."""
    with trio.move_on_after(REFUSAL_TIMEOUT_S):
        await stream.send_all(answer)
    await linger(stream)


async def linger(stream: PrependedStream) -> None:
    """Read a client's last bytes away before the close.

    A socket that is closed with bytes unread resets the connection, and the client may lose the
    answer that it was still to read (RFC 9112 section 9.6).
    """
    left = LINGER_MAX_BYTES
    try:
        with trio.move_on_after(LINGER_TIMEOUT_S):
            await stream.send_eof()
            while left > 0 and (data := await stream.receive_some()):
                left -= len(data)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        return  # it is gone already
