"""One target's life while a show is on: connect, publish, come back when that ends."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import structlog
import trio
from trio.abc import Stream

from actors.ports import Clock
from actors.services.forward_target import Target
from actors.services.forwards import Forward
from media.rtmp import RtmpClient
from server.forward.faults import Lost, Refused
from server.forward.queue import FrameQueue
from server.forward.session import Session
from server.forward.status import ForwardStatus, Rate, State

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
STEADY_S = 30.0
"""A connection that held for so long begins anew with FIRST_PAUSE_S."""
HIDDEN_KEY = "(key)"

log = structlog.get_logger()

Dial = Callable[[Target], AbstractAsyncContextManager[Stream]]


@dataclass(frozen=True, slots=True)
class RelayTools:
    """What all relays share. ``dice`` gives numbers from 0 to 1."""

    dial: Dial
    clock: Clock
    dice: Callable[[], float]


class Relay:
    """Passes one show on to one target, in a task of its own: ``run`` until the queue has ended.

    ``key`` is what the target knows the stream by, None where it can be read no more.
    """

    def __init__(
        self, forward: Forward, key: str | None, queue: FrameQueue, tools: RelayTools
    ) -> None:
        self.forward = forward
        self.queue = queue
        self._key = key
        self._tools = tools
        self._state: State = "idle"
        self._since_ms = tools.clock.now_ms()
        self._error: str | None = None
        self._rate = Rate()
        self._times_live = 0
        self._longest_pause_s = FIRST_PAUSE_S / 2
        self._live_since_s: float | None = None

    def status(self) -> ForwardStatus:
        """How it stands now."""
        return ForwardStatus(
            state=self._state,
            since_ms=self._since_ms,
            kbps=self._rate.kbps(trio.current_time()),
            reconnects=max(0, self._times_live - 1),
            dropped_frames=self.queue.dropped_frames,
            error=self._error,
        )

    async def run(self) -> None:
        """Keep the target supplied until the queue has ended."""
        while True:
            await self.queue.wait()
            if self.queue.ended:
                break  # nothing is begun for what is over
            self._turn("connecting", self._error)
            self._live_since_s = None
            try:
                await self._publish()
                break
            except Lost as lost:
                self._fail("retrying", str(lost))
            except Refused as refused:
                self._fail("refused", str(refused))
            self.queue.hold()
            with trio.move_on_after(self._pause_s()):
                await self.queue.wait_ended()
            self.queue.resume()
        self._turn("idle", None)

    def give_up(self) -> None:
        """Say that ``run`` has failed by a fault of our own."""
        self._turn("refused", "This server has a fault, which is in its log. Switch it off and on.")

    async def _publish(self) -> None:
        """Make one connection last as long as it does. Lost, Refused."""
        if self._key is None:
            raise Refused("The server's secret was changed: enter the key again.")
        target = self.forward.target
        async with self._tools.dial(target) as stream:
            client = RtmpClient(target.app, target.url, self._key, self.queue.codecs)
            await Session(stream, client, self.queue, self._go_live, self._count).run()

    def _go_live(self) -> None:
        self._times_live += 1
        self._live_since_s = trio.current_time()
        self._turn("live", None)

    def _count(self, sent_bytes: int) -> None:
        self._rate.add(trio.current_time(), sent_bytes)

    def _fail(self, state: State, why: str) -> None:
        held_s = 0.0 if self._live_since_s is None else trio.current_time() - self._live_since_s
        again_s = FIRST_PAUSE_S if held_s >= STEADY_S else 2 * self._longest_pause_s
        self._longest_pause_s = min(LONGEST_PAUSE_S, again_s)
        # Servers like to say which stream they do not know.
        self._turn(state, why.replace(self._key, HIDDEN_KEY) if self._key else why)

    def _pause_s(self) -> float:
        """Twice as long each time, and never the same for two who lost the same server."""
        return self._longest_pause_s * (0.5 + self._tools.dice() / 2)

    def _turn(self, state: State, error: str | None) -> None:
        if (state, error) != (self._state, self._error):
            log.info("forward_state", forward=self.forward.id, state=state, error=error)
        self._error = error
        if state != self._state:
            self._state, self._since_ms = state, self._tools.clock.now_ms()
