"""Who has blocked whom: one document for each block, and one with each user's number of them."""

from actors.ports import Clock
from actors.room.direct import BLOCKS, User, block_id, read_block
from actors.room.errors import RoomError, busy
from storage.api import Conflict, Delete, Document, OutcomeUnknown, Put, Store

COUNTS = "block_counts"
MAX_BLOCKS_PER_USER = 1_000
MAX_COMMIT_ATTEMPTS = 12
"""More than the connections of a user, each of which does one command at a time."""


class Blocks:
    """Users' blocks in the store. Every method raises StoreUnavailable."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def put(self, by: str, user: User) -> None:
        """Block a user; fine where it is so. RoomError too_many_blocks, busy."""
        for _ in range(MAX_COMMIT_ATTEMPTS):
            if await read_block(self._store, by, user.id) is not None:
                return
            version, count = await self._count(by)
            if count >= MAX_BLOCKS_PER_USER:
                most = f"You have blocked {MAX_BLOCKS_PER_USER} users already."
                raise RoomError("too_many_blocks", most)
            doc: Document = {
                "by": by,
                "user": user.id,
                "name": user.name,
                "at": self._clock.now_ms(),
            }
            block = Put(BLOCKS, block_id(by, user.id), doc, 0)
            if await self._commit(block, Put(COUNTS, by, {"count": count + 1}, version)):
                return
        raise busy()

    async def remove(self, by: str, user_id: str) -> None:
        """Block a user no more; fine where it is so. RoomError busy."""
        for _ in range(MAX_COMMIT_ATTEMPTS):
            row = await read_block(self._store, by, user_id)
            if row is None:
                return
            version, count = await self._count(by)
            block = Delete(BLOCKS, row.id, row.version)
            if await self._commit(block, Put(COUNTS, by, {"count": count - 1}, version)):
                return
        raise busy()

    async def of(self, by: str) -> list[User]:
        """Give those whom a user has blocked, the newest first."""
        rows = await self._store.find(
            BLOCKS, {"by": by}, sort="at", descending=True, limit=MAX_BLOCKS_PER_USER
        )
        return [User(row.doc["user"], row.doc["name"]) for row in rows]

    async def _count(self, by: str) -> tuple[int, int]:
        """Read a user's number of blocks, and the version of its document."""
        row = await self._store.get(COUNTS, by)
        return (0, 0) if row is None else (row.version, row.doc["count"])

    async def _commit(self, block: Put | Delete, count: Put) -> bool:
        """Write both; False where they are to be read again, whatever became of this."""
        try:
            await self._store.commit(block, count)
        except (Conflict, OutcomeUnknown):
            return False
        return True
