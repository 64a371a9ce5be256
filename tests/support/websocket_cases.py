"""Plays cases in the manner of Autobahn's test suite on a gateway, over real sockets.

Autobahn's echo server is not our protocol. What shows here that a message has arrived whole is a
command whose reply carries its id: the count of a room's members.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import msgpack
import trio
from wsproto.events import BytesMessage, CloseConnection, Event, Pong, TextMessage

from support.socket_stage import HANDSHAKE, Peer, masked

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
CONTINUED, FIN = 0x0, 0x80
MASK = b"\x37\xfa\x21\x3d"
PATIENCE_S = 3.0
"""Less than the gateway waits for a close frame, which nobody here lets it wait for."""


@dataclass(frozen=True)
class Replied:
    """The command with this id arrived; None stands for one that cannot be read."""

    id: str | None


@dataclass(frozen=True)
class Ponged:
    payload: bytes


@dataclass(frozen=True)
class Closed:
    code: int


Step = bytes | Replied | Ponged | Closed
"""To send, or to wait for. A case that does not end in Closed closes with 1000 itself."""


@dataclass(frozen=True)
class Case:
    id: str
    steps: Sequence[Step]
    subprotocol: str = "json"

    @property
    def sent_bytes(self) -> int:
        return sum(len(step) for step in self.steps if isinstance(step, bytes))


def frame(first_byte: int, payload: bytes = b"") -> bytes:
    return masked(first_byte, payload, mask=MASK)


def command(room: str, mark: str = "x", size: int | None = None) -> bytes:
    """Make a command in JSON, padded to this many bytes."""
    return _padded(lambda pad: json.dumps(
        {"pad": "*" * pad, "do": "members", "room": room, "id": mark}, ensure_ascii=False
    ).encode(), size)  # fmt: skip


def packed_command(room: str, mark: str = "x", size: int | None = None) -> bytes:
    """Make a command in MessagePack, padded to this many bytes."""
    return _padded(lambda pad: msgpack.packb(
        {"pad": b"\xfe" * pad, "do": "members", "room": room, "id": mark}
    ), size)  # fmt: skip


def fragments(payload: bytes, size: int, opcode: int = TEXT) -> list[bytes]:
    """Cut a message in frames of this many bytes."""
    pieces = [payload[start : start + size] for start in range(0, len(payload), size)]
    last = len(pieces) - 1
    return [
        frame((0 if n else opcode) | (FIN if n == last else 0), piece)
        for n, piece in enumerate(pieces)
    ]


async def failures(port: int, cases: Sequence[Case], chop_bytes: int | None) -> list[str]:
    """Play cases, each on a connection of its own; tell which went otherwise, and how."""
    found = []
    for case in cases:
        try:
            with trio.fail_after(PATIENCE_S):
                await _play(port, case, chop_bytes)
        except (AssertionError, trio.TooSlowError) as error:
            found.append(f"{case.id}: {error!r}")
    return found


async def connect(port: int, subprotocol: str = "json", extensions: str = "") -> Peer:
    peer = Peer(await trio.open_tcp_stream("127.0.0.1", port))
    request = HANDSHAKE.format(subprotocol)
    if extensions:
        request = request[:-2] + f"Sec-WebSocket-Extensions: {extensions}\r\n\r\n"
    await peer.stream.send_all(request.encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += await peer.stream.receive_some(1)
    assert answer.startswith(b"HTTP/1.1 101"), answer
    assert b"extensions" not in answer.lower()
    return peer


async def _play(port: int, case: Case, chop_bytes: int | None) -> None:
    peer = await connect(port, case.subprotocol)
    steps = list(case.steps)
    if not isinstance(steps[-1], Closed):
        steps += [frame(FIN | CLOSE, b"\x03\xe8"), Closed(1000)]
    async with peer.stream:
        for step in steps:
            if isinstance(step, bytes):
                await _send(peer, step, chop_bytes)
            else:
                came = _seen(await peer.event())
                assert came == step, f"{came} instead of {step}"
        assert await peer.event() is None, "the server ends the connection, and sends no more"


async def _send(peer: Peer, data: bytes, chop_bytes: int | None) -> None:
    size = chop_bytes or len(data)
    try:
        for start in range(0, len(data), size):
            await peer.stream.send_all(data[start : start + size])
    except trio.BrokenResourceError:
        pass  # it has been closed on meanwhile, which is what the next step asks for


def _seen(event: Event | None) -> Step | None:
    match event:
        case TextMessage(data=data):
            (item,) = json.loads(data)
            return Replied(item["re"])
        case BytesMessage(data=data):
            (item,) = msgpack.unpackb(data)
            return Replied(item["re"])
        case Pong(payload=payload):
            return Ponged(bytes(payload))
        case CloseConnection(code=code):
            return Closed(code)
    return None


def _padded(make, size: int | None) -> bytes:
    data = make(0)
    if size is not None:
        data = make(size - len(data))
        data = make(size - len(make(0)) - (len(data) - size))
        assert len(data) == size
    return data
