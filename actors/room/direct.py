"""Direct rooms: of two users, for these two alone, and who of them has blocked the other."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from actors.ids import id_of
from actors.room.errors import RoomError, not_found
from storage.api import Document, Row, Store

DIRECT_PREFIX = "dmr"
ROOMS = "rooms"
BLOCKS = "blocks"
ROOM_ID_BYTES = 16
"""Of a SHA-256: no two pairs share a room, and nobody finds a pair that has a given one."""


@dataclass(frozen=True, slots=True)
class User:
    """One of the two."""

    id: str
    name: str


def direct_room_id(one: str, other: str) -> str:
    """Give the id of the room of two users, whichever of them is named first."""
    digest = hashlib.sha256("\n".join(sorted((one, other))).encode()).digest()
    return id_of(DIRECT_PREFIX, int.from_bytes(digest[:ROOM_ID_BYTES]))


def is_direct(room_id: str) -> bool:
    """Whether this is the id of a direct room."""
    return room_id.startswith(f"{DIRECT_PREFIX}_")


@dataclass(frozen=True, slots=True)
class Pair:
    """The two of a direct room, in the order of their ids, as the room's document names them."""

    first: User
    second: User

    @classmethod
    def of(cls, doc: Mapping[str, Any]) -> Self:
        """Read the two out of a room's document."""
        return cls(User(doc["first"], doc["first_name"]), User(doc["second"], doc["second_name"]))

    @property
    def ids(self) -> tuple[str, str]:
        """Give both ids."""
        return self.first.id, self.second.id

    def document(self) -> Document:
        """Give the two as the room's document names them."""
        return {
            "first": self.first.id,
            "first_name": self.first.name,
            "second": self.second.id,
            "second_name": self.second.name,
        }

    def other(self, user_id: str) -> User:
        """Give the one who is not this one."""
        return self.second if user_id == self.first.id else self.first


def pair_of(one: User, other: User) -> Pair:
    """Give two users as a pair, whichever of them is named first."""
    first, second = sorted((one, other), key=lambda each: each.id)
    return Pair(first, second)


@dataclass(frozen=True, slots=True)
class Direct:
    """The two of a direct room; ``blockers`` are the ids of those who have blocked the other."""

    pair: Pair
    blockers: frozenset[str] = frozenset()

    def check_entry(self, user_id: str | None) -> None:
        """Whether somebody may know that there is this room. RoomError not_found."""
        if user_id not in self.pair.ids:
            raise not_found()

    def check_voice(self, user_id: str) -> None:
        """Whether one of the two may say something to the other. RoomError blocked."""
        if user_id in self.blockers:
            raise RoomError("blocked", f"You have blocked {self.pair.other(user_id).name}.")
        if self.blockers:
            name = self.pair.other(user_id).name
            raise RoomError("blocked", f"{name} does not take messages from you.")


async def read_pair(store: Store, room_id: str) -> Pair | None:
    """Read whose direct room this is; None where there is no such room. StoreUnavailable."""
    row = await store.get(ROOMS, room_id) if is_direct(room_id) else None
    return None if row is None else Pair.of(row.doc)


async def read_direct(store: Store, room_id: str) -> Direct | None:
    """Read a direct room's two and their blocks; None of another room. StoreUnavailable."""
    pair = await read_pair(store, room_id)
    return None if pair is None else await with_blocks(store, pair)


async def with_blocks(store: Store, pair: Pair) -> Direct:
    """Read who of two has blocked the other. StoreUnavailable."""
    one, other = pair.ids
    blocks = {
        one: await read_block(store, one, other),
        other: await read_block(store, other, one),
    }
    return Direct(pair, frozenset(id_ for id_, block in blocks.items() if block is not None))


async def read_block(store: Store, by: str, user_id: str) -> Row | None:
    """Read the block that a user has put on another one. StoreUnavailable."""
    return await store.get(BLOCKS, block_id(by, user_id))


def block_id(by: str, user_id: str) -> str:
    """Give the id of the document of a block."""
    return f"{by}:{user_id}"
