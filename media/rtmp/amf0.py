"""AMF0 values (Adobe, Action Message Format AMF0): the body of commands and metadata.

Numbers are floats, objects and ECMA arrays are dicts, strict arrays are lists, a date is its
milliseconds since 1970; undefined, unsupported and references are None.
"""

import struct
from collections.abc import Mapping
from enum import IntEnum

MAX_DEPTH_LEVELS = 16
MAX_VALUES = 2048  # in one message; a browser-made connect has about 15, metadata about 25

_MAX_SHORT_STRING_BYTES = 0xFFFF


class AmfError(ValueError):
    """Bytes that are no AMF0, or more of it than anyone sends."""


class Marker(IntEnum):
    """The byte before each value."""

    NUMBER = 0
    BOOLEAN = 1
    STRING = 2
    OBJECT = 3
    NULL = 5
    UNDEFINED = 6
    REFERENCE = 7
    ECMA_ARRAY = 8
    OBJECT_END = 9
    STRICT_ARRAY = 10
    DATE = 11
    LONG_STRING = 12
    UNSUPPORTED = 13
    XML = 15
    TYPED_OBJECT = 16


def decode_values(data: bytes | bytearray | memoryview) -> list[object]:
    """All values of a message body; raises AmfError, and nothing else, on bad ones."""
    return _Decoder(bytes(data)).all_values()


def encode_values(*values: object) -> bytes:
    """The values one after another; dicts become objects, lists strict arrays, ints numbers."""
    return b"".join(_encode(value) for value in values)


def _encode(value: object) -> bytes:
    match value:
        case None:
            return bytes((Marker.NULL,))
        case bool():
            return bytes((Marker.BOOLEAN, value))
        case int() | float():
            return struct.pack(">Bd", Marker.NUMBER, value)
        case str():
            text = value.encode()
            if len(text) > _MAX_SHORT_STRING_BYTES:
                return struct.pack(">BI", Marker.LONG_STRING, len(text)) + text
            return bytes((Marker.STRING,)) + _encode_name(value)
        case Mapping():
            pairs = b"".join(_encode_name(str(name)) + _encode(v) for name, v in value.items())
            return bytes((Marker.OBJECT,)) + pairs + bytes((0, 0, Marker.OBJECT_END))
        case list() | tuple():
            items = b"".join(_encode(item) for item in value)
            return struct.pack(">BI", Marker.STRICT_ARRAY, len(value)) + items
        case _:
            raise TypeError(f"AMF0 has no {type(value).__name__}")


def _encode_name(name: str) -> bytes:
    text = name.encode()
    return struct.pack(">H", len(text)) + text


class _Decoder:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._count = 0

    def all_values(self) -> list[object]:
        found = []
        while self._at < len(self._data):
            found.append(self._value(0))
        return found

    def _value(self, depth: int) -> object:
        self._count += 1
        if self._count > MAX_VALUES:
            raise AmfError(f"there are more than {MAX_VALUES} values")
        if depth > MAX_DEPTH_LEVELS:
            raise AmfError(f"values are nested more than {MAX_DEPTH_LEVELS} deep")
        match marker := self._unsigned(1):
            case Marker.NUMBER:
                return self._number()
            case Marker.BOOLEAN:
                return self._unsigned(1) != 0
            case Marker.STRING:
                return self._text(2)
            case Marker.LONG_STRING | Marker.XML:
                return self._text(4)
            case Marker.NULL | Marker.UNDEFINED | Marker.UNSUPPORTED:
                return None
            case Marker.REFERENCE:
                self._take(2)
                return None
            case Marker.DATE:
                milliseconds = self._number()
                self._take(2)  # a time zone, reserved
                return milliseconds
            case Marker.STRICT_ARRAY:
                return [self._value(depth + 1) for _ in range(self._unsigned(4))]
            case Marker.OBJECT:
                return self._members(depth)
            case Marker.ECMA_ARRAY:
                self._take(4)  # a count that encoders get wrong: the end marker decides
                return self._members(depth)
            case Marker.TYPED_OBJECT:
                self._text(2)  # the class name
                return self._members(depth)
            case _:
                raise AmfError(f"there is no AMF0 marker {marker}")

    def _members(self, depth: int) -> dict[str, object]:
        members: dict[str, object] = {}
        while True:
            name = self._text(2)
            if not name and self._data[self._at : self._at + 1] == bytes((Marker.OBJECT_END,)):
                self._at += 1
                return members
            members[name] = self._value(depth + 1)

    def _number(self) -> float:
        number: float = struct.unpack(">d", self._take(8))[0]
        return number

    def _text(self, length_bytes: int) -> str:
        return self._take(self._unsigned(length_bytes)).decode("utf-8", "replace")

    def _unsigned(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big")

    def _take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        if len(taken) < size:
            raise AmfError(f"{size} bytes are needed at {self._at} and {len(taken)} are left")
        self._at += size
        return taken
