"""From a client's bytes to whole messages, within limits."""

from collections.abc import Iterator
from dataclasses import dataclass

from wsproto.connection import Connection as Protocol
from wsproto.connection import ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.frame_protocol import Opcode

from actors.ports import CloseReason
from server.gateway.closing import NO_STATUS_CODE, NORMAL, TOO_BIG, UNSUPPORTED_DATA

MAX_FRAME_BYTES = 8 * 1024
"""Of one message, whether in one frame or in several."""
MAX_FRAGMENTS = 64


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole message."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Pinged:
    """A ping, with what the pong has to carry."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """The connection is to close: the peer says so, or it broke a rule."""

    reason: CloseReason
    by_peer: bool


class Inbound:
    """Reads what a client sends. ``opcode`` is the one kind of data frame that is taken."""

    __slots__ = ("_fragments", "_opcode", "_parts", "_protocol", "_size")

    def __init__(self, opcode: Opcode) -> None:
        self._opcode = opcode
        self._protocol = Protocol(ConnectionType.SERVER)
        self._parts: list[bytes] = []
        self._size = 0
        self._fragments = 0

    def feed(self, data: bytes) -> Iterator[Whole | Pinged | Ended]:
        """Take bytes; give what they complete. After Ended only the peer's own close matters."""
        self._protocol.receive_data(data)
        for event in self._protocol.events():
            match event:
                case TextMessage() | BytesMessage():
                    if (taken := self._take(event)) is not None:
                        yield taken
                case Ping():
                    yield Pinged(bytes(event.payload))
                case CloseConnection():
                    yield self._ended(event)
                case _:
                    pass  # that something came is all that a pong has to say

    def _take(self, event: TextMessage | BytesMessage) -> Whole | Ended | None:
        # wsproto gives text decoded, having checked its UTF-8 (RFC 6455, section 8.1).
        text = isinstance(event, TextMessage)
        if text != (self._opcode is Opcode.TEXT):
            return Ended(UNSUPPORTED_DATA, by_peer=False)
        data = event.data.encode() if isinstance(event, TextMessage) else bytes(event.data)
        self._size += len(data)
        self._fragments += event.frame_finished
        if self._size > MAX_FRAME_BYTES or self._fragments > MAX_FRAGMENTS:
            return Ended(TOO_BIG, by_peer=False)
        self._parts.append(data)
        if not event.message_finished:
            return None
        whole = Whole(b"".join(self._parts))
        self._parts = []
        self._size = self._fragments = 0
        return whole

    def _ended(self, event: CloseConnection) -> Ended:
        by_peer = self._protocol.state is ConnectionState.REMOTE_CLOSING
        if event.code == NO_STATUS_CODE:
            return Ended(NORMAL, by_peer)
        return Ended(CloseReason(int(event.code), event.reason or ""), by_peer)
