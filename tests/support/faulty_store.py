"""A store of which the next commit fails, in one of the ways in which a store can."""

from collections.abc import Mapping

from storage.api import (
    DEFAULT_FIND_ROWS,
    Cursor,
    Delete,
    OutcomeUnknown,
    Put,
    Row,
    Scalar,
    Store,
    StoreUnavailable,
)
from support.orders import OrderStage

MAX_COMMITS_PER_STEP = 500


class FaultyStore:
    """``fault`` is taken by the next commit: "unavailable" (nothing is written), "lost" (nothing
    is written, and nobody knows) or "landed" (it is written, and nobody knows).

    Who commits more than MAX_COMMITS_PER_STEP times after ``commits`` was set to 0 goes in circles.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.fault = ""
        self.commits = 0

    async def get(self, collection: str, id: str) -> Row | None:  # noqa: A002 - the port's name
        return await self._store.get(collection, id)

    async def find(
        self,
        collection: str,
        equals: Mapping[str, Scalar],
        *,
        sort: str,
        descending: bool = False,
        after: Cursor | None = None,
        limit: int = DEFAULT_FIND_ROWS,
    ) -> list[Row]:
        return await self._store.find(
            collection, equals, sort=sort, descending=descending, after=after, limit=limit
        )

    async def commit(self, *ops: Put | Delete) -> None:
        self.commits += 1
        assert self.commits < MAX_COMMITS_PER_STEP, "this does not come to an end"
        fault, self.fault = self.fault, ""
        if fault == "unavailable":
            raise StoreUnavailable("planted")
        if fault != "lost":
            await self._store.commit(*ops)
        if fault:
            raise OutcomeUnknown("planted")


async def on_faulty_store(shop: OrderStage) -> FaultyStore:
    """Begin another process on a store that fails when it is told to."""
    await shop.kill()
    store = FaultyStore(shop.store)
    shop.store = store
    await shop.start()
    return store
