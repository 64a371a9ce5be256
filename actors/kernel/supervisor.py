"""The supervisor: starts actors, keeps their crashes apart, ends them in order."""

from collections.abc import Callable
from typing import Any, TypeVar

import trio

from actors.kernel.actor import Actor
from actors.kernel.cell import STOP_TIMEOUT_S, Cell, RestartBudget
from actors.kernel.errors import ActorStopped
from actors.kernel.mailbox import MAILBOX_MESSAGES, Mailbox, MailboxStatistics

M = TypeVar("M")

NEVER_IDLE_S = float("inf")


class Supervisor:
    """All actors of a process, in one nursery; a crash of one touches no other."""

    def __init__(self, nursery: trio.Nursery, budget: RestartBudget | None = None) -> None:
        self._nursery = nursery
        self._budget = budget or RestartBudget()
        self._cells: dict[Cell[Any], trio.CancelScope] = {}
        self._stopping = False

    def spawn(
        self,
        name: str,
        factory: Callable[[], Actor[M]],
        *,
        capacity: int = MAILBOX_MESSAGES,
        idle_s: float = NEVER_IDLE_S,
    ) -> Cell[M]:
        """Start an actor made by ``factory``, which is called again after each crash.

        Raises ActorStopped once the supervisor stops.
        """
        if self._stopping:
            raise ActorStopped("the supervisor has stopped")
        cell = Cell(factory, Mailbox[M](name, capacity), self._budget, idle_s)
        self._cells[cell] = trio.CancelScope()
        self._nursery.start_soon(self._run, cell, name=name)
        return cell

    async def stop(self, timeout_s: float = 2 * STOP_TIMEOUT_S) -> None:
        """End all actors in order, side by side; those past the time are cancelled."""
        self._stopping = True
        cells = list(self._cells)
        for cell in cells:
            cell.stop()
        with trio.move_on_after(timeout_s):
            for cell in cells:
                await cell.finished.wait()
        for scope in self._cells.values():
            scope.cancel()
        for cell in cells:
            await cell.finished.wait()

    def statistics(self) -> list[MailboxStatistics]:
        """Measure every mailbox, by name."""
        return sorted((cell.statistics() for cell in self._cells), key=lambda each: each.name)

    async def _run(self, cell: Cell[Any]) -> None:
        try:
            with self._cells[cell]:
                await cell.run()
        finally:
            del self._cells[cell]
