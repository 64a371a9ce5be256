"""Targets without sockets: our own server's protocol at the other end of a pair of streams."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
import trio
from support.rtmp_client import AAC_RECORD, AVC_RECORD
from trio.abc import Stream
from trio.testing import memory_stream_pair

from actors.services.forward_target import Target
from media.frames import AudioConfig, AudioFrame, Codec, Frame, VideoConfig, VideoFrame
from media.rtmp import Event, Media, PublishRequested, RtmpConnection
from server.forward.faults import Lost

AVC = VideoConfig(Codec.H264, AVC_RECORD)
AAC = AudioConfig(Codec.AAC, AAC_RECORD)
GOP_MS = 1000


class StageClock:
    """Wall time that runs with trio's virtual time."""

    def now_ms(self) -> int:
        return 1_800_000_000_000 + round(trio.current_time() * 1000)


def gop(second: int, size: int = 100) -> list[Frame]:
    """One second of a show: a key frame, pictures and sound."""
    at = second * GOP_MS
    frames: list[Frame] = [VideoFrame(at, 0, True, b"k" * size)]
    for tick in range(1, 25):
        frames.append(VideoFrame(at + 40 * tick, 0, False, b"p" * size))
        frames.append(AudioFrame(at + 40 * tick, b"a" * 20))
    return frames


@dataclass
class Visit:
    """One connection to the target: what it asked, and what came."""

    stream: Stream
    events: list[Event] = field(default_factory=list)

    @property
    def frames(self) -> list[Frame]:
        return [event.frame for event in self.events if isinstance(event, Media)]

    @property
    def keyframes(self) -> list[int]:
        return [f.dts_ms for f in self.frames if isinstance(f, VideoFrame) and f.keyframe]


@dataclass
class FakeTarget:
    """Takes shows as told: ``down`` and ``refusal`` may change at any time.

    A ``silent`` one answers nothing, an ``old`` one says nothing of newer codecs; one that never
    ``closes`` leaves the end to us.
    """

    nursery: trio.Nursery
    down: str | None = None
    refusal: tuple[str, str] | None = None
    silent: bool = False
    old: bool = False
    closes: bool = True
    visits: list[Visit] = field(default_factory=list)
    ours: list[trio.StapledStream] = field(default_factory=list)
    tried_s: list[float] = field(default_factory=list)

    @asynccontextmanager
    async def dial(self, target: Target) -> AsyncIterator[Stream]:
        self.tried_s.append(trio.current_time())
        if self.down is not None:
            raise Lost(self.down)
        ours, theirs = memory_stream_pair()
        self.ours.append(ours)
        visit = Visit(theirs)
        self.visits.append(visit)
        if not self.silent:
            self.nursery.start_soon(self._serve_until_gone, visit)
        try:
            yield ours
        finally:
            await trio.aclose_forcefully(ours)

    async def _serve_until_gone(self, visit: Visit) -> None:
        with suppress(trio.ClosedResourceError, trio.BrokenResourceError):
            await self._serve(visit)

    async def _serve(self, visit: Visit) -> None:
        rtmp = RtmpConnection()
        while data := await visit.stream.receive_some():
            if self.old:
                data = data.replace(b"fourCc", b"fiveCc").replace(b"FourCc", b"FiveCc")
            rtmp.receive_data(data)
            while (event := rtmp.next_event()) is not None:
                visit.events.append(event)
                if isinstance(event, PublishRequested):
                    if self.refusal is None:
                        rtmp.accept_publish()
                    else:
                        rtmp.refuse_publish(*self.refusal)
            if answer := rtmp.data_to_send():
                await visit.stream.send_all(answer)
        if self.closes:
            await visit.stream.aclose()


@pytest.fixture
def clock() -> StageClock:
    return StageClock()


@pytest.fixture
async def target() -> AsyncIterator[FakeTarget]:
    async with trio.open_nursery() as nursery:
        yield FakeTarget(nursery)
        nursery.cancel_scope.cancel()


@pytest.fixture(name="gop")
def gop_fixture():
    return gop


@pytest.fixture
def configs() -> list[VideoConfig | AudioConfig]:
    return [AAC, AVC]
