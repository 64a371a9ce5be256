import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.timeline import (
    JUMP_AHEAD_MS,
    JUMP_BACK_MS,
    RESYNC_MS,
    AudioClock,
    MediaType,
    Step,
    Timeline,
)

VIDEO, AUDIO = MediaType.VIDEO, MediaType.AUDIO
RATE = 48_000
FRAME = 1024


def started(at_ms: int = 0, dts_ms: int = 1_000_000) -> Timeline:
    timeline = Timeline()
    timeline.begin(dts_ms, at_ms)
    assert timeline.place(VIDEO, dts_ms) == (at_ms, Step.STEADY)
    assert timeline.place(AUDIO, dts_ms + 5) == (at_ms + 5, Step.STEADY)
    return timeline


def test_both_tracks_keep_their_distance():
    timeline = started(at_ms=500)
    assert timeline.place(VIDEO, 1_000_040) == (540, Step.STEADY)
    assert timeline.place(AUDIO, 1_000_026) == (526, Step.STEADY)
    assert timeline.newest_ms == 540


@pytest.mark.parametrize("back_ms", [1, 39, JUMP_BACK_MS])
def test_a_little_back_is_jitter(back_ms):
    timeline = started(at_ms=5_000)
    assert timeline.place(VIDEO, 1_000_000 - back_ms) == (5_000 - back_ms, Step.STEADY)


@pytest.mark.parametrize("ahead_ms", [JUMP_AHEAD_MS, 40, 0])
def test_a_gap_is_no_jump(ahead_ms):
    assert started().place(VIDEO, 1_000_005 + ahead_ms)[1] is Step.STEADY


@pytest.mark.parametrize(
    "to_ms", [0, 1_000_000 - JUMP_BACK_MS - 1, 1_000_006 + JUMP_AHEAD_MS, -(2**32), 2**40]
)
@pytest.mark.parametrize("order", [(VIDEO, AUDIO), (AUDIO, VIDEO)])
def test_a_jump_takes_both_tracks_along(to_ms, order):
    timeline = started()
    first, second = order
    time_ms, step = timeline.place(first, to_ms)
    assert step is Step.JUMPED
    assert 5 <= time_ms <= 6
    # Frames of the old clock may still follow on the other track; they go on as before.
    assert timeline.place(second, 1_000_040) == (40, Step.STEADY)
    assert timeline.place(second, to_ms + 70) == (time_ms + 70, Step.FOLLOWED)
    assert timeline.place(first, to_ms + 80) == (time_ms + 80, Step.STEADY)
    assert timeline.jumps == 1


def test_one_track_may_jump_alone():
    timeline = started()
    timeline.place(VIDEO, 0)
    for i in range(1, 100):
        assert timeline.place(AUDIO, 1_000_005 + 20 * i) == (5 + 20 * i, Step.STEADY)
        assert timeline.place(VIDEO, 20 * i)[1] is Step.STEADY
    assert timeline.jumps == 1


def test_a_track_on_a_clock_of_its_own_is_placed_by_arrival():
    timeline = Timeline()
    timeline.begin(90_000_000, 0)
    timeline.place(VIDEO, 90_000_000)
    assert timeline.place(AUDIO, 0) == (1, Step.JUMPED)
    assert timeline.place(AUDIO, 21) == (22, Step.STEADY)


@given(st.lists(st.tuples(st.sampled_from(MediaType), st.integers(-(2**34), 2**34)), max_size=60))
def test_no_time_is_ever_far_from_the_newest(frames):
    timeline = Timeline()
    timeline.begin(0, 0)
    newest = 0
    last = dict.fromkeys(MediaType, 0)
    for media, dts_ms in frames:
        time_ms, _ = timeline.place(media, dts_ms)
        assert time_ms <= max(newest, last[media] + 1) + JUMP_AHEAD_MS
        assert time_ms >= min(last[media] - JUMP_BACK_MS, newest - JUMP_AHEAD_MS)
        newest = max(newest, time_ms)
        assert timeline.newest_ms == newest
        last[media] = time_ms


def test_audio_time_is_counted_in_samples():
    clock = AudioClock(RATE, 0)
    placed = [clock.place(round(i * FRAME * 1000 / RATE), FRAME) for i in range(10_000)]
    assert placed == [i * FRAME for i in range(10_000)]


@given(st.lists(st.integers(-RESYNC_MS + 1, RESYNC_MS - 1), max_size=50))
def test_jitter_does_not_move_a_sample(jitter):
    clock = AudioClock(RATE, 0)
    assert clock.place(0, FRAME) == 0
    for i, offset_ms in enumerate(jitter, 1):
        assert clock.place(round(i * FRAME * 1000 / RATE) + offset_ms, FRAME) == i * FRAME


def test_a_gap_places_audio_by_the_clock():
    clock = AudioClock(RATE, 0)
    clock.place(0, FRAME)
    assert clock.place(1_000, FRAME) == 48_000
    assert clock.place(1_021, FRAME) == 48_000 + FRAME


def test_audio_that_overlaps_is_refused_until_it_fits():
    clock = AudioClock(RATE, 48_000)
    assert clock.place(900, FRAME) is None
    assert clock.place(979, FRAME) is None
    assert clock.place(1_001, FRAME) == 48_048
    assert clock.place(1_021, FRAME) == 48_048 + FRAME


def test_out_of_step_even_a_small_overlap_is_refused():
    clock = AudioClock(RATE, 0)
    clock.place(0, FRAME)
    clock.lose_step()
    assert clock.place(20, FRAME) is None
    assert clock.place(22, FRAME) == 1056


@given(st.lists(st.integers(0, 10_000), max_size=60))
def test_audio_times_only_rise(times_ms):
    clock = AudioClock(44_100, 0)
    end = 0
    for time_ms in times_ms:
        ticks = clock.place(time_ms, FRAME)
        if ticks is not None:
            assert ticks >= end
            end = ticks + FRAME
            assert clock.next_ticks == end


def test_frames_may_last_differently():
    clock = AudioClock(RATE, 0)
    assert clock.place(0, 960) == 0
    assert clock.place(20, 2880) == 960
    assert clock.place(81, 120) == 3840
    assert clock.next_ticks == 3960
