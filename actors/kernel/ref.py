"""A reference to an actor: all that others hold of it."""

from typing import TYPE_CHECKING, Generic, TypeVar

import trio

from actors.kernel.errors import AskTimeout
from actors.kernel.reply import Ask

if TYPE_CHECKING:
    from actors.kernel.mailbox import Mailbox

M = TypeVar("M")
R = TypeVar("R")

ASK_TIMEOUT_S = 10.0


class Ref(Generic[M]):
    """Where to send an actor's messages. It stays good while the actor is restarted."""

    __slots__ = ("_mailbox", "name")

    def __init__(self, name: str, mailbox: "Mailbox[M]") -> None:
        self.name = name
        self._mailbox = mailbox

    def __repr__(self) -> str:
        return f"<Ref {self.name}>"

    @property
    def stopped(self) -> bool:
        """Whether the actor takes no more messages."""
        return self._mailbox.closed

    @property
    def waiting(self) -> int:
        """How many messages wait now."""
        return self._mailbox.statistics(restarts=0).depth

    async def tell(self, message: M) -> None:
        """Send, waiting while the mailbox is full. Only the edge does this. ActorStopped."""
        await self._mailbox.put(message)

    def tell_nowait(self, message: M) -> None:
        """Send or raise MailboxFull or ActorStopped: how actors speak to each other."""
        self._mailbox.put_nowait(message)

    async def ask(self, question: Ask[R], timeout_s: float = ASK_TIMEOUT_S) -> R:
        """Send a question and wait for its reply. Only the edge does this.

        Raises what the actor refused with, AskTimeout, or ActorStopped. The time covers the wait
        for a place in the mailbox too.
        """
        with trio.move_on_after(timeout_s):
            # A question is one of the actor's messages, which Python's types cannot say.
            await self._mailbox.put(question)  # type: ignore[arg-type]
            return await question.reply.wait()
        raise AskTimeout(f"{self.name} did not answer within {timeout_s:g} s")
