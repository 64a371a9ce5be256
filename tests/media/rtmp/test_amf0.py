import math
import struct

import pytest

from media.rtmp.amf0 import (
    MAX_DEPTH_LEVELS,
    MAX_VALUES,
    AmfError,
    decode_values,
    encode_values,
)

NUMBER = b"\x00\x3f\xf8" + bytes(6)  # 1.5

CASES = [
    (NUMBER, 1.5),
    (b"\x01\x01", True),
    (b"\x01\x00", False),
    (b"\x02\x00\x03abc", "abc"),
    (b"\x02\x00\x01\xff", "\ufffd"),
    (b"\x05", None),
    (b"\x06", None),
    (b"\x0d", None),
    (b"\x07\x00\x01", None),
    (b"\x03\x00\x01a\x01\x01\x00\x00\x09", {"a": True}),
    (b"\x03\x00\x00\x09", {}),
    (b"\x03\x00\x00\x05\x00\x00\x09", {"": None}),
    (b"\x08\x00\x00\x00\x01\x00\x01a" + NUMBER + b"\x00\x00\x09", {"a": 1.5}),
    (b"\x08\xff\xff\xff\xff\x00\x01a\x05\x00\x00\x09", {"a": None}),
    (b"\x0a\x00\x00\x00\x02\x05" + NUMBER, [None, 1.5]),
    (b"\x0a\x00\x00\x00\x00", []),
    (b"\x0b" + NUMBER[1:] + b"\x00\x00", 1.5),
    (b"\x0c\x00\x00\x00\x02hi", "hi"),
    (b"\x0f\x00\x00\x00\x04<a/>", "<a/>"),
    (b"\x10\x00\x03cls\x00\x01a\x05\x00\x00\x09", {"a": None}),
]


@pytest.mark.parametrize(("data", "value"), CASES)
def test_decode(data: bytes, value: object) -> None:
    assert decode_values(data) == [value]
    assert decode_values(bytearray(data) + b"\x02\x00\x01x") == [value, "x"]


@pytest.mark.parametrize(("data", "value"), CASES)
def test_cut_short(data: bytes, value: object) -> None:
    for end in range(1, len(data)):
        with pytest.raises(AmfError):
            decode_values(data[:end])


@pytest.mark.parametrize("marker", [4, 9, 14, 17, 18, 255])
def test_unknown_markers_are_refused(marker: int) -> None:
    with pytest.raises(AmfError, match=str(marker)):
        decode_values(bytes((marker, 0, 0, 0, 0)))


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (None, b"\x05"),
        (True, b"\x01\x01"),
        (1.5, NUMBER),
        (0, bytes(9)),
        ("abc", b"\x02\x00\x03abc"),
        ({"a": True}, b"\x03\x00\x01a\x01\x01\x00\x00\x09"),
        ([None], b"\x0a\x00\x00\x00\x01\x05"),
    ],
)
def test_encode(value: object, data: bytes) -> None:
    assert encode_values(value) == data


@pytest.mark.parametrize(
    "value", ["é" * 40_000, {"a": [1.0, {"b": None}], "c": "d"}, -0.25, math.inf]
)
def test_round_trip(value: object) -> None:
    assert decode_values(encode_values(value, "end")) == [value, "end"]


def test_encode_refuses_what_amf_lacks() -> None:
    with pytest.raises(TypeError):
        encode_values(object())


def test_depth_is_bounded() -> None:
    assert decode_values(b"\x0a\x00\x00\x00\x01" * MAX_DEPTH_LEVELS + b"\x05")
    with pytest.raises(AmfError, match="nested"):
        decode_values(b"\x0a\x00\x00\x00\x01" * (MAX_DEPTH_LEVELS + 1) + b"\x05")


def test_count_is_bounded() -> None:
    assert len(decode_values(b"\x05" * MAX_VALUES)) == MAX_VALUES
    with pytest.raises(AmfError, match=str(MAX_VALUES)):
        decode_values(b"\x05" * (MAX_VALUES + 1))
    with pytest.raises(AmfError):
        decode_values(b"\x0a" + struct.pack(">I", 0xFFFFFFFF) + b"\x05" * 60_000)
