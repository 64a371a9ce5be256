"""A stage without sockets: real store, real stream actors, virtual time."""

from dataclasses import dataclass, field

import trio
import trio.testing

from actors.kernel import Directory, Supervisor
from actors.stream import StreamMessage, StreamTools
from storage.api import Store


class FakeClock:
    """Wall time that runs with trio's virtual time."""

    def now_ms(self) -> int:
        return 1_700_000_000_000 + round(trio.current_time() * 1000)


class CountedViewers:
    """As many viewers of any stream as a test says."""

    def __init__(self) -> None:
        self.now = 0

    def count(self, stream_id: str) -> int:
        return self.now


@dataclass(eq=False)
class Encoder:
    """A publisher that notes what it was closed with."""

    address: str = "192.0.2.1"
    closed: list[tuple[str, str]] = field(default_factory=list)

    def close(self, code: str, description: str) -> None:
        self.closed.append((code, description))


@dataclass
class Stage:
    store: Store
    tools: StreamTools
    streams: Directory[StreamMessage]
    supervisor: Supervisor
    key: str
    stream_id: str = "str_" + "0" * 26

    async def doc(self) -> dict[str, object]:
        """The stored document, once what is under way is written."""
        await trio.testing.wait_all_tasks_blocked()
        row = await self.store.get("streams", self.stream_id)
        assert row is not None
        return row.doc
