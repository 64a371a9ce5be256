"""A stream's ingest health, for its actor: the monitor, with the clocks, and who hears of it."""

from collections.abc import Sequence

import trio

from actors.stream.health import Health, HealthMonitor, HealthReport
from actors.stream.tools import StreamTools
from media.frames import Frame
from media.hls import IngestFacts
from storage.api import Document


class IngestHealth:
    """What the stream's actor tells of its publisher and its show, as it happens."""

    def __init__(self, stream_id: str, tools: StreamTools) -> None:
        self._id = stream_id
        self._tools = tools
        self._monitor = HealthMonitor()

    def take_publisher(self, encoder: str) -> None:
        """A publisher holds the slot."""
        self._monitor.take_publisher(encoder, trio.current_time())

    def take(self, frames: Sequence[Frame], *, announces_audio: bool) -> None:
        """One reading tick's frames have come."""
        self._monitor.take(frames, trio.current_time(), announces_audio=announces_audio)

    def begin_show(self) -> None:
        """A show begins; ``second`` is to be called once a second until it ends."""
        self._monitor.begin_show()

    def lose_publisher(self, grace_s: float) -> None:
        """The publisher dropped, and has ``grace_s`` to come back."""
        self._monitor.lose_publisher(trio.current_time(), grace_s)

    def resume_show(self) -> None:
        """A publisher came back into the show, and sends."""
        self._monitor.count_reconnect()

    def second(self, facts: IngestFacts, doc: Document) -> None:
        """Look at the second that has passed, and tell who listens."""
        viewers = self._tools.viewers.count(self._id)
        now_ms = self._tools.clock.now_ms()
        self._monitor.second(facts, viewers, trio.current_time(), now_ms)
        self.announce(doc)

    def announce(self, doc: Document) -> None:
        """Tell how it is, as each second and at a show's end."""
        board = self._tools.board
        board.note_state(self._id, self._monitor.state if doc["on_air"] else None)
        heard = board.health_heard(self._id)
        if heard is not None:
            heard.publish(self._health(doc))

    def report(self, doc: Document) -> HealthReport:
        """Say how it is and how it has been."""
        return self._monitor.report(self._health(doc))

    def _health(self, doc: Document) -> Health:
        return self._monitor.health(
            doc["status"],
            on_air=doc["on_air"],
            started_at_ms=doc.get("started_at"),
            now_ms=self._tools.clock.now_ms(),
        )
