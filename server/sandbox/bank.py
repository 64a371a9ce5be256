"""What the sandbox's services share: the store, the clock, locks, and what wakes the loops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio

from actors.ports import Clock
from server.sandbox.config import SandboxConfig
from server.sandbox.faults import Faults
from storage import Store


class Alarm:
    """Wakes one loop, at a time that it knows, or when somebody rings before."""

    def __init__(self) -> None:
        self._rung = trio.Event()

    def ring(self) -> None:
        """Wake the loop; where it is at work, it looks once more before it sleeps."""
        self._rung.set()

    async def wait(self, timeout_s: float) -> None:
        """Sleep until the alarm is rung, at most for ``timeout_s`` (which may be ``math.inf``)."""
        with trio.move_on_after(timeout_s):
            await self._rung.wait()
        self._rung = trio.Event()


class Locks:
    """One lock for each key that somebody holds. One process has the store, so these suffice."""

    def __init__(self) -> None:
        self._locks: dict[str, trio.Lock] = {}

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncIterator[None]:
        """Hold the key's lock."""
        lock = self._locks.setdefault(key, trio.Lock())
        try:
            async with lock:
                yield
        finally:
            if not lock.locked():
                self._locks.pop(key, None)


@dataclass(frozen=True, slots=True)
class Bank:
    """Lent to every service of the sandbox."""

    store: Store
    clock: Clock
    config: SandboxConfig
    faults: Faults
    locks: Locks = field(default_factory=Locks)
    refund_due: Alarm = field(default_factory=Alarm)
    webhook_due: Alarm = field(default_factory=Alarm)
