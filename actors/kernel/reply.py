"""The two ends of a question: ``Ask`` carries a ``Reply`` that is settled exactly once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import outcome
import trio

R = TypeVar("R")


class Reply(Generic[R]):
    """A one-shot answer. The actor settles it; the asker waits for it.

    An actor may keep it and settle it later: the kernel knows every reply that an actor owes,
    and settles those that are still open when the actor stops.
    """

    __slots__ = ("_event", "_on_settled", "_outcome")

    def __init__(self) -> None:
        self._outcome: outcome.Outcome[R] | None = None
        self._event = trio.Event()
        self._on_settled: Callable[[Reply[R]], None] | None = None

    @property
    def settled(self) -> bool:
        """Whether it was answered or refused."""
        return self._outcome is not None

    def answer(self, value: R) -> None:
        """Settle with a value. Settling twice is a programming error: RuntimeError."""
        self._settle(outcome.Value(value))

    def refuse(self, error: Exception) -> None:
        """Settle with an error, which the asker's ``ask`` raises."""
        self._settle(outcome.Error(error))

    async def wait(self) -> R:
        """Wait for the answer; raises what the actor refused with."""
        await self._event.wait()
        assert self._outcome is not None
        return self._outcome.unwrap()

    def notify(self, on_settled: "Callable[[Reply[R]], None]") -> None:
        """Have ``on_settled`` called once, when settled: how the kernel keeps its account."""
        self._on_settled = on_settled

    def _settle(self, result: outcome.Outcome[R]) -> None:
        if self._outcome is not None:
            raise RuntimeError("this reply has already been settled")
        self._outcome = result
        self._event.set()
        if self._on_settled is not None:
            self._on_settled(self)


@dataclass(frozen=True, slots=True)
class Ask(Generic[R]):
    """The base of messages that want an answer of type ``R``."""

    reply: Reply[R] = field(default_factory=Reply, kw_only=True, repr=False, compare=False)
