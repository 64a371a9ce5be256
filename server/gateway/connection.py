"""One WebSocket: a task that reads, a task while there are commands, and an outbox."""

from collections import deque

import trio
from wsproto.frame_protocol import Opcode

from actors.ports import Batch, CloseReason
from actors.room import TokenBucket
from server.door import PrependedStream, linger
from server.gateway import wire
from server.gateway.addresses import AddressUse
from server.gateway.closing import FLOODING, GONE, MALFORMED, REVOKED, SLOW
from server.gateway.commands import Auth, parse
from server.gateway.encoding import Encoding, Malformed
from server.gateway.fields import CommandRefused
from server.gateway.frames import close_frame, frame
from server.gateway.inbound import Ended, Inbound, Inwards, Pinged, Whole
from server.gateway.outbox import Outbox
from server.gateway.registry import Registry
from server.gateway.session import Refusal, Services, Session

PING_INTERVAL_S = 25.0
"""Of silence from the client. Proxies commonly cut a connection that is silent for 60 seconds."""
PONG_TIMEOUT_S = 15.0
CLOSE_TIMEOUT_S = 5.0
RECEIVE_BYTES = 4096
BURST_COMMANDS = 60
COMMANDS_PER_S = 20.0
"""Pings and pongs count as commands: they cost us as much as they cost the client."""
MAX_MALFORMED_COMMANDS = 5
MAX_HELD_FRAMES = 64


