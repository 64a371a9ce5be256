"""Lists a page at a time, the newest first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from storage.api import Cursor, Row, Scalar, Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list; ``after`` is where the next one begins, None at the end."""

    items: list[T]
    after: Cursor | None


async def newest(
    store: Store,
    collection: str,
    equals: Mapping[str, Scalar],
    read: Callable[[Row], T],
    *,
    after: Cursor | None,
    limit: int,
    sort: str = "created_at",
) -> Page[T]:
    """Return at most ``limit`` documents from ``after`` on, by the time in ``sort``."""
    rows = await store.find(
        collection, equals, sort=sort, descending=True, after=after, limit=limit + 1
    )
    kept = rows[:limit]
    last = (kept[-1].doc[sort], kept[-1].id) if len(rows) > limit else None
    return Page([read(row) for row in kept], last)
