"""A publisher of a chaos: encoders that are dropped, frozen, ended and replaced, as drawn.

After each act it waits until the listener has heard what must follow: the same show with one more
discontinuity, or without one, or the end and a new show.
"""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import trio

from actors.stream.actor import GRACE_S, TAKEOVER_IDLE_S
from bench.live.encoder import GIVE_WAY_S, Encoder
from bench.live.listener import Heard, Listener
from bench.live.record import Record

MAX_START_WAIT_S = 10.0
"""The encoder's own start, the first segment of two seconds, and the listener's reload."""
MAX_END_WAIT_S = 5.0
"""From a goodbye, or the end of grace, to ENDLIST at a listener who reloads every two seconds."""
RETRY_S = 1.0
END_POLL_S = 0.2
MAX_REFUSED_S = 3.0
"""So long an encoder may be refused after the one before it is gone, or counts as silent."""
MIN_STEADY_S, MAX_STEADY_S = 3.0, 15.0
MIN_FROZEN_S, MAX_FROZEN_S = 1.0, 12.0
MAX_AWAY_S = 4.0
ACTS = {
    "drop": 5,
    "freeze": 5,
    "replace the frozen": 3,
    "replace the killed": 3,
    "end": 3,
    "end and begin at once": 1,
    "stay away": 1,
}
"""With their weights."""
ALREADY_LIVE = "already live from another encoder"


