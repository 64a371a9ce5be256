import pytest
import trio
from trio.abc import Clock

from media.frames import AudioConfig, AudioFrame, Codec, Frame, VideoConfig, VideoFrame
from server.forward.queue import MAX_QUEUED_BYTES, MAX_QUEUED_FRAMES, FrameQueue

AVC, HEVC = VideoConfig(Codec.H264, b"avc"), VideoConfig(Codec.HEVC, b"hevc")
AAC = AudioConfig(Codec.AAC, b"aac")
ALL = 1 << 30


def key(at: int, size: int = 10) -> VideoFrame:
    return VideoFrame(at, 0, True, bytes(size))


def delta(at: int) -> VideoFrame:
    return VideoFrame(at, 0, False, b"delta")


def sound(at: int) -> AudioFrame:
    return AudioFrame(at, b"sound")


def test_it_begins_with_the_configurations_and_a_key_frame() -> None:
    queue = FrameQueue([AAC, AVC])
    queue.push([delta(0), sound(5)])
    assert queue.take(ALL) == []
    queue.push([delta(40), sound(45), key(80), sound(85), delta(120)])
    assert queue.take(ALL) == [AAC, AVC, key(80), sound(85), delta(120)]
    assert queue.codecs == {Codec.AAC, Codec.H264}


def test_the_newest_configurations_count() -> None:
    queue = FrameQueue([AAC, AVC])
    queue.push([HEVC, delta(0), key(40)])
    assert queue.take(ALL) == [AAC, HEVC, key(40)]
    queue.push([AVC, key(80)])
    assert queue.take(ALL) == [AVC, key(80)]


def test_sound_alone_begins_with_its_next_frame() -> None:
    queue = FrameQueue()
    queue.push([sound(0) for _ in range(2)] + [AAC, sound(20)])
    assert queue.take(ALL) == [sound(0), sound(0), AAC, sound(20)]


def test_a_picture_that_joins_the_sound_begins_with_a_key_frame() -> None:
    queue = FrameQueue([AAC])
    queue.push([sound(0), key(0), AVC, delta(20), sound(20), key(40), delta(60)])
    assert queue.take(ALL) == [AAC, sound(0), AVC, sound(20), key(40), delta(60)]


FLOODS: dict[str, list[Frame]] = {
    "bytes": [delta(40), key(80, MAX_QUEUED_BYTES)],
    "frames": [delta(at) for at in range(MAX_QUEUED_FRAMES)],
}


@pytest.mark.parametrize("bound", FLOODS)
def test_past_a_bound_whole_groups_of_pictures_are_dropped(bound: str) -> None:
    flood = FLOODS[bound]
    queue = FrameQueue([AAC, AVC])
    queue.push([key(0)])
    queue.push(flood)
    assert len(queue) == 0
    assert queue.dropped_frames == 3 + len(flood)
    queue.push([delta(9_000), sound(9_005)])
    assert queue.take(ALL) == []
    queue.push([key(9_040), delta(9_080)])
    assert queue.take(ALL) == [AAC, AVC, key(9_040), delta(9_080)]


def test_it_holds_no_more_than_its_bounds_however_long_nobody_takes() -> None:
    queue = FrameQueue([AVC])
    for second in range(2_000):
        queue.push([key(second * 1000, 90_000), *(delta(second * 1000 + n) for n in range(59))])
        assert len(queue) <= MAX_QUEUED_FRAMES
        assert queue._bytes <= MAX_QUEUED_BYTES
    left = queue.take(ALL)
    assert queue._bytes == 0
    assert left[:2] == [AVC, left[1]]
    assert queue.dropped_frames + len(left) >= 2_000 * 60


def test_what_is_taken_at_once_is_bounded_and_kept_in_order() -> None:
    queue = FrameQueue([AVC])
    frames = [key(0, 100), key(1, 100), key(2, 1000), key(3, 100)]
    queue.push(frames)
    assert queue.take(150) == [AVC, *frames[:2]]
    assert queue.take(1) == [frames[2]]
    assert queue.take(150) == [frames[3]]


def test_after_an_interruption_the_next_publisher_has_configurations_of_its_own() -> None:
    queue = FrameQueue([AAC, AVC])
    queue.push([key(0)])
    queue.interrupt()
    queue.push([delta(5), sound(10), AAC, sound(30)])
    assert queue.take(ALL) == [AAC, AVC, key(0), sound(10), AAC, sound(30)]
    assert queue.codecs == {Codec.AAC}


def test_what_comes_while_it_is_held_is_lost_but_for_configurations() -> None:
    queue = FrameQueue([AVC])
    queue.push([key(0)])
    queue.hold()
    assert queue.dropped_frames == 2
    queue.push([key(40), AAC, delta(60)])
    assert queue.take(ALL) == []
    queue.resume()
    queue.push([delta(80), key(120)])
    assert queue.take(ALL) == [AVC, AAC, key(120)]


async def test_waiting_ends_with_a_frame_and_with_the_end(autojump_clock: Clock) -> None:
    queue = FrameQueue([AVC])
    with trio.move_on_after(1) as nothing:
        await queue.wait()
    assert nothing.cancelled_caught
    queue.push([delta(0)])
    with trio.move_on_after(1) as nothing:
        await queue.wait()
    assert nothing.cancelled_caught
    queue.push([key(40)])
    await queue.wait()
    queue.take(ALL)
    with trio.move_on_after(1) as nothing:
        await queue.wait()
    assert nothing.cancelled_caught
    queue.end()
    await queue.wait()
    await queue.wait_ended()
    assert queue.take(ALL) == []
    await queue.wait()
