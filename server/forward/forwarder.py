"""The shows that are on air, and the relays of each."""

from collections import deque
from collections.abc import Sequence

import structlog
import trio

from actors.services.forwards import Forward, Forwards
from actors.services.sealing import SealBroken
from media.frames import AudioConfig, Frame, VideoConfig
from server.forward.queue import FrameQueue
from server.forward.relay import Relay, RelayTools
from server.forward.status import ForwardStatus
from storage import StoreError

GOODBYE_S = 5.0
"""For what waits, and to say that the show is over."""
RETRY_READ_S = 5.0

log = structlog.get_logger()


class _Show:
    """One show on air: its newest configurations, and a relay for each target."""

    def __init__(self) -> None:
        self.configs: dict[type[Frame], VideoConfig | AudioConfig] = {}
        self.relays: dict[str, Relay] = {}
        self.changed = trio.Event()
        self.ended = False


class Forwarder:
    """Hears every show (``actors.ports.ShowListener``) and passes it on.

    ``run`` it for as long as shows are heard, and ``drain`` it at the end.
    """

    def __init__(self, plan: Forwards, tools: RelayTools) -> None:
        self._plan = plan
        self._tools = tools
        self._shows: dict[str, _Show] = {}
        self._begun: deque[tuple[str, _Show]] = deque()
        self._beginning = trio.Event()
        self._running = 0
        self._left = trio.Event()

    def turned(self, stream_id: str, status: str) -> None:
        """Begin with a show, note its interruption, or end with it."""
        show = self._shows.get(stream_id)
        if status == "live":
            if show is None:
                show = self._shows[stream_id] = _Show()
                self._begun.append((stream_id, show))
                self._beginning.set()
        elif show is not None:
            show.configs.clear()
            for relay in show.relays.values():
                relay.queue.interrupt()
            if status != "interrupted":
                del self._shows[stream_id]
                show.ended = True
                show.changed.set()

    def frames(self, stream_id: str, frames: Sequence[Frame]) -> None:
        """Give a show's frames to its relays."""
        show = self._shows.get(stream_id)
        if show is None:
            return
        for frame in frames:
            if isinstance(frame, VideoConfig | AudioConfig):
                show.configs[type(frame)] = frame
        for relay in show.relays.values():
            relay.queue.push(frames)

    def changed(self, stream_id: str) -> None:
        """Take up what was changed of a stream's forwards, if it is on air."""
        show = self._shows.get(stream_id)
        if show is not None:
            show.changed.set()

    def status(self, stream_id: str, forward_id: str) -> ForwardStatus:
        """How a forward stands now."""
        show = self._shows.get(stream_id)
        relay = None if show is None else show.relays.get(forward_id)
        return ForwardStatus() if relay is None else relay.status()

    async def run(self) -> None:
        """Pass shows on, until cancelled."""
        async with trio.open_nursery() as nursery:
            while True:
                await self._beginning.wait()
                self._beginning = trio.Event()
                while self._begun:
                    self._running += 1
                    nursery.start_soon(self._follow, *self._begun.popleft())

    async def drain(self, timeout_s: float) -> None:
        """Wait for the goodbyes of shows that have ended."""
        with trio.move_on_after(timeout_s):
            while self._running or self._begun:
                await self._left.wait()

    async def _follow(self, stream_id: str, show: _Show) -> None:
        """Keep a show's relays as they are planned, until it ends."""
        try:
            async with trio.open_nursery() as relays:
                while not show.ended:
                    show.changed = trio.Event()
                    await self._arrange(stream_id, show, relays)
                    await show.changed.wait()
                for relay in show.relays.values():
                    relay.queue.end()
                relays.cancel_scope.deadline = trio.current_time() + GOODBYE_S
        finally:
            self._running -= 1
            self._left.set()
            self._left = trio.Event()

    async def _arrange(self, stream_id: str, show: _Show, relays: trio.Nursery) -> None:
        """End what is planned no more, and begin what is new."""
        try:
            forwards = await self._plan.of_stream(stream_id)
        except StoreError as error:
            log.warning("forwards_unread", stream=stream_id, error=str(error))
            relays.start_soon(_set_later, show.changed)
            return
        planned = {forward.id: forward for forward in forwards if forward.enabled}
        for relay in list(show.relays.values()):
            if planned.get(relay.forward.id) != relay.forward:
                relay.queue.end()
                del show.relays[relay.forward.id]
        for forward in planned.values():
            if forward.id not in show.relays and not show.ended:
                queue = FrameQueue(show.configs.values())
                relay = Relay(forward, self._key_of(forward), queue, self._tools)
                show.relays[forward.id] = relay
                relays.start_soon(_run_alone, relay)

    def _key_of(self, forward: Forward) -> str | None:
        try:
            return self._plan.key_of(forward)
        except SealBroken:
            return None


async def _run_alone(relay: Relay) -> None:
    """Run a relay, whose faults are no other's."""
    try:
        await relay.run()
    except Exception:
        log.exception("forward_failed", forward=relay.forward.id)
        relay.give_up()


async def _set_later(event: trio.Event) -> None:
    await trio.sleep(RETRY_READ_S)
    event.set()