class Publisher:
    """One stream's. The first of ``sources`` is its own, the second one the other encoder's."""

    def __init__(
        self, listener: Listener, record: Record, sources: Sequence[Path], seed: int
    ) -> None:
        self._channel = listener.channel
        self._listener = listener
        self._record = record
        self._sources = sources
        self._draw = random.Random(f"{seed}-{self._channel.number}")
        self._encoder: Encoder | None = None
        self._breaks = 0  # that this show must have
        self._last = "start"

    async def run(self, over: trio.Event) -> None:
        """Act until it is over, then end the show."""
        try:
            await trio.sleep(self._draw.uniform(0, MAX_STEADY_S / 3))
            await self._begin_show()
            while not over.is_set():
                with trio.move_on_after(self._draw.uniform(MIN_STEADY_S, MAX_STEADY_S)):
                    await over.wait()
                self._look()
                if not over.is_set():
                    await self._act()
            await self._finish_show()
        finally:
            if self._encoder is not None:
                self._encoder.kill_if_running()

    async def _act(self) -> None:
        (self._last,) = self._draw.choices(list(ACTS), weights=list(ACTS.values()))
        self._record.counts[self._last] += 1
        self._listener.steady_since = None
        away_s = self._draw.uniform(0, MAX_AWAY_S)
        match self._last:
            case "drop":
                await self._drop_for(away_s)
            case "freeze":
                await self._freeze()
            case "replace the frozen":
                await self._replace_frozen()
            case "replace the killed":
                self._sources = self._sources[::-1]
                await self._drop_for(0.0)
            case "end":
                await self._finish_show()
                await trio.sleep(away_s)
                await self._begin_show()
            case "end and begin at once":
                await self._say_goodbye()
                await self._begin_show()  # the listener may find it before it hears of the end
            case "stay away":
                await self._stay_away()

    async def _drop_for(self, away_s: float) -> None:
        self._now.drop()
        dropped = trio.current_time()
        await trio.sleep(away_s)
        await self._resume(dropped + MAX_REFUSED_S)

    async def _freeze(self) -> None:
        """Stop and go on, on the same connection: the show knows nothing of it but a pause."""
        self._now.freeze()
        await trio.sleep(self._draw.uniform(MIN_FROZEN_S, MAX_FROZEN_S))
        segments = self._listener.heard.segments
        self._now.thaw()
        await self._hear(trio.current_time(), lambda heard: heard.segments > segments)

    async def _replace_frozen(self) -> None:
        """Let another encoder take over from a silent one, which is to give way when it wakes."""
        frozen = self._now
        frozen.freeze()
        silent_at = trio.current_time() + TAKEOVER_IDLE_S
        self._sources = self._sources[::-1]
        try:
            await trio.sleep(self._draw.uniform(0, TAKEOVER_IDLE_S))
            await self._resume(silent_at + MAX_REFUSED_S)
            frozen.thaw()
            if not await frozen.wait_end(GIVE_WAY_S):
                self._note("the encoder that was replaced did not give way")
        finally:
            frozen.kill_if_running()

    async def _finish_show(self) -> None:
        await self._say_goodbye()
        await self._hear_end()

    async def _say_goodbye(self) -> None:
        self._listener.steady_since = None
        if not await self._now.finish():
            self._note("the encoder did not end")
        self._record.statuses["ended"] += 1

    async def _stay_away(self) -> None:
        """Drop, and come back too late: the show is over."""
        self._now.drop()
        self._record.statuses["interrupted"] += 1
        self._record.statuses["ended"] += 1
        await trio.sleep(GRACE_S - 1.0)
        if self._listener.heard.ended:
            self._note("the show was ended within the time of grace")
        await trio.sleep(1.0)
        await self._hear_end()
        await self._begin_show()

    async def _hear_end(self) -> None:
        if not await self._listener.wait_for(lambda heard: heard.ended, MAX_END_WAIT_S):
            self._note(f"the listener did not hear of the end within {MAX_END_WAIT_S:g} s")
        if self._listener.heard.breaks != self._breaks:
            self._note(f"{self._listener.heard.breaks} discontinuities, not {self._breaks}")

    async def _begin_show(self) -> None:
        """Start, and hear a new show."""
        self._breaks = 0
        before = self._listener.heard.show_id
        self._record.statuses["live"] += 1
        await self._start(
            trio.current_time() + MAX_REFUSED_S,
            lambda heard: heard.show_id != before and heard.segments > 0,
        )

    async def _resume(self, refused_until: float) -> None:
        """Start, and hear the same show go on after one discontinuity."""
        self._breaks += 1
        self._record.statuses["interrupted"] += 1
        self._record.statuses["live"] += 1
        show_id = self._listener.heard.show_id
        await self._start(refused_until, lambda heard: heard.breaks >= self._breaks)
        if self._listener.heard.show_id != show_id:
            self._note("another show, after an interruption within the time of grace")

    async def _start(self, refused_until: float, heard: Callable[[Heard], bool]) -> None:
        """Start an encoder until it is taken, as one does who is told that another one is live."""
        while True:
            self._encoder = encoder = Encoder(self._sources[0], self._channel.push_url)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_cancel_at_end, encoder, nursery.cancel_scope)
                await self._hear(encoder.started, heard)
                nursery.cancel_scope.cancel()
            if not encoder.ended or not self._may_try_again(encoder, refused_until):
                return
            await trio.sleep(RETRY_S)

    def _may_try_again(self, encoder: Encoder, refused_until: float) -> bool:
        """Look why it ended by itself."""
        said = encoder.last_words()
        if ALREADY_LIVE not in said:
            self._note(f"the encoder ended by itself: {said}")
            return False
        self._record.counts["refused, as another is live"] += 1
        if encoder.started > refused_until:
            self._note(f"still refused {encoder.started - refused_until:.1f} s too long")
            return False
        return True

    async def _hear(self, since: float, heard: Callable[[Heard], bool]) -> None:
        """Wait for what must be heard, within the bound after an encoder's start."""
        timeout_s = since + MAX_START_WAIT_S - trio.current_time()
        if await self._listener.wait_for(heard, timeout_s):
            self._record.starts_s.append(trio.current_time() - since)
        else:
            self._note(f"it did not go on within {MAX_START_WAIT_S:g} s")
        self._listener.steady_since = trio.current_time()

    def _look(self) -> None:
        """See that the show is as it must be after some undisturbed seconds."""
        heard = self._listener.heard
        if heard.breaks != self._breaks:
            self._note(f"{heard.breaks} discontinuities, and there must be {self._breaks}")
            self._breaks = heard.breaks
        if heard.ended:
            self._note("the show has ended while its publisher sends")
        if self._now.ended:
            self._note(f"the encoder ended by itself: {self._now.last_words()}")

    @property
    def _now(self) -> Encoder:
        assert self._encoder is not None
        return self._encoder

    def _note(self, what: str) -> None:
        shows = len(self._listener.shows)
        self._record.note(f"stream {self._channel.number}, show {shows}, {self._last}: {what}")


async def _cancel_at_end(encoder: Encoder, scope: trio.CancelScope) -> None:
    while not encoder.ended:  # noqa: ASYNC110 - another process has no event
        await trio.sleep(END_POLL_S)
    scope.cancel()
