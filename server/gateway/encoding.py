"""The two subprotocols: the same messages as JSON in text frames, as MessagePack in binary ones."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import msgpack
from wsproto.frame_protocol import Opcode

from actors.room import Push
from actors.stream import StreamNews
from server.gateway import wire
from server.gateway.frames import frame

MAX_MAP_KEYS = 32
MAX_LIST_ITEMS = 32
"""No command has that many of either."""


class Malformed(Exception):
    """The bytes are not of the encoding, or hold more than any command does."""


@dataclass(frozen=True, eq=False, slots=True)
class Encoding:
    """A subprotocol. ``opcode`` is that of its frames, in both directions.

    An encoding, called with pushes, makes their frame: this is what a ``Batch`` encodes with.
    """

    subprotocol: str
    opcode: Opcode
    dumps: Callable[[list[wire.Item]], bytes]
    loads: Callable[[bytes], Any]

    def __call__(self, pushes: Sequence[Push | StreamNews]) -> bytes:
        """Make one frame of pushes."""
        return self.frame([wire.push(event) for event in pushes])

    def frame(self, items: list[wire.Item]) -> bytes:
        """Make one frame of items."""
        return frame(self.opcode, self.dumps(items))


def _json_dumps(items: list[wire.Item]) -> bytes:
    return json.dumps(items, ensure_ascii=False, separators=(",", ":")).encode()


def _json_loads(data: bytes) -> Any:
    try:
        return json.loads(data, parse_constant=_refuse_constant)
    except RecursionError:
        raise Malformed("nested too deeply") from None
    except ValueError as error:
        raise Malformed(f"not JSON: {error}") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _msgpack_loads(data: bytes) -> Any:
    try:
        return msgpack.unpackb(
            data,
            max_map_len=MAX_MAP_KEYS,
            max_array_len=MAX_LIST_ITEMS,
            max_ext_len=0,
        )
    except ValueError as error:
        raise Malformed(f"not MessagePack: {error}") from None


JSON = Encoding("bandstand.json", Opcode.TEXT, _json_dumps, _json_loads)
MSGPACK = Encoding("bandstand.msgpack", Opcode.BINARY, msgpack.packb, _msgpack_loads)
ENCODINGS = {encoding.subprotocol: encoding for encoding in (JSON, MSGPACK)}
