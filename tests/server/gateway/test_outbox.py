"""The outbox on a real socket: at once while the socket takes it, in order when it does not."""

import pytest
import trio

from server.gateway import outbox as module
from server.gateway.outbox import Outbox

BUFFER_BYTES = 4096


class Line:
    """An outbox, whether it asked for a flush, and the reader's end."""

    def __init__(self):
        ours, theirs = trio.socket.socketpair()
        ours.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_SNDBUF, BUFFER_BYTES)
        self.ours, self.theirs = ours, theirs
        self.flushes = 0
        self.outbox = Outbox(ours, self._start_flush)

    def _start_flush(self):
        self.flushes += 1

    def fill(self):
        """Send frames until one has to wait; give all of them."""
        sent = []
        while not self.flushes:
            sent.append(b"%08d" % len(sent) * 100)
            self.outbox.send(sent[-1])
        return sent

    async def read(self, count):
        data = b""
        while len(data) < count:
            data += await self.theirs.recv(count - len(data))
        return data


@pytest.fixture
async def line():
    line = Line()
    yield line
    line.ours.close()
    line.theirs.close()


async def test_nothing_is_queued_and_nobody_is_woken_while_the_socket_takes_it(line):
    line.outbox.send(b"one")
    line.outbox.send(b"two")
    assert (line.flushes, line.outbox.queued_bytes) == (0, 0)
    assert await line.read(6) == b"onetwo"


async def test_one_flush_for_all_that_waits_and_in_order(line):
    sent = line.fill()
    for n in range(10):
        sent.append(b"%03d" % n * 1000)
        line.outbox.send(sent[-1])
    assert line.flushes == 1
    assert line.outbox.queued_bytes > 0
    whole = b"".join(sent)
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(line.outbox.flush)
            nursery.start_soon(line.outbox.drained)
            assert await line.read(len(whole)) == whole
    assert line.outbox.queued_bytes == 0
    line.outbox.send(b"at once again")
    assert line.flushes == 1
    assert await line.read(13) == b"at once again"


async def test_the_bound_is_of_bytes_and_replies_are_beside_it(line, monkeypatch):
    monkeypatch.setattr(module, "MAX_OUTBOX_BYTES", 10_000)
    line.outbox = Outbox(line.ours, line._start_flush)
    line.fill()
    free = 10_000 - line.outbox.queued_bytes
    assert line.outbox.has_room(b"x" * free)
    assert not line.outbox.has_room(b"x" * (free + 1))
    line.outbox.send_reply(b"r" * 50_000)
    assert line.outbox.has_room(b"x" * free)
    assert not line.outbox.has_room(b"x" * (free + 1))


async def test_a_cut_leaves_the_rest_of_a_frame_that_has_begun(line):
    sent = line.fill()
    line.outbox.send(b"never sent")
    line.outbox.cut()
    line.outbox.send(b"the last")
    whole = b"".join(sent)
    data = b""
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(line.outbox.flush)
            while not data.endswith(b"the last"):
                data += await line.theirs.recv(BUFFER_BYTES)
    # The frame that met a full socket may have begun or not; it is there whole, or not at all.
    assert data in (whole + b"the last", b"".join(sent[:-1]) + b"the last")


async def test_a_socket_that_is_gone_is_an_error(line):
    line.theirs.close()
    with pytest.raises(OSError):
        line.outbox.send(b"x")
