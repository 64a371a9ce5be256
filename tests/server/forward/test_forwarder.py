"""Shows and their relays, with a real store and with targets of our own protocol."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import trio
from support.inline_store import open_inline_store
from trio.abc import Clock
from trio.testing import wait_all_tasks_blocked

from actors.services import Sealing
from actors.services.forwards import Forwards
from media.rtmp import PublishEnded
from server.forward import Forwarder, ForwardStatus
from server.forward.forwarder import RETRY_READ_S
from server.forward.relay import RelayTools
from storage import StoreUnavailable

STREAM = "str_" + "0" * 26
URL = "rtmp://live.example/app"


class Stage:
    def __init__(self, forwards, forwarder, target, gop, configs) -> None:
        self.forwards, self.forwarder, self.target = forwards, forwarder, target
        self.gop, self.configs = gop, configs
        self.second = 0

    async def begin(self) -> None:
        self.forwarder.turned(STREAM, "live")
        self.forwarder.frames(STREAM, self.configs)
        await wait_all_tasks_blocked()

    async def play(self, seconds: int) -> None:
        for _ in range(seconds):
            self.forwarder.frames(STREAM, self.gop(self.second))
            self.second += 1
            await trio.sleep(1)

    def state(self, forward) -> str:
        return self.forwarder.status(STREAM, forward.id).state


@pytest.fixture
async def stage(tmp_path: Path, target, clock, gop, configs) -> AsyncIterator[Stage]:
    with open_inline_store(tmp_path) as store:
        forwards = Forwards(store, Sealing(b"s" * 32), clock, private=False)
        forwarder = Forwarder(forwards, RelayTools(target.dial, clock, lambda: 1.0))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(forwarder.run)
            yield Stage(forwards, forwarder, target, gop, configs)
            nursery.cancel_scope.cancel()


async def test_a_show_goes_to_all_that_are_enabled(stage: Stage, autojump_clock: Clock) -> None:
    one = await stage.forwards.add(STREAM, URL, "one", enabled=True)
    two = await stage.forwards.add(STREAM, URL, "two", enabled=True)
    off = await stage.forwards.add(STREAM, URL, "off", enabled=False)
    assert stage.state(one) == "idle"
    await stage.begin()
    await stage.play(3)
    assert [stage.state(each) for each in (one, two, off)] == ["live", "live", "idle"]
    assert sorted(visit.events[0].stream_key for visit in stage.target.visits) == ["one", "two"]
    assert [visit.keyframes for visit in stage.target.visits] == [[0, 1000, 2000]] * 2
    stage.forwarder.turned(STREAM, "ended")
    await wait_all_tasks_blocked()
    assert all(isinstance(visit.events[-1], PublishEnded) for visit in stage.target.visits)
    assert stage.forwarder.status(STREAM, one.id) == ForwardStatus()


async def test_a_stream_without_forwards_costs_no_connection(
    stage: Stage, autojump_clock: Clock
) -> None:
    await stage.begin()
    await stage.play(2)
    stage.forwarder.turned(STREAM, "ended")
    assert stage.target.tried_s == []


async def test_frames_of_no_show_are_let_go(stage: Stage, autojump_clock: Clock) -> None:
    stage.forwarder.frames(STREAM, stage.gop(0))
    stage.forwarder.turned(STREAM, "ended")
    stage.forwarder.changed(STREAM)
    await wait_all_tasks_blocked()
    assert stage.target.tried_s == []


async def test_what_is_changed_while_on_air_holds_at_once(
    stage: Stage, autojump_clock: Clock
) -> None:
    await stage.begin()
    await stage.play(1)
    made = await stage.forwards.add(STREAM, URL, "late", enabled=True)
    stage.forwarder.changed(STREAM)
    await stage.play(2)
    (first,) = stage.target.visits
    assert first.frames[:2] == stage.configs
    assert first.keyframes[0] == 0
    await stage.forwards.change(STREAM, made.id, key="another")
    stage.forwarder.changed(STREAM)
    await stage.play(2)
    assert isinstance(first.events[-1], PublishEnded)
    assert stage.target.visits[1].events[0].stream_key == "another"
    await stage.forwards.change(STREAM, made.id, enabled=False)
    stage.forwarder.changed(STREAM)
    await stage.play(2)
    assert isinstance(stage.target.visits[1].events[-1], PublishEnded)
    assert stage.state(made) == "idle"
    await stage.forwards.change(STREAM, made.id, enabled=True)
    stage.forwarder.changed(STREAM)
    await stage.play(2)
    assert stage.state(made) == "live"
    await stage.forwards.remove(STREAM, made.id)
    stage.forwarder.changed(STREAM)
    await stage.play(1)
    assert isinstance(stage.target.visits[2].events[-1], PublishEnded)
    assert len(stage.target.visits) == 3


async def test_an_unchanged_one_is_left_in_peace(stage: Stage, autojump_clock: Clock) -> None:
    await stage.forwards.add(STREAM, URL, "one", enabled=True)
    await stage.begin()
    await stage.play(1)
    await stage.forwards.add(STREAM, URL, "two", enabled=True)
    stage.forwarder.changed(STREAM)
    await stage.play(2)
    assert len(stage.target.visits) == 2
    assert stage.target.visits[0].keyframes == [0, 1000, 2000]


async def test_an_interrupted_show_goes_on(stage: Stage, autojump_clock: Clock) -> None:
    made = await stage.forwards.add(STREAM, URL, "one", enabled=True)
    await stage.begin()
    await stage.play(2)
    stage.forwarder.turned(STREAM, "interrupted")
    await trio.sleep(20)
    assert stage.state(made) == "live"
    await stage.begin()
    await stage.play(2)
    (visit,) = stage.target.visits
    assert len(visit.keyframes) == 4


async def test_the_next_show_is_another_one(stage: Stage, autojump_clock: Clock) -> None:
    made = await stage.forwards.add(STREAM, URL, "one", enabled=True)
    await stage.begin()
    await stage.play(2)
    stage.forwarder.turned(STREAM, "ended")
    await stage.begin()
    await stage.play(2)
    assert stage.state(made) == "live"
    assert stage.forwarder.status(STREAM, made.id).reconnects == 0
    assert [visit.keyframes for visit in stage.target.visits] == [[0, 1000]] * 2


async def test_a_store_that_cannot_be_read_is_asked_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, autojump_clock: Clock
) -> None:
    made = await stage.forwards.add(STREAM, URL, "one", enabled=True)

    async def fail(stream_id: str) -> None:
        raise StoreUnavailable("not now")

    with monkeypatch.context() as patched:
        patched.setattr(stage.forwards, "of_stream", fail)
        await stage.begin()
        await stage.play(2)
        assert stage.state(made) == "idle"
    await stage.play(int(RETRY_READ_S))
    assert stage.state(made) == "live"


async def test_goodbyes_are_waited_for_and_not_for_ever(
    stage: Stage, autojump_clock: Clock
) -> None:
    await stage.forwards.add(STREAM, URL, "one", enabled=True)
    await stage.begin()
    await stage.play(2)
    stage.forwarder.turned(STREAM, "ended")
    await stage.forwarder.drain(2)
    assert isinstance(stage.target.visits[0].events[-1], PublishEnded)
    await stage.begin()
    await stage.play(1)
    stage.target.ours[1].send_stream.send_all_hook = trio.sleep_forever
    stage.forwarder.turned(STREAM, "ended")
    began_s = trio.current_time()
    await stage.forwarder.drain(2)
    assert trio.current_time() == pytest.approx(began_s + 2, abs=0.1)
    await stage.forwarder.drain(60)
    assert trio.current_time() < began_s + 10


async def test_a_fault_of_our_own_stays_with_its_forward(
    stage: Stage, autojump_clock: Clock
) -> None:
    good = await stage.forwards.add(STREAM, URL, "good", enabled=True)
    bad = await stage.forwards.add(STREAM, "rtmp://bad.example/app", "bad", enabled=True)
    dial = stage.target.dial

    def fail(target):
        if target.host == "bad.example":
            raise ZeroDivisionError
        return dial(target)

    stage.forwarder._tools = replace(stage.forwarder._tools, dial=fail)
    await stage.begin()
    await stage.play(3)
    assert stage.state(good) == "live"
    assert stage.state(bad) == "refused"
    assert "has a fault" in stage.forwarder.status(STREAM, bad.id).error
    stage.forwarder._tools = replace(stage.forwarder._tools, dial=dial)
    for enabled in (False, True):
        await stage.forwards.change(STREAM, bad.id, enabled=enabled)
        stage.forwarder.changed(STREAM)
        await stage.play(2)
    assert stage.state(bad) == "live"
