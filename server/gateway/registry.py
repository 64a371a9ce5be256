"""Whose connections there are, within bounds."""

from collections.abc import Container, Iterable, Iterator
from typing import Any, Protocol

import trio

from actors.ports import Batch, CloseReason
from server.gateway.closing import REPLACED, SIGNED_OUT

MAX_CONNECTIONS = 20_000
MAX_CONNECTIONS_PER_USER = 10
"""A few windows on a few devices; one more and the oldest is closed."""


class Registered(Protocol):
    """A connection that can be told something, or to close."""

    def offer(self, batch: Batch) -> CloseReason | None:
        """Take a batch without waiting."""
        ...

    def close(self, reason: CloseReason) -> CloseReason:
        """Begin to close."""
        ...


class Registry:
    """All connections, and those of each user from the oldest on: ``actors.ports.Connections``."""

    def __init__(self) -> None:
        self._all: set[Registered] = set()
        self._by_user: dict[str, dict[Registered, None]] = {}
        self._emptied = trio.Event()

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Registered]:
        return iter(tuple(self._all))

    def add(self, connection: Registered) -> None:
        """Count a connection, as a guest's."""
        self._all.add(connection)

    def claim(self, connection: Registered, user_id: str) -> None:
        """Count a connection as a user's, and close the user's oldest where it is one too many."""
        mine = self._by_user.setdefault(user_id, {})
        mine[connection] = None
        if len(mine) > MAX_CONNECTIONS_PER_USER:
            oldest = next(iter(mine))
            del mine[oldest]
            oldest.close(REPLACED)

    def sign_out(self, user_id: str) -> None:
        """Close all connections of a user, who has signed out everywhere."""
        for connection in tuple(self._by_user.get(user_id, ())):
            connection.close(SIGNED_OUT)

    def discard(self, connection: Registered, user_id: str | None) -> None:
        """Forget a connection that has ended."""
        self._all.discard(connection)
        if user_id is not None and (mine := self._by_user.get(user_id)) is not None:
            mine.pop(connection, None)
            if not mine:
                del self._by_user[user_id]
        if not self._all:
            emptied, self._emptied = self._emptied, trio.Event()
            emptied.set()

    def tell(self, user_ids: Iterable[str], batch: Batch, members: Container[Any]) -> None:
        """Offer an ephemeral batch to all connections of users but those that are ``members``."""
        for user_id in user_ids:
            for connection in tuple(self._by_user.get(user_id, ())):
                if connection not in members:
                    connection.offer(batch)

    async def wait_empty(self) -> None:
        """Wait until there is no connection."""
        while self._all:
            await self._emptied.wait()
