from media.hls.start import AUDIO_ONLY_AFTER_MS, MAX_HELD_FRAMES, StartGate


def offer(gate, frame, now_ms=1, *, video=True, audio=True):
    return gate.offer(frame, now_ms, has_video=video, has_audio=audio)


def test_audio_from_before_the_first_keyframe_is_left_out(material):
    gate = StartGate(10_000)
    for time_ms in (80, 100, 120):
        assert offer(gate, material.sound(time_ms)) is None
    assert offer(gate, material.picture(99)) is None
    start = offer(gate, material.picture(100, key=True), 77)
    assert [frame.dts_ms for frame in start.frames] == [100, 100, 120]
    assert start.now_ms == 77


def test_audio_alone_waits_a_little_for_video(material):
    gate = StartGate(10_000)
    assert offer(gate, material.sound(0), 50, video=False) is None
    assert offer(gate, material.sound(AUDIO_ONLY_AFTER_MS - 1), 60, video=False) is None
    start = offer(gate, material.sound(AUDIO_ONLY_AFTER_MS), 70, video=False)
    assert len(start.frames) == 3
    assert start.now_ms == 50


def test_audio_waits_longer_for_video_that_is_announced(material):
    gate = StartGate(10_000)
    assert offer(gate, material.sound(0)) is None
    assert offer(gate, material.sound(9_999)) is None
    assert len(offer(gate, material.sound(10_000)).frames) == 3


def test_a_clock_that_goes_back_ends_the_wait(material):
    gate = StartGate(10_000)
    assert offer(gate, material.sound(5_000)) is None
    assert len(offer(gate, material.sound(0)).frames) == 2


def test_frames_of_a_track_not_announced_are_dropped(material):
    gate = StartGate(10_000)
    assert offer(gate, material.sound(0), audio=False) is None
    assert offer(gate, material.picture(0, key=True), video=False) is None
    assert offer(gate, material.picture(0, key=True)).frames == [material.picture(0, key=True)]


def test_what_is_held_is_bounded(material):
    gate = StartGate(10_000)
    for _ in range(MAX_HELD_FRAMES - 1):
        assert offer(gate, material.sound(0)) is None
    assert len(offer(gate, material.sound(0)).frames) == MAX_HELD_FRAMES


def test_reset_forgets(material):
    gate = StartGate(10_000)
    offer(gate, material.sound(0))
    gate.reset()
    assert len(offer(gate, material.picture(0, key=True)).frames) == 1
