"""Ingest health by way of the stream's actor, in virtual time."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
import trio
from support.ingest_story import Push, Story
from support.stage import Encoder, Stage
from trio.abc import Clock

from actors.kernel import Ref
from actors.stream import (
    DeleteStream,
    Publish,
    PublisherLeft,
    PublishFrames,
    ReadHealth,
    StopShow,
    StreamActor,
    StreamMessage,
    StreamNotFound,
)
from actors.stream.actor import GRACE_S
from actors.stream.health import SERIES_POINTS, Health, HealthReport, State
from media.frames import Frame

TICK_S = 0.04


class Live:
    """An encoder that sends to the actor itself, in real (virtual) time."""

    def __init__(self, stage: Stage, frames: Sequence[Frame]) -> None:
        self.stage = stage
        self.encoder = Encoder()
        self._frames: list[Frame] = []
        self._story = Story(frames, Push(kbps=400))
        self._story._deliver = self._frames.extend  # type: ignore[method-assign]  # made here, sent below
        self._story.connect()
        self.ref: Ref[StreamMessage]

    async def connect(self) -> None:
        self.ref = await self.stage.streams.get_or_start(self.stage.stream_id)
        self.encoder = Encoder()
        self._story.connect()
        await self.ref.ask(Publish(self.encoder, self.stage.key, "OBS 30"))

    async def play(self, seconds: float) -> None:
        until_s = trio.current_time() + seconds
        while trio.current_time() < until_s - TICK_S / 2:
            await trio.sleep(TICK_S)
            self._story._send()
            frames, self._frames[:] = list(self._frames), []
            await self.ref.ask(PublishFrames(self.encoder, frames))

    async def drop(self) -> None:
        await self.ref.tell(PublisherLeft(self.encoder, deliberate=False))
        await trio.testing.wait_all_tasks_blocked()

    async def report(self) -> HealthReport:
        return await self.stage.streams.ask(self.stage.stream_id, ReadHealth())

    async def now(self) -> Health:
        return (await self.report()).now


@pytest.fixture
async def live(stage: Stage, show_frames: list[Frame]) -> Live:
    live = Live(stage, show_frames)
    await live.connect()
    return live


async def test_before_its_first_show_a_stream_is_offline(
    stage: Stage, autojump_clock: Clock
) -> None:
    report = await stage.streams.ask(stage.stream_id, ReadHealth())
    assert report.series == ()
    now = report.now
    assert (now.state, now.on_air, now.status, now.point) == (State.OFFLINE, False, "idle", None)
    assert (now.started_at_ms, now.uptime_s, now.video, now.audio) == (None, 0, None, None)


async def test_a_point_a_second_while_on_air(live: Live, autojump_clock: Clock) -> None:
    live.stage.tools.viewers.now = 7  # type: ignore[attr-defined]  # the stage's own
    await live.play(20)
    report = await live.report()
    now = report.now
    assert (now.state, now.status, now.encoder, now.viewers) == (State.GOOD, "live", "OBS 30", 7)
    assert now.uptime_s == pytest.approx(20, abs=0.2)
    assert now.video is not None
    assert now.video.kbps == pytest.approx(400, rel=0.1)
    assert now.audio is not None
    assert len(report.series) in (19, 20)
    assert {b.at_ms - a.at_ms for a, b in pairwise(report.series)} == {1_000}
    assert report.series[-1] == now.point


async def test_the_series_ends_at_five_minutes(live: Live, autojump_clock: Clock) -> None:
    for _ in range(4):
        await live.play(10)
        await live.drop()
        await trio.sleep(GRACE_S - 1)
        await live.connect()
    await live.play(160)
    report = await live.report()
    assert len(report.series) == SERIES_POINTS
    assert report.series[0].kbps == report.series[10].kbps == 0  # a gap
    assert report.now.reconnects == 4


async def test_in_the_time_of_grace_it_goes_on(live: Live, autojump_clock: Clock) -> None:
    await live.play(5)
    await live.drop()
    await trio.sleep(10)
    report = await live.report()
    now = report.now
    assert (now.state, now.status, now.on_air) == (State.BAD, "interrupted", True)
    assert [verdict.code for verdict in now.verdicts] == ["no_media"]
    assert "within 21 s" in now.verdicts[0].text
    assert [point.kbps for point in report.series[-9:]] == [0] * 9
    await live.connect()
    await live.play(5)
    now = await live.now()
    assert (now.status, now.reconnects) == ("live", 1)
    assert [verdict.code for verdict in now.verdicts] == ["reconnects"]


async def test_a_silent_encoder_is_seen_before_it_is_put_off(
    live: Live, autojump_clock: Clock
) -> None:
    await live.play(5)
    await trio.sleep(6)
    (verdict,) = (await live.now()).verdicts
    assert (verdict.code, verdict.level) == ("no_media", "bad")
    assert "Nothing has arrived for 6 s" in verdict.text or "for 5 s" in verdict.text


async def test_after_the_end_it_is_offline_and_the_series_stays(
    live: Live, autojump_clock: Clock
) -> None:
    await live.play(10)
    assert await live.stage.streams.ask(live.stage.stream_id, StopShow())
    report = await live.report()
    now = report.now
    assert (now.state, now.on_air, now.status, now.kbps) == (State.OFFLINE, False, "ended", 0)
    assert (now.verdicts, now.video, now.audio, now.uptime_s) == ((), None, None, 0)
    points = len(report.series)
    assert points >= 9
    await trio.sleep(30)
    assert len((await live.report()).series) == points  # nobody looks any more


async def test_the_next_show_begins_anew(live: Live, autojump_clock: Clock) -> None:
    await live.play(5)
    await live.drop()
    await live.connect()
    await live.play(5)
    await live.stage.streams.ask(live.stage.stream_id, StopShow())
    await live.connect()
    await live.play(5)
    report = await live.report()
    assert (report.now.reconnects, report.now.state) == (0, State.GOOD)
    assert len(report.series) in (4, 5)
    assert {b.at_ms - a.at_ms for a, b in pairwise(report.series)} == {1_000}  # one look a second


async def test_who_follows_hears_each_second_and_of_the_end(
    live: Live, autojump_clock: Clock
) -> None:
    board = live.stage.tools.board
    heard = board.follow_health(live.stage.stream_id)
    await live.play(5.5)
    assert heard.version == 5
    assert heard.value is not None
    assert heard.value.on_air
    assert board.count_states() == {State.GOOD: 1}
    await live.stage.streams.ask(live.stage.stream_id, StopShow())
    assert heard.version == 6
    assert heard.value is not None
    assert heard.value.state is State.OFFLINE
    assert board.count_states() == {}
    board.unfollow_health(live.stage.stream_id)
    await live.connect()
    await live.play(3)
    assert heard.version == 6


async def test_a_crash_ends_the_show_and_tells_so(
    live: Live, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = live.stage.tools.board.follow_health(live.stage.stream_id)
    await live.play(3)
    with monkeypatch.context() as broken:
        broken.setattr(StreamActor, "_lose_publisher", _crash)
        await live.drop()
        await trio.sleep(1)
    assert heard.value is not None
    assert heard.value.state is State.OFFLINE
    assert live.stage.tools.board.count_states() == {}
    assert (await live.now()).status == "ended"


def _crash(*_: object) -> None:
    raise RuntimeError("a fault on purpose")


async def test_of_a_stream_that_is_gone_nothing_is_said(live: Live, autojump_clock: Clock) -> None:
    await live.play(2)
    await live.stage.streams.ask(live.stage.stream_id, DeleteStream())
    with pytest.raises(StreamNotFound):
        await live.report()
    assert live.stage.tools.board.count_states() == {}
