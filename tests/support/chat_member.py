"""A member of a room who comes back by itself: what a good client does, and no more.

It keeps the room's epoch and the last offset; after a drop it returns when the server says, gets
what it missed, and sends again, under the same ``client_id``, what was not acknowledged.
"""

import math
import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import trio
from trio_websocket import CloseReason, ConnectionClosed, HandshakeError

from support.chat import ChatClient, Item, Record, Refused, connected
from support.chat_picture import Picture

FINAL_CODES = {1003, 1008, 1009, 4001, 4003, 4009}
"""After these, coming back by itself would be wrong."""
FIRST_PAUSE_S = 0.1
MAX_PAUSE_S = 5.0
RETRY = re.compile(r"retry in (\d+) s")


@dataclass(eq=False)
class Member:
    """One who stays in a room whatever becomes of the connection."""

    http: str
    room: str
    token: str | None = None
    packed: bool = False
    record: Record | None = None
    picture: Picture = field(default_factory=Picture)
    closes: list[int] = field(default_factory=list)
    client: ChatClient | None = None
    _changed: trio.Event = field(default_factory=trio.Event)

    async def say(self, content: str, **fields: object) -> Item:
        """Send a message until it is acknowledged; give the reply's ``ok``. Refused."""
        client_id = uuid4().hex
        while True:
            client = await self._in_the_room()
            try:
                ok: Item = await client.do(
                    "send", room=self.room, content=content, client_id=client_id, **fields
                )
            except ConnectionClosed:
                await self._lost(client)
            except Refused as refused:
                if refused.retry_after_s is None:
                    raise
                await trio.sleep(refused.retry_after_s)  # as long as the server asks to wait
            else:
                return ok

    async def seen(self, offset: int) -> None:
        """Wait until all up to an offset has come."""
        await self.until(lambda: self.picture.offset >= offset)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds, looking after each change."""
        while not holds():
            await self._changed.wait()

    async def drop(self) -> None:
        """Lose the connection, as on a train."""
        await (await self._in_the_room()).drop()

    async def stay(self) -> CloseReason:
        """Be in the room until a close that is for good; give that."""
        pause_s = FIRST_PAUSE_S
        while True:
            before = self.picture.offset
            reason = await self._attend()
            self.client = None
            self._tell()
            self.closes.append(reason.code)
            if reason.code in FINAL_CODES:
                return reason
            pause_s = (
                FIRST_PAUSE_S if self.picture.offset > before else min(MAX_PAUSE_S, 2 * pause_s)
            )
            await trio.sleep(_wait_s(reason, pause_s))

    async def _attend(self) -> CloseReason:
        """Connect, join, and take what comes; give how it ended."""
        client: ChatClient | None = None
        try:
            async with connected(
                self.http, self.token, packed=self.packed, record=self.record
            ) as client:
                seen = {} if self.picture.epoch is None else self._seen()
                self.picture.enter(await client.do("join", room=self.room, **seen))
                self.client = client
                self._tell()
                while True:
                    self.picture.apply(await client.next_push(timeout_s=math.inf))
                    self._tell()
        except* (ConnectionClosed, OSError, HandshakeError):
            pass  # why, the client knows, if there ever was one
        ended = None if client is None else client.closed
        return ended or CloseReason(1006, "not there")

    def _seen(self) -> dict[str, object]:
        return {"after": self.picture.offset, "epoch": self.picture.epoch}

    async def _in_the_room(self) -> ChatClient:
        while self.client is None:
            await self._changed.wait()
        return self.client

    async def _lost(self, client: ChatClient) -> None:
        while self.client is client:
            await self._changed.wait()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = trio.Event()


@asynccontextmanager
async def member(
    http: str,
    room: str,
    token: str | None = None,
    *,
    packed: bool = False,
    record: Record | None = None,
) -> AsyncIterator[Member]:
    """Be in a room for the length of the block."""
    one = Member(http, room, token, packed, record)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(one.stay)
        await one.until(lambda: one.client is not None)
        yield one
        nursery.cancel_scope.cancel()


def _wait_s(reason: CloseReason, pause_s: float) -> float:
    """As long as the server says, or a little longer each time; never all members at once."""
    told = RETRY.search(reason.reason or "")
    return float(told[1]) if told else random.uniform(0, pause_s)
