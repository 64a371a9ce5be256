"""The cases of Autobahn's test suite by their numbers, as far as our limits let them.

Framing (1), pings (2), reserved bits (3), opcodes (4), fragments (5), closing (7), limits (9),
fragments made by a library (10), compression (12, 13). UTF-8 (6) has a file of its own. See
``support.websocket_cases`` for what stands in place of Autobahn's echo.
"""

import struct

import pytest
import trio_websocket
from support.autobahn_echo import serve
from support.websocket_cases import (
    BINARY,
    CLOSE,
    CONTINUED,
    FIN,
    PING,
    PONG,
    TEXT,
    Case,
    Closed,
    Ponged,
    Replied,
    command,
    connect,
    failures,
    fragments,
    frame,
    packed_command,
)

from server.gateway.connection import BURST_COMMANDS
from server.gateway.inbound import MAX_FRAGMENTS, MAX_FRAME_BYTES

ROOM = "str_01JD0000000000000000000000"
HELLO = command(ROOM)
WHOLE = frame(FIN | TEXT, HELLO)
FIRST, SECOND = fragments(HELLO, 40)[:1], fragments(HELLO, 40)[1:]
PINGED = frame(FIN | PING, b"ping")
GOT = Replied("x")
BROKEN = Closed(1002)
TOO_BIG = Closed(1009)
BYES = frame(FIN | CLOSE, struct.pack("!H", 1000))
BYE = Closed(1000)


def closing(code, reason=b""):
    return frame(FIN | CLOSE, struct.pack("!H", code) + reason)


def sized(number, size):
    arrives = size <= MAX_FRAME_BYTES
    return [
        Case(f"1.1.{number}", [frame(FIN | TEXT, command(ROOM, size=size)),
                               GOT if arrives else TOO_BIG]),
        Case(f"1.2.{number}", [frame(FIN | BINARY, packed_command(ROOM, size=size)),
                               GOT if arrives else TOO_BIG], "msgpack"),
    ]  # fmt: skip


FRAMING = [
    Case("1.1.1", [frame(FIN | TEXT), Replied(None)]),
    Case("1.2.1", [frame(FIN | BINARY), Replied(None)], "msgpack"),
    *(case
      for number, size in enumerate((125, 126, 127, 128, MAX_FRAME_BYTES, MAX_FRAME_BYTES + 1,
                                     65535, 65536), 2)
      for case in sized(number, size)),
]  # fmt: skip

