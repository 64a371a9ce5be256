"""From a client's bytes to whole messages, within limits."""

from collections.abc import Iterator
from dataclasses import dataclass

from wsproto.frame_protocol import Frame, FrameProtocol, Opcode, ParseFailed

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
class Ponged:
    """A pong, asked for or not: all that it says is that the peer is there."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The connection is to close: the peer says so, or it broke a rule."""

    reason: CloseReason
    by_peer: bool


Inwards = Whole | Pinged | Ponged | Ended


class Inbound:
    """Reads what a client sends. ``opcode`` is the one kind of data frame that is taken.

    wsproto's frames are read without its ``Connection``, whose state and queue of events would be
    a kilobyte for each client, and are ours to keep anyhow.
    """

    __slots__ = ("_fragments", "_opcode", "_parts", "_protocol", "_size")

    def __init__(self, opcode: Opcode) -> None:
        self._opcode = opcode
        self._protocol = FrameProtocol(client=False, extensions=[])
        self._parts: list[bytes] = []
        self._size = 0
        self._fragments = 0

    def feed(self, data: bytes) -> Iterator[Inwards]:
        """Take bytes; give what they complete. After Ended only the peer's own close matters."""
        self._protocol.receive_bytes(data)
        try:
            for frame in self._protocol.received_frames():
                if (event := self._read(frame)) is not None:
                    yield event
        except ParseFailed as error:
            yield Ended(CloseReason(int(error.code), str(error)), by_peer=False)

    def _read(self, frame: Frame) -> Inwards | None:
        match frame.opcode, frame.payload:
            case Opcode.TEXT | Opcode.BINARY, str() | bytes() as payload:
                return self._take(frame, payload)
            case Opcode.PING, bytes() as payload:
                return Pinged(payload)
            case Opcode.CLOSE, (int() as code, str() as reason):
                known = code != NO_STATUS_CODE
                return Ended(CloseReason(int(code), reason) if known else NORMAL, by_peer=True)
            case _:
                return Ponged()

    def _take(self, frame: Frame, payload: str | bytes) -> Whole | Ended | None:
        """Take a data frame, or what has come of it."""
        if frame.opcode is not self._opcode:
            return Ended(UNSUPPORTED_DATA, by_peer=False)
        # wsproto gives text decoded, having checked its UTF-8 (RFC 6455, section 8.1).
        data = payload.encode() if isinstance(payload, str) else payload
        self._size += len(data)
        self._fragments += frame.frame_finished
        if self._size > MAX_FRAME_BYTES or self._fragments > MAX_FRAGMENTS:
            return Ended(TOO_BIG, by_peer=False)
        self._parts.append(data)
        if not frame.message_finished:
            return None
        whole = Whole(b"".join(self._parts))
        self._parts = []
        self._size = self._fragments = 0
        return whole
