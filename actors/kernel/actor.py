"""What an actor is made of: its behaviour, and the context that the kernel lends to it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import trio

from actors.kernel.errors import ActorStopped
from actors.kernel.ref import Ref

M = TypeVar("M")


class Actor(Generic[M]):
    """One owner of some state; ``receive`` gets one message at a time, so it needs no lock.

    Only the kernel calls these methods. An exception out of any of them, or out of a child task,
    is a crash: the kernel throws this object away and starts a new one from the factory.
    """

    context: "Context[M]"

    async def started(self) -> None:
        """Load what is needed from the store; messages wait until this returns."""

    async def receive(self, message: M) -> None:
        """Handle one message. Nothing slow is awaited here: that goes to a child task."""
        raise NotImplementedError

    async def stopped(self) -> None:
        """Last words of an orderly stop: commit and answer what is parked. Has a deadline."""

    def idle(self) -> bool:
        """Whether the kernel may stop this actor after a time without messages."""
        return True


@dataclass(frozen=True, slots=True)
class Context(Generic[M]):
    """An actor's hold on its own life: its ref and its child tasks, which die with it."""

    me: Ref[M]
    children: trio.Nursery

    def spawn(self, work: Callable[..., Awaitable[Any]], *args: Any) -> None:
        """Run slow work beside the loop; its outcome comes back by ``await me.tell(...)``.

        Work that finds the mailbox closed ends there: its actor is on its way out.
        """
        self.children.start_soon(self._run_child, work, args)

    def after(self, delay_s: float, message: M) -> trio.CancelScope:
        """Tell ``message`` to this actor in ``delay_s`` seconds; cancel the scope to stop it."""
        scope = trio.CancelScope()
        self.spawn(self._tell_later, scope, delay_s, message)
        return scope

    async def _run_child(self, work: Callable[..., Awaitable[Any]], args: tuple[Any, ...]) -> None:
        try:
            await work(*args)
        except ActorStopped:
            if not self.me.stopped:
                raise

    async def _tell_later(self, scope: trio.CancelScope, delay_s: float, message: M) -> None:
        with scope:
            await trio.sleep(delay_s)
            await self.me.tell(message)
