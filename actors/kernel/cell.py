"""A cell runs one actor: its loop, its restarts and its end."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog
import trio

from actors.kernel.actor import Actor, Context
from actors.kernel.errors import ActorCrashed, ActorStopped, KernelError
from actors.kernel.mailbox import Mailbox, MailboxStatistics
from actors.kernel.ref import Ref
from actors.kernel.reply import Ask, Reply

M = TypeVar("M")

MESSAGES_PER_CHECKPOINT = 32
STOP_TIMEOUT_S = 5.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RestartBudget:
    """At most ``restarts`` crashes within ``window_s`` are forgiven; one more ends the actor."""

    restarts: int = 3
    window_s: float = 60.0


class Cell(Generic[M]):
    """Keeps one mailbox served: by a new actor after a crash, by none after the end.

    ``idle_s`` is the time without messages after which an actor that is ``idle()`` is stopped.
    """

    def __init__(
        self,
        factory: Callable[[], Actor[M]],
        mailbox: Mailbox[M],
        budget: RestartBudget,
        idle_s: float,
    ) -> None:
        self.ref = Ref(mailbox.name, mailbox)
        self.finished = trio.Event()
        self._factory = factory
        self._mailbox = mailbox
        self._budget = budget
        self._idle_s = idle_s
        self._crashes: deque[float] = deque()
        self._restarts = 0
        self._owed: set[Reply[Any]] = set()

    async def run(self) -> None:
        """Serve the mailbox until stopped, idle, or crashed once too often."""
        ending: KernelError = ActorStopped(f"{self.ref.name} has stopped")
        try:
            while not self._mailbox.closed:
                crash = await self._run_one_life()
                if crash is None:
                    break
                self._refuse_owed(ActorCrashed(f"{self.ref.name} crashed"))
                if not self._may_restart():
                    ending = ActorCrashed(f"{self.ref.name} crashed too often")
                    break
        finally:
            self._close(ending)
            self._refuse_owed(ending)
            self.finished.set()

    def stop(self) -> None:
        """Take no more messages, refuse the queued questions, and let the actor end."""
        self._close(ActorStopped(f"{self.ref.name} has stopped"))

    def statistics(self) -> MailboxStatistics:
        """Take the mailbox's measure now."""
        return self._mailbox.statistics(self._restarts)

    async def _run_one_life(self) -> Exception | None:
        """From ``started`` to an orderly end (None) or a crash (what was raised)."""
        crash: Exception | None = None
        try:
            async with trio.open_nursery() as children:
                actor = self._factory()
                actor.context = Context(self.ref, children)
                await actor.started()
                await self._serve(actor)
                with trio.move_on_after(STOP_TIMEOUT_S) as scope:
                    await actor.stopped()
                if scope.cancelled_caught:
                    log.warning("actor_stop_timeout", actor=self.ref.name)
                children.cancel_scope.cancel()
        except* Exception as group:
            crash = group
            log.exception("actor_crashed", actor=self.ref.name)
        return crash

    async def _serve(self, actor: Actor[M]) -> None:
        served = 0
        while not self._mailbox.closed:
            message = self._mailbox.get_nowait()
            if message is None:
                message = await self._wait_for_message(actor)
                if message is None:
                    return
            if isinstance(message, Ask):
                self._owe(message.reply)
            await actor.receive(message)
            served += 1
            if served % MESSAGES_PER_CHECKPOINT == 0:
                await trio.lowlevel.checkpoint()

    async def _wait_for_message(self, actor: Actor[M]) -> M | None:
        """Wait for a message; None when told to stop, or idle for long enough."""
        while not self._mailbox.closed:
            with trio.move_on_after(self._idle_s):
                return await self._mailbox.get()
            # One may have come since the time ran out. After this look there is no checkpoint
            # until the close, so none can slip in between and be lost.
            if not self._mailbox.closed and (message := self._mailbox.get_nowait()) is not None:
                return message
            if not self._mailbox.closed and actor.idle():
                self._close(ActorStopped(f"{self.ref.name} has stopped"))
        return None

    def _owe(self, reply: Reply[Any]) -> None:
        self._owed.add(reply)
        reply.notify(self._owed.discard)

    def _refuse_owed(self, error: KernelError) -> None:
        for reply in list(self._owed):
            reply.refuse(error)

    def _close(self, error: KernelError) -> None:
        if self._mailbox.closed:
            return
        for message in self._mailbox.close():
            if isinstance(message, Ask):
                message.reply.refuse(error)

    def _may_restart(self) -> bool:
        now = trio.current_time()
        self._crashes.append(now)
        while self._crashes and self._crashes[0] <= now - self._budget.window_s:
            self._crashes.popleft()
        if len(self._crashes) > self._budget.restarts or self._mailbox.closed:
            return False
        self._restarts += 1
        return True
