"""The two subprotocols: the same messages as JSON in text frames, as MessagePack in binary ones."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import msgpack
from wsproto.frame_protocol import Opcode

from actors.room import Event, Message, Push
from actors.stream import HealthNews, StreamNews
from server.gateway import wire
from server.gateway.frames import frame

MAX_MAP_KEYS = 32
MAX_LIST_ITEMS = 32
"""No command has that many of either."""
MAX_KEPT_THINGS = 4_096
"""Of each subprotocol: all that the recovery of four busy rooms needs. Some 400 bytes each, and
9 KiB at the most."""


class Malformed(Exception):
    """The bytes are not of the encoding, or hold more than any command does."""


@dataclass(frozen=True, eq=False, slots=True)
class Encoding:
    """A subprotocol. ``opcode`` is that of its frames, in both directions.

    An encoding, called with pushes, makes their frame: this is what a ``Batch`` encodes with.
    ``listed`` makes a list of values that are encoded already; ``extended`` makes an object of
    fields, and of more that are encoded already.
    """

    subprotocol: str
    opcode: Opcode
    dumps: Callable[[Any], bytes]
    loads: Callable[[bytes], Any]
    listed: Callable[[Sequence[bytes]], bytes]
    extended: Callable[[wire.Item, Mapping[str, bytes]], bytes]
    _kept: dict[int, tuple[Message | Event, bytes]] = field(default_factory=dict, repr=False)

    def __call__(self, pushes: Sequence[Push | StreamNews | HealthNews]) -> bytes:
        """Make one frame of pushes."""
        return self.frame([wire.push(event) for event in pushes])

    def frame(self, items: list[wire.Item]) -> bytes:
        """Make one frame of items."""
        return frame(self.opcode, self.dumps(items))

    def reply(self, item: wire.Item) -> bytes:
        """Make the frame of one reply, whose result may have ``wire.Told`` among its fields."""
        result = item.get("ok", {})
        told = {name: value for name, value in result.items() if isinstance(value, wire.Told)}
        if not told:
            return self.frame([item])
        plain = {name: value for name, value in result.items() if name not in told}
        lists = {name: self._told(value) for name, value in told.items()}
        ok = self.extended(plain, lists)
        return frame(self.opcode, self.listed([self.extended({"re": item["re"]}, {"ok": ok})]))

    def _told(self, told: wire.Told) -> bytes:
        return self.listed([self._thing(thing) for thing in told.things])

    def _thing(self, thing: Message | Event) -> bytes:
        # While a thing is kept, nothing else can have its id.
        kept = self._kept.get(id(thing))
        if kept is None:
            if len(self._kept) >= MAX_KEPT_THINGS:
                self._kept.clear()
            kept = self._kept[id(thing)] = (thing, self.dumps(wire.told(thing)))
        return kept[1]


def _json_dumps(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _json_loads(data: bytes) -> Any:
    try:
        return json.loads(data, parse_constant=_refuse_constant)
    except RecursionError:
        raise Malformed("nested too deeply") from None
    except ValueError as error:
        raise Malformed(f"not JSON: {error}") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _json_listed(values: Sequence[bytes]) -> bytes:
    return b"[%b]" % b",".join(values)


def _json_extended(item: wire.Item, more: Mapping[str, bytes]) -> bytes:
    fields = [_json_dumps(item)[1:-1]] if item else []
    fields += [b"%b:%b" % (_json_dumps(name), value) for name, value in more.items()]
    return b"{%b}" % b",".join(fields)


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


def _msgpack_listed(values: Sequence[bytes]) -> bytes:
    header: bytes = msgpack.Packer().pack_array_header(len(values))
    return b"".join((header, *values))


def _msgpack_extended(item: wire.Item, more: Mapping[str, bytes]) -> bytes:
    parts: list[bytes] = [msgpack.Packer().pack_map_header(len(item) + len(more))]
    for name, value in item.items():
        parts += (msgpack.packb(name), msgpack.packb(value))
    for name, encoded in more.items():
        parts += (msgpack.packb(name), encoded)
    return b"".join(parts)


JSON = Encoding(
    "bandstand.json", Opcode.TEXT, _json_dumps, _json_loads, _json_listed, _json_extended
)
MSGPACK = Encoding(
    "bandstand.msgpack",
    Opcode.BINARY,
    msgpack.packb,
    _msgpack_loads,
    _msgpack_listed,
    _msgpack_extended,
)
ENCODINGS = {encoding.subprotocol: encoding for encoding in (JSON, MSGPACK)}
