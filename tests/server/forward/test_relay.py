"""A target's life in virtual time, with our own server's protocol as the target."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
import trio
from trio.abc import Clock
from trio.testing import wait_all_tasks_blocked

from actors.services.forwards import Forward
from media.frames import AudioConfig, AudioFrame, Codec
from media.rtmp import PublishEnded, PublishRequested
from server.forward.queue import MAX_QUEUED_BYTES, FrameQueue
from server.forward.relay import LONGEST_PAUSE_S, STEADY_S, Relay, RelayTools
from server.forward.session import GOODBYE_S, PUBLISH_TIMEOUT_S, SEND_TIMEOUT_S
from server.forward.status import ForwardStatus

KEY = "live_1234"
FORWARD = Forward("fwd_1", "rtmp://live.example/app", "sealed", True, 1)


@asynccontextmanager
async def relaying(target, clock, configs, key=KEY) -> AsyncIterator[Relay]:
    relay = Relay(FORWARD, key, FrameQueue(configs), RelayTools(target.dial, clock, lambda: 1.0))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(relay.run)
        yield relay
        relay.queue.end()


async def play(relay, gop, seconds, size=100):
    """A show in real time, as it is virtual: one group of pictures a second."""
    for second in seconds:
        relay.queue.push(gop(second, size))
        await trio.sleep(1)


async def test_a_show_is_passed_on_to_its_end(
    target, clock, gop, configs, autojump_clock: Clock
) -> None:
    async with relaying(target, clock, configs) as relay:
        await wait_all_tasks_blocked()
        assert relay.status().state == "idle"
        assert target.visits == []
        await play(relay, gop, range(5))
        status = relay.status()
        assert (status.state, status.error, status.reconnects) == ("live", None, 0)
        assert status.since_ms == clock.now_ms() - 5000
        assert status.kbps > 0
    (visit,) = target.visits
    asked = visit.events[0]
    assert isinstance(asked, PublishRequested)
    assert (asked.app, asked.stream_key, asked.tc_url) == ("app", KEY, "rtmp://live.example/app")
    assert visit.frames == [*configs, *(frame for second in range(5) for frame in gop(second))]
    assert isinstance(visit.events[-1], PublishEnded)
    assert relay.status() == ForwardStatus("idle", clock.now_ms(), relay.status().kbps)


async def test_a_lost_connection_is_made_again_from_a_key_frame_on(
    target, clock, gop, configs, autojump_clock: Clock
) -> None:
    async with relaying(target, clock, configs) as relay:
        await play(relay, gop, range(3))
        relay.queue.push(gop(3)[:10])
        await trio.aclose_forcefully(target.visits[0].stream)
        await wait_all_tasks_blocked()
        lost = relay.status()
        assert (lost.state, lost.error) == ("retrying", "It closed the connection.")
        relay.queue.push(gop(3)[10:])
        await trio.sleep(1.5)
        await play(relay, gop, range(5, 8))
        back = relay.status()
        assert (back.state, back.error, back.reconnects) == ("live", None, 1)
    second = target.visits[1]
    assert second.frames[:2] == configs
    assert second.keyframes == [0, 1000, 2000]  # of the new connection's own time


async def test_pauses_grow_and_a_steady_connection_begins_anew(
    target, clock, gop, configs, autojump_clock: Clock
) -> None:
    target.down = "Nobody answers."
    async with relaying(target, clock, configs) as relay, trio.open_nursery() as nursery:
        nursery.start_soon(play, relay, gop, range(400))
        await trio.sleep(250)
        gaps = [after - before for before, after in pairwise(target.tried_s)]
        for gap, pause in zip(gaps, [1, 2, 4, 8, 16, 32, 60, 60], strict=False):
            assert pause <= gap <= pause + 1.1  # and then the next key frame
        assert gaps[-1] <= LONGEST_PAUSE_S + 1.1
        assert relay.status().error == "Nobody answers."
        target.down = None
        await trio.sleep(70 + STEADY_S)
        assert relay.status().state == "live"
        await trio.aclose_forcefully(target.visits[0].stream)
        await trio.sleep(2.5)
        assert relay.status().state == "live"
        nursery.cancel_scope.cancel()


async def test_a_refusal_is_told_without_the_key(
    target, clock, gop, configs, autojump_clock: Clock
) -> None:
    target.refusal = ("NetStream.Publish.Denied", f"We know no {KEY} here.")
    async with relaying(target, clock, configs) as relay:
        await play(relay, gop, range(1))
        status = relay.status()
        assert (status.state, status.error) == ("refused", "We know no (key) here.")
        target.refusal = None
        await play(relay, gop, range(1, 4))
        assert relay.status().state == "live"


async def test_a_target_that_never_reads_is_given_up_and_holds_little(
    target, clock, gop, configs, autojump_clock: Clock
) -> None:
    async with relaying(target, clock, configs) as relay:
        await play(relay, gop, range(2))
        stream = target.visits[0].stream
        stuck = trio.Event()

        async def never() -> None:
            stuck.set()
            await trio.sleep_forever()

        relay_end = target.ours[0]
        relay_end.send_stream.send_all_hook = never
        began_s = trio.current_time()
        for second in range(2, 2 + int(SEND_TIMEOUT_S)):
            relay.queue.push(gop(second, 30_000))  # 6 Mbit/s
            await trio.sleep(1 - 1e-3)
            assert relay.queue._bytes <= MAX_QUEUED_BYTES
        assert stuck.is_set()
        assert relay.queue.dropped_frames > 0
        await trio.sleep(1)
        assert trio.current_time() - began_s < SEND_TIMEOUT_S + 2
        assert relay.status().state == "retrying"
        assert "takes too little" in relay.status().error
        assert stream is target.visits[-1].stream


async def test_a_target_that_says_nothing_is_given_up(
    target, clock, gop, configs, autojump_clock: Clock
) -> None:
    target.silent = True
    async with relaying(target, clock, configs) as relay:
        await play(relay, gop, range(int(PUBLISH_TIMEOUT_S)))
        assert relay.status().state == "connecting"
        await play(relay, gop, range(20, 21))
        assert relay.status().error == "It did not take the show within 15 s."


async def test_a_target_that_hangs_up_before_it_takes_the_show(
    target, clock, gop, configs, autojump_clock: Clock
) -> None:
    target.silent = True
    async with relaying(target, clock, configs) as relay:
        relay.queue.push(gop(0))
        await wait_all_tasks_blocked()
        await target.visits[0].stream.aclose()
        await wait_all_tasks_blocked()
        assert relay.status().error == (
            "It closed the connection without taking the show: is the key right?"
        )


async def test_no_rtmp_at_all(target, clock, gop, configs, autojump_clock: Clock) -> None:
    target.silent = True
    async with relaying(target, clock, configs) as relay:
        relay.queue.push(gop(0))
        await wait_all_tasks_blocked()
        await target.visits[0].stream.send_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await wait_all_tasks_blocked()
        assert relay.status().state == "retrying"
        assert relay.status().error.startswith("It does not speak RTMP as it should: ")


async def test_a_codec_that_the_target_does_not_take(
    target, clock, gop, autojump_clock: Clock
) -> None:
    target.old = True
    opus = AudioConfig(Codec.OPUS, b"OpusHead\1\2" + bytes(9))
    async with relaying(target, clock, [opus]) as relay:
        relay.queue.push([AudioFrame(0, b"a")])
        await wait_all_tasks_blocked()
        status = relay.status()
        assert status.state == "refused"
        assert status.error == "It does not say that it takes OPUS audio: send AAC."


async def test_an_interruption_is_waited_through(
    target, clock, gop, configs, autojump_clock: Clock
) -> None:
    async with relaying(target, clock, configs) as relay:
        await play(relay, gop, range(2))
        relay.queue.interrupt()
        await trio.sleep(25)
        assert relay.status().state == "live"
        relay.queue.push([*configs, *gop(0)])
        await wait_all_tasks_blocked()
    (visit,) = target.visits
    assert visit.keyframes == [0, 1000, 1961]
    assert visit.frames.count(configs[0]) == 2


async def test_while_interrupted_nothing_is_dialled(
    target, clock, gop, configs, autojump_clock: Clock
) -> None:
    async with relaying(target, clock, configs) as relay:
        await play(relay, gop, range(2))
        relay.queue.interrupt()
        await trio.aclose_forcefully(target.visits[0].stream)
        await trio.sleep(25)
        assert len(target.tried_s) == 1
        assert relay.status().state == "retrying"
        relay.queue.push([*configs, *gop(0)])
        await wait_all_tasks_blocked()
        assert relay.status().state == "live"


async def test_the_end_comes_at_once_in_a_pause_too(
    target, clock, gop, configs, autojump_clock: Clock
) -> None:
    target.down = "Nobody answers."
    async with relaying(target, clock, configs) as relay:
        await play(relay, gop, range(60))
        ended_s = trio.current_time()
    assert trio.current_time() == ended_s
    assert relay.status().state == "idle"


async def test_the_goodbye_ends_when_the_target_has_closed_and_not_much_later_if_it_does_not(
    target, clock, gop, configs, autojump_clock: Clock
) -> None:
    for closes, wanted_s in ((True, 0), (False, GOODBYE_S)):
        target.closes = closes
        async with relaying(target, clock, configs) as relay:
            await play(relay, gop, range(2))
            ended_s = trio.current_time()
        assert trio.current_time() == pytest.approx(ended_s + wanted_s)
        assert isinstance(target.visits[-1].events[-1], PublishEnded)
        assert relay.status().error is None


async def test_a_key_that_can_be_read_no_more(
    target, clock, gop, configs, autojump_clock: Clock
) -> None:
    async with relaying(target, clock, configs, key=None) as relay:
        await play(relay, gop, range(1))
        assert relay.status().state == "refused"
        assert "enter the key again" in relay.status().error
    assert target.visits == []
