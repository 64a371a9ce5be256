"""Section 6 of Autobahn's test suite: UTF-8, after Markus Kuhn's stress test for decoders.

The text stands in a command's id, which the reply has to carry unchanged. Where it is no UTF-8 the
connection is failed with 1007, and that at the first byte that is wrong (6.4), not at the end.
"""

import json

import pytest
from support.websocket_cases import (
    CONTINUED,
    FIN,
    TEXT,
    Case,
    Closed,
    Replied,
    failures,
    frame,
)

ROOM = "str_01JD0000000000000000000000"
BEFORE, AFTER = b'{"do":"members","room":"%b","id":"' % ROOM.encode(), b'"}'
GREEK = "κόσμε"
NOT_UTF8 = Closed(1007)

VALID = {
    "6.1.1": "",
    "6.2.1": "Hello-µ@ßöäüàá-UTF-8!!",
    "6.5.1": GREEK,
    "6.7.1": "\x7f",
    "6.7.2": "\u0080",
    "6.7.3": "\u0800",
    "6.7.4": "\U00010000",
    "6.9.1": "\x7f",
    "6.9.2": "\u07ff",
    "6.9.3": "\uffff",
    "6.9.4": "\U0010ffff",
    "6.11.1": "\ud7ff",
    "6.11.2": "\ue000",
    "6.11.3": "\ufffd",
    "6.11.4": "\U0010ffff",
    **{
        f"6.22 U+{plane << 16 | last:X}": chr(plane << 16 | last)
        for plane in range(17)
        for last in (0xFFFE, 0xFFFF)
    },
    "6.22 U+FDD0": "\ufdd0",
    "6.23.1": "\ufffd",
}

INVALID = {
    "6.3.1": GREEK.encode() + b"\xed\xa0\x80edited",
    "6.8.1 five bytes": b"\xf8\x88\x80\x80\x80",
    "6.8.2 six bytes": b"\xfc\x84\x80\x80\x80\x80",
    "6.10.1": b"\xf7\xbf\xbf\xbf",
    "6.10.2": b"\xfb\xbf\xbf\xbf\xbf",
    "6.10.3": b"\xfd\xbf\xbf\xbf\xbf\xbf",
    "6.11.5 past the last": b"\xf4\x90\x80\x80",
    "6.12 first continuation": b"\x80",
    "6.12 last continuation": b"\xbf",
    "6.12 several": b"\x80\xbf\x80\xbf\x80\xbf",
    "6.12 all": bytes(range(0x80, 0xC0)),
    "6.13 lone starts of two": b" ".join(bytes([n]) for n in range(0xC0, 0xE0)),
    "6.13 lone starts of three": b" ".join(bytes([n]) for n in range(0xE0, 0xF0)),
    "6.13 lone starts of four": b" ".join(bytes([n]) for n in range(0xF0, 0xF8)),
    "6.13 lone starts of five": b" ".join(bytes([n]) for n in range(0xF8, 0xFC)),
    "6.13 lone starts of six": b"\xfc \xfd ",
    "6.14 last byte missing, two": b"\xc0",
    "6.14 last byte missing, three": b"\xe0\x80",
    "6.14 last byte missing, four": b"\xf0\x80\x80",
    "6.14 last byte missing, of U+07FF": b"\xdf",
    "6.14 last byte missing, of U+FFFF": b"\xef\xbf",
    "6.14 last byte missing, of U+1FFFFF": b"\xf7\xbf\xbf",
    "6.15 concatenated": b"\xc0\xe0\x80\xf0\x80\x80\xdf\xef\xbf\xf7\xbf\xbf",
    "6.16 impossible": b"\xfe",
    "6.16 impossible too": b"\xff",
    "6.16 both": b"\xfe\xfe\xff\xff",
    **{
        f"6.17 to 6.19 overlong {data.hex()}": data
        for data in (
            b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf",
            b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf",
            b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf8\x80\x80\x80\x80",
        )
    },
    **{
        f"6.20 surrogate {number:X}": chr(number).encode("utf-8", "surrogatepass")
        for number in (0xD800, 0xDB7F, 0xDB80, 0xDBFF, 0xDC00, 0xDF80, 0xDFFF)
    },
    **{
        f"6.21 pair {high:X} {low:X}": (chr(high) + chr(low)).encode("utf-8", "surrogatepass")
        for high in (0xD800, 0xDB7F, 0xDB80, 0xDBFF)
        for low in (0xDC00, 0xDFFF)
    },
}  # fmt: skip


def whole(text):
    return [frame(FIN | TEXT, BEFORE + text + AFTER)]


def cut_after(text, count):
    return [frame(TEXT, BEFORE + text[:count]), frame(FIN | CONTINUED, text[count:] + AFTER)]


def truncated(text):
    """6.6: every beginning of a text; it is wrong where it ends within a character."""
    for count in range(1, len(text)):
        data = text[:count]
        try:
            expected = Replied(data.decode())
        except UnicodeDecodeError:
            expected = NOT_UTF8
        yield Case(f"6.6.{count}", [*whole(data), expected])


def valid_cases():
    for name, text in VALID.items():
        yield Case(name, [*whole(text.encode()), Replied(text)])
    control = json.dumps("\x00").encode()[1:-1]
    yield Case("6.7.1 escaped", [*whole(control), Replied("\x00")])
    yield Case("6.7.1 bare, which JSON forbids", [*whole(b"\x00"), Replied(None)])


def invalid_cases():
    for name, data in INVALID.items():
        yield Case(name, [*whole(data), NOT_UTF8])


def cut_cases():
    for name, text in VALID.items():
        data = text.encode()
        for count in range(1, len(data)):
            yield Case(f"{name} cut after {count}", [*cut_after(data, count), Replied(text)])
    for name, data in INVALID.items():
        for count in range(1, min(len(data), 7)):
            yield Case(f"{name} cut after {count}", [*cut_after(data, count), NOT_UTF8])


def fail_fast_cases():
    """6.4: the rest is never sent, and the close comes all the same."""
    wrong = BEFORE + GREEK.encode() + b"\xf4\x90"
    yield Case("6.4.1", [frame(TEXT, wrong), NOT_UTF8])
    yield Case("6.4.2", [frame(TEXT, wrong[:-1]), frame(CONTINUED, wrong[-1:]), NOT_UTF8])
    head = frame(FIN | TEXT, wrong + b"\x80\x80edited" + AFTER)
    unsent = len(b"\x80\x80edited" + AFTER)
    yield Case("6.4.3", [head[:-unsent], NOT_UTF8])
    yield Case("6.4.4", [head[: -unsent - 1], head[-unsent - 1 : -unsent], NOT_UTF8])


@pytest.mark.parametrize(
    ("cases", "chop_bytes"),
    [
        pytest.param(valid_cases, None, id="valid"),
        pytest.param(valid_cases, 1, id="valid, byte by byte"),
        pytest.param(invalid_cases, None, id="invalid"),
        pytest.param(invalid_cases, 1, id="invalid, byte by byte"),
        pytest.param(cut_cases, None, id="cut in two"),
        pytest.param(lambda: truncated(GREEK.encode()), None, id="truncated"),
        pytest.param(fail_fast_cases, None, id="fail fast"),
        pytest.param(fail_fast_cases, 1, id="fail fast, byte by byte"),
    ],
)
async def test_utf8(venue, cases, chop_bytes):
    assert await failures(venue.port, list(cases()), chop_bytes) == []
