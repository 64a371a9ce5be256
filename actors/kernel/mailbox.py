"""A bounded queue in front of one actor."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import trio

from actors.kernel.errors import ActorStopped, MailboxFull

M = TypeVar("M")

MAILBOX_MESSAGES = 256


@dataclass(frozen=True, slots=True)
class MailboxStatistics:
    """Where a mailbox stands: messages waiting, the most there were, senders held back."""

    name: str
    depth: int
    capacity: int
    max_depth: int
    received: int
    blocked_senders: int
    restarts: int


class Mailbox(Generic[M]):
    """First in, first out; senders wait or are refused once ``capacity`` messages are queued."""

    def __init__(self, name: str, capacity: int = MAILBOX_MESSAGES) -> None:
        if capacity < 1:
            raise ValueError("a mailbox holds at least one message")
        self.name = name
        self._send, self._receive = trio.open_memory_channel[M](capacity)
        self.max_depth = 0
        self.received = 0
        self.closed = False

    async def put(self, message: M) -> None:
        """Queue, waiting for a place in the order of arrival. ActorStopped."""
        if self.closed:
            raise ActorStopped(f"{self.name} has stopped")
        try:
            await self._send.send(message)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            raise ActorStopped(f"{self.name} has stopped") from None
        self._note_depth()

    def put_nowait(self, message: M) -> None:
        """Queue at once. MailboxFull or ActorStopped."""
        if self.closed:
            raise ActorStopped(f"{self.name} has stopped")
        try:
            self._send.send_nowait(message)
        except trio.WouldBlock:
            raise MailboxFull(f"the mailbox of {self.name} is full") from None
        self._note_depth()

    async def get(self) -> M | None:
        """Wait for the next message; None once the mailbox is closed."""
        try:
            message = await self._receive.receive()
        except (trio.EndOfChannel, trio.ClosedResourceError):
            return None
        self.received += 1
        return message

    def get_nowait(self) -> M | None:
        """Give the next message, or None where there is none."""
        try:
            message = self._receive.receive_nowait()
        except trio.WouldBlock:
            return None
        self.received += 1
        return message

    def close(self) -> list[M]:
        """Take no more, and give what was queued, waiting senders' messages included."""
        self.closed = True
        left = []
        while (message := self.get_nowait()) is not None:
            left.append(message)
        self._send.close()
        self._receive.close()
        return left

    def statistics(self, restarts: int) -> MailboxStatistics:
        """Take its measure now."""
        channel = self._send.statistics()
        return MailboxStatistics(
            name=self.name,
            depth=channel.current_buffer_used,
            capacity=int(channel.max_buffer_size),
            max_depth=self.max_depth,
            received=self.received,
            blocked_senders=channel.tasks_waiting_send,
            restarts=restarts,
        )

    def _note_depth(self) -> None:
        # After close the statistics of the channel are still there; a late note does no harm.
        self.max_depth = max(self.max_depth, self._send.statistics().current_buffer_used)
