"""The directory finds the actor of a key, and starts it where there is none."""

from collections.abc import Callable
from typing import Generic, TypeVar

from actors.kernel.actor import Actor
from actors.kernel.cell import Cell
from actors.kernel.errors import TooManyActors
from actors.kernel.mailbox import MAILBOX_MESSAGES
from actors.kernel.ref import ASK_TIMEOUT_S, Ref
from actors.kernel.reply import Ask
from actors.kernel.supervisor import NEVER_IDLE_S, Supervisor

M = TypeVar("M")
R = TypeVar("R")

MAX_ACTORS = 10_000


class Directory(Generic[M]):
    """One kind of actor, by key: at no time are there two for one key."""

    def __init__(
        self,
        supervisor: Supervisor,
        kind: str,
        factory: Callable[[str], Actor[M]],
        *,
        capacity: int = MAILBOX_MESSAGES,
        idle_s: float = NEVER_IDLE_S,
        max_actors: int = MAX_ACTORS,
    ) -> None:
        self._supervisor = supervisor
        self._kind = kind
        self._factory = factory
        self._capacity = capacity
        self._idle_s = idle_s
        self._max_actors = max_actors
        self._cells: dict[str, Cell[M]] = {}

    def __len__(self) -> int:
        return sum(not cell.finished.is_set() for cell in self._cells.values())

    def get(self, key: str) -> Ref[M] | None:
        """The running actor of ``key``, or None."""
        cell = self._cells.get(key)
        return None if cell is None or cell.ref.stopped else cell.ref

    async def get_or_start(self, key: str) -> Ref[M]:
        """The actor of ``key``, started if need be, after its forerunner's last words.

        Raises TooManyActors, or ActorStopped while the process stops.
        """
        while (cell := self._cells.get(key)) is not None:
            if not cell.ref.stopped:
                return cell.ref
            await cell.finished.wait()
            if self._cells.get(key) is cell:
                del self._cells[key]
        return self._start(key)

    async def ask(self, key: str, question: Ask[R], timeout_s: float = ASK_TIMEOUT_S) -> R:
        """Ask the actor of ``key``, started if need be; see ``Ref.ask`` for the errors."""
        while True:
            ref = await self.get_or_start(key)
            if not ref.stopped:
                return await ref.ask(question, timeout_s)

    def _start(self, key: str) -> Ref[M]:
        if len(self._cells) >= self._max_actors:
            self._forget_finished()
            if len(self._cells) >= self._max_actors:
                raise TooManyActors(f"more than {self._max_actors} {self._kind} actors")
        cell = self._supervisor.spawn(
            f"{self._kind}:{key}",
            lambda: self._factory(key),
            capacity=self._capacity,
            idle_s=self._idle_s,
        )
        self._cells[key] = cell
        return cell.ref

    def _forget_finished(self) -> None:
        self._cells = {key: cell for key, cell in self._cells.items() if not cell.finished.is_set()}