PINGS = [
    Case("2.1", [frame(FIN | PING), Ponged(b"")]),
    Case("2.2", [PINGED, Ponged(b"ping")]),
    Case("2.3", [frame(FIN | PING, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"),
                 Ponged(b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff")]),
    Case("2.4", [frame(FIN | PING, b"\xfe" * 125), Ponged(b"\xfe" * 125)]),
    Case("2.5", [frame(FIN | PING, b"\xfe" * 126), BROKEN]),
    Case("2.7", [frame(FIN | PONG)]),
    Case("2.8", [frame(FIN | PONG, b"unasked")]),
    Case("2.9", [frame(FIN | PONG, b"unasked"), PINGED, Ponged(b"ping")]),
    Case("2.10", [b"".join(frame(FIN | PING, b"%d" % n) for n in range(10)),
                  *(Ponged(b"%d" % n) for n in range(10))]),
]  # fmt: skip

RESERVED = [
    Case(f"3.{bits}", [WHOLE, GOT, PINGED, Ponged(b"ping"),
                       frame(FIN | bits << 4 | opcode, payload), BROKEN])
    for bits, opcode, payload in (
        (1, TEXT, HELLO), (2, TEXT, HELLO), (3, TEXT, HELLO), (4, TEXT, HELLO),
        (5, BINARY, b"\x00\xff"), (6, PING, b""), (7, CLOSE, b""),
    )
]  # fmt: skip

OPCODES = [
    Case(f"4.{opcode}.{len(payload)}", [WHOLE, GOT, frame(FIN | opcode, payload), BROKEN])
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
    for payload in (b"", b"reserved")
]

FIVE = fragments(HELLO, -(-len(HELLO) // 5))
LOOSE_END = frame(FIN | CONTINUED, b"loose")
LOOSE = frame(CONTINUED, b"loose")
FRAGMENTED = [
    Case("5.1", [frame(PING, b"a") + frame(FIN | CONTINUED, b"b"), BROKEN]),
    Case("5.2", [frame(PONG, b"a") + frame(FIN | CONTINUED, b"b"), BROKEN]),
    Case("5.3", [b"".join(FIRST + SECOND), GOT]),
    Case("5.4", [*FIRST, *SECOND, GOT]),
    Case("5.6", [*FIRST, PINGED, *SECOND, Ponged(b"ping"), GOT]),
    Case("5.7", [*FIRST, PINGED, Ponged(b"ping"), *SECOND, GOT]),
    Case("5.9", [LOOSE_END + WHOLE, BROKEN]),
    Case("5.10", [LOOSE_END, BROKEN]),
    Case("5.11", [WHOLE, GOT, LOOSE_END, BROKEN]),
    Case("5.12", [LOOSE + WHOLE, BROKEN]),
    Case("5.13", [LOOSE, BROKEN]),
    Case("5.14", [WHOLE, GOT, LOOSE, BROKEN]),
    Case("5.15", [*FIRST, *SECOND, GOT, LOOSE + WHOLE, BROKEN]),
    Case("5.16", [LOOSE, BROKEN]),
    Case("5.17", [LOOSE_END, BROKEN]),
    Case("5.18", [*FIRST, WHOLE, BROKEN]),
    Case("5.19", [FIVE[0], FIVE[1], PINGED, FIVE[2], FIVE[3], PINGED, FIVE[4],
                  Ponged(b"ping"), Ponged(b"ping"), GOT]),
    Case("5.20", [FIVE[0], FIVE[1], PINGED, Ponged(b"ping"), FIVE[2], FIVE[3],
                  PINGED, Ponged(b"ping"), FIVE[4], GOT]),
]  # fmt: skip

CLOSING = [
    Case("7.1.1", [WHOLE, GOT, BYES, BYE]),
    Case("7.1.2", [BYES + BYES, BYE]),
    Case("7.1.3", [BYES + PINGED, BYE]),
    Case("7.1.4", [BYES + WHOLE, BYE]),
    Case("7.1.5", [*FIRST, BYES + b"".join(SECOND), BYE]),
    Case("7.1.6", [frame(FIN | TEXT, command(ROOM, size=262_144)) + BYES + PINGED, TOO_BIG]),
    Case("7.3.1", [frame(FIN | CLOSE), BYE]),
    Case("7.3.2", [frame(FIN | CLOSE, b"\x03"), BROKEN]),
    Case("7.3.3", [closing(1000), BYE]),
    Case("7.3.4", [closing(1000, b"good bye"), BYE]),
    Case("7.3.5", [closing(1000, b"*" * 123), BYE]),
    Case("7.3.6", [closing(1000, b"*" * 124), BROKEN]),
    Case("7.5.1", [closing(1000, b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80edited"), Closed(1007)]),
    *(Case(f"7.7 {code}", [closing(code), Closed(code)])
      for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013,
                   3000, 3999, 4000, 4999)),
    *(Case(f"7.9 {code}", [closing(code), BROKEN])
      for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999)),
    *(Case(f"7.13 {code}", [closing(code), BROKEN]) for code in (5000, 65535)),
]  # fmt: skip

BIGGEST = command(ROOM, size=MAX_FRAME_BYTES)
LIMITS = [
    *(Case(f"9.3 {size}", [b"".join(fragments(BIGGEST, size)), GOT])
      for size in (128, 256, 512, 1024, 4096, 8192)),
    Case("9.3 one too many", [b"".join([frame(TEXT)] + [frame(CONTINUED)] * MAX_FRAGMENTS),
                              TOO_BIG]),
    Case("9.3 too big", [b"".join(fragments(command(ROOM, size=MAX_FRAME_BYTES + 1), 1024)),
                         TOO_BIG]),
    Case("9.4", [b"".join(fragments(packed_command(ROOM, size=MAX_FRAME_BYTES), 512, BINARY)),
                 GOT], "msgpack"),
    *(Case(f"9.7 {size}", [b"".join(
          frame(FIN | TEXT, command(ROOM, f"{n:02}", size)) for n in range(BURST_COMMANDS - 5)
      ), *(Replied(f"{n:02}") for n in range(BURST_COMMANDS - 5))])
      for size in (128, 1024, MAX_FRAME_BYTES)),
    Case("10.1.1", [*fragments(BIGGEST, 1300), GOT]),
]  # fmt: skip


@pytest.mark.parametrize("chop_bytes", [None, 1, 997])
@pytest.mark.parametrize(
    "cases",
    [
        pytest.param(FRAMING, id="1 framing"),
        pytest.param(PINGS, id="2 pings"),
        pytest.param(RESERVED, id="3 reserved bits"),
        pytest.param(OPCODES, id="4 opcodes"),
        pytest.param(FRAGMENTED, id="5 fragments"),
        pytest.param(CLOSING, id="7 closing"),
        pytest.param(LIMITS, id="9 and 10 limits"),
    ],
)
async def test_section(venue, cases, chop_bytes):
    if chop_bytes == 1:  # byte by byte only what is short: a system call for each
        cases = [case for case in cases if case.sent_bytes < 2_000]
    assert await failures(venue.port, cases, chop_bytes) == []


@pytest.mark.parametrize(
    "offer",
    [
        "permessage-deflate",
        "permessage-deflate; client_no_context_takeover; client_max_window_bits",
        "permessage-deflate; server_max_window_bits=9, permessage-deflate",
        "permessage-bzip2",
    ],
)
async def test_12_and_13_compression_is_never_negotiated(venue, offer):
    peer = await connect(venue.port, extensions=offer)
    async with peer.stream:
        await peer.stream.send_all(WHOLE)
        assert (await peer.items())[0]["re"] == "x"
        await peer.stream.send_all(frame(FIN | 0x40 | TEXT, b"\xaa\x02\x00"))
        assert (await peer.event()).code == 1002


async def test_the_echo_for_the_suite_itself(nursery):
    listeners = await nursery.start(serve, 0)
    port = listeners[0].socket.getsockname()[1]
    async with trio_websocket.open_websocket_url(f"ws://127.0.0.1:{port}") as client:
        for message in ("", "Grüße", b"", b"\x00\xff" * 1_000):
            await client.send_message(message)
            assert await client.get_message() == message
    nursery.cancel_scope.cancel()