class Connection:
    """A member of rooms on a WebSocket whose handshake is done.

    ``offer`` writes to the socket at once, in the room's own task: to wake a task of every member
    for every message would cost ten times as much.
    """

    __slots__ = (
        "__weakref__",
        "_bucket",
        "_closing",
        "_commands",
        "_encoding",
        "_failed",
        "_held",
        "_inbound",
        "_malformed",
        "_nursery",
        "_open",
        "_outbox",
        "_peer_closed",
        "_pinged",
        "_registry",
        "_session",
        "_stream",
        "_use",
    )

    def __init__(
        self,
        stream: PrependedStream,
        encoding: Encoding,
        services: Services,
        registry: Registry,
        address: str,
        use: AddressUse | None,
    ) -> None:
        self._stream = stream
        self._encoding = encoding
        self._registry = registry
        self._session = Session(services, self, address)
        self._use = use
        self._inbound = Inbound(encoding.opcode)
        self._outbox = Outbox(stream.socket, self._start_flush)
        self._bucket = TokenBucket(COMMANDS_PER_S, BURST_COMMANDS)
        self._open: trio.CancelScope | None = None
        self._pinged = False
        self._nursery: trio.Nursery | None = None
        self._closing: CloseReason | None = None
        self._peer_closed = False
        self._failed = False
        self._commands: deque[bytes] | None = None
        self._held: list[bytes] = []
        self._malformed = 0

    async def serve(self) -> None:
        """Serve the connection until it is closed, by whoever it may be."""
        self._registry.add(self)
        if self._use is not None:
            self._use.connections += 1
        try:
            async with trio.open_nursery() as self._nursery:
                await self._read()
                await self._say_goodbye()
                self._nursery.cancel_scope.cancel()
        finally:
            self.close(GONE)
            self._registry.discard(self, self._session.user_id)
            if self._use is not None:
                self._use.connections -= 1
            await self._session.leave_all()

    def offer(self, batch: Batch) -> CloseReason | None:
        """Write a batch, without waiting; see ``actors.ports.Member``."""
        if self._closing is not None:
            return self._closing
        data = batch.encoded(self._encoding)
        question = self._session.question
        if question is not None and question.reply.settled:
            return self._hold(data, droppable=batch.ephemeral)
        outbox = self._outbox
        if outbox.queued_bytes:
            if batch.ephemeral:
                return None
            if not outbox.has_room(data):
                return self.close(SLOW)
        try:
            outbox.send(data)
        except OSError:
            return self.close(GONE)
        return None

    def put_out(self, room_id: str, farewell: Batch) -> None:
        """Say that this is out of a room, and close where that was the only one.

        See ``actors.room.RoomMember``. Nothing is waited for: what is to be said stands in front
        of the close frame.
        """
        if self._closing is None:
            self._send(farewell.encoded(self._encoding))
        if not self._session.forget(room_id):
            self.close(REVOKED)

    def close(self, reason: CloseReason) -> CloseReason:
        """Begin to close; give the reason, which is an earlier one's where there was one."""
        if self._closing is None:
            self._closing = reason
            if self._open is not None:
                self._open.cancel()
        return self._closing

    async def _read(self) -> None:
        """Take in what comes; after a silence ask with a ping, and give up without an answer."""
        try:
            while self._closing is None:
                silence_s = PONG_TIMEOUT_S if self._pinged else PING_INTERVAL_S
                with trio.move_on_after(silence_s) as self._open:
                    while self._closing is None:
                        self._take_in(await self._stream.receive_late(RECEIVE_BYTES))
                if self._open.cancelled_caught and self._closing is None:
                    self._ask()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self.close(GONE)

    def _take_in(self, data: bytes) -> None:
        if not data:
            self.close(GONE)
            return
        self._pinged = False
        assert self._open is not None
        self._open.deadline = trio.current_time() + PING_INTERVAL_S
        for event in self._inbound.feed(data):
            self._take(event)
            if self._closing is not None:
                return

    def _ask(self) -> None:
        if self._pinged:
            self.close(GONE)
        else:
            self._pinged = True
            self._send(frame(Opcode.PING, b""))

    def _take(self, event: Inwards) -> None:
        if isinstance(event, Ended):
            self._end(event)
        elif not (self._bucket.take() and (self._use is None or self._use.take_command())):
            self.close(FLOODING)
        elif isinstance(event, Pinged):
            self._send(frame(Opcode.PONG, event.payload))
        elif isinstance(event, Whole):
            self._enqueue(event.data)

    def _end(self, ended: Ended) -> None:
        self._peer_closed = ended.by_peer
        self._failed = not ended.by_peer
        self.close(ended.reason)

    def _enqueue(self, command: bytes) -> None:
        # The bucket bounds the queue: what is too much closes the connection.
        if self._commands is None:
            self._commands = deque()
            assert self._nursery is not None
            self._nursery.start_soon(self._work)
        self._commands.append(command)

    async def _work(self) -> None:
        """Do the commands in their order, none before the client has taken the last reply."""
        while self._commands:
            await self._outbox.drained()
            reply = await self._do(self._commands.popleft())
            self._reply(reply)
        self._commands = None

    async def _do(self, data: bytes) -> wire.Item:
        try:
            command_id, command = parse(self._encoding.loads(data))
        except Malformed as error:
            self._malformed += 1
            return wire.error(None, "bad_request", f"The command is {error}.")
        except CommandRefused as refused:
            self._malformed += 1
            return wire.error(refused.command_id, refused.code, refused.message)
        try:
            result = await self._session.do(command)
        except Refusal as refusal:
            return wire.error(command_id, refusal.code, refusal.message, refusal.retry_after_s)
        if isinstance(command, Auth) and self._session.user_id is not None:
            self._registry.claim(self, self._session.user_id)
        return wire.ok(command_id, result)

    def _reply(self, item: wire.Item) -> None:
        """Write a reply and, right behind it, the pushes that came since the room settled it."""
        self._session.question = None
        held, self._held = self._held, []
        if self._closing is not None:
            return
        try:
            self._outbox.send_reply(b"".join((self._encoding.reply(item), *held)))
        except OSError:
            self.close(GONE)
        if self._malformed >= MAX_MALFORMED_COMMANDS:
            self.close(MALFORMED)

    def _hold(self, data: bytes, *, droppable: bool) -> CloseReason | None:
        if len(self._held) >= MAX_HELD_FRAMES:
            return None if droppable else self.close(SLOW)
        self._held.append(data)
        return None

    def _send(self, data: bytes) -> None:
        try:
            self._outbox.send_reply(data)
        except OSError:
            self.close(GONE)

    def _start_flush(self) -> None:
        assert self._nursery is not None
        self._nursery.start_soon(self._flush)

    async def _flush(self) -> None:
        try:
            await self._outbox.flush()
        except trio.TooSlowError:
            self.close(SLOW)
        except (OSError, trio.ClosedResourceError):
            self.close(GONE)

    async def _say_goodbye(self) -> None:
        """Send a close frame behind what waits, and read until the peer's (section 7.1).

        Nothing is taken of one who broke the protocol, and no close frame (section 7.1.7).
        """
        reason = self._closing
        if reason is None or reason is GONE:
            return
        if reason is SLOW:
            self._outbox.cut()
        try:
            with trio.move_on_after(CLOSE_TIMEOUT_S):
                self._outbox.send(close_frame(reason.code, reason.reason))
                await self._outbox.drained()
                while not (self._failed or self._peer_closed):
                    await self._await_close()
                if self._failed:
                    await linger(self._stream)
        except (OSError, trio.BrokenResourceError, trio.ClosedResourceError):
            return

    async def _await_close(self) -> None:
        data = await self._stream.receive_some(RECEIVE_BYTES)
        self._peer_closed = not data
        for event in self._inbound.feed(data):
            if isinstance(event, Ended):
                self._end(event)
