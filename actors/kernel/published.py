"""A value that an actor publishes and anyone may read, without a message."""

from typing import Generic, TypeVar

import trio

T = TypeVar("T")


class Published(Generic[T]):
    """The newest immutable value of something, and a way to wait for the next one.

    One writer, any number of readers. A reader that is slow sees the newest value and skips what
    lay between: a snapshot, not a queue, so it needs no bound.
    """

    __slots__ = ("_changed", "_value", "_version")

    def __init__(self, value: T) -> None:
        self._value = value
        self._version = 0
        self._changed = trio.Event()

    @property
    def value(self) -> T:
        """The newest value."""
        return self._value

    @property
    def version(self) -> int:
        """How often it has been published; pass it to ``wait_newer``."""
        return self._version

    def publish(self, value: T) -> None:
        """Replace the value and wake all who wait."""
        self._value = value
        self._version += 1
        changed, self._changed = self._changed, trio.Event()
        changed.set()

    async def wait_newer(self, version: int) -> T:
        """Wait until the version is past ``version``, then give the newest value."""
        while self._version <= version:
            await self._changed.wait()
        return self._value
