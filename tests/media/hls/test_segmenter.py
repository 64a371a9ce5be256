"""The rules of segments, case by case."""

from itertools import pairwise

import pytest

from media.codecs import CodecError
from media.frames import AudioFrame, Codec, VideoConfig, VideoFrame
from media.hls import InitSegmentError, SegmentSettings
from media.hls.segmenter import MAX_OPEN_BYTES


@pytest.mark.parametrize(
    ("gop", "target_duration_s", "duration_s"),
    [(25, 2, 2.0), (50, 2, 2.0), (60, 3, 2.4), (75, 3, 3.0), (33, 3, 2.64), (10, 2, 2.0)],
)
def test_segments_end_at_the_first_keyframe_past_the_target(
    rehearse, material, gop, target_duration_s, duration_s
):
    stage = rehearse()
    stage.push(material.configs + material.show(0, 20_000, gop=gop))
    listener = stage.listener
    assert listener.target_duration_s == target_duration_s
    assert set(listener.durations("video")) == {duration_s}
    assert all(fragment.sync[0] for fragment in listener.fragments["video"].values())
    assert all(abs(duration - duration_s) < 0.03 for duration in listener.durations("audio")[1:])


def test_jitter_of_a_millisecond_does_not_double_a_segment(rehearse, material):
    stage = rehearse()
    times = [round(i * 1001 / 30) + (i % 3) - 1 for i in range(600)]  # 29.97 frames a second
    stage.push([material.video_config])
    stage.push([material.picture(t, key=i % 60 == 0) for i, t in enumerate(times)])
    assert stage.listener.target_duration_s == 2
    assert all(1.99 < duration < 2.01 for duration in stage.listener.durations("video"))


def test_no_frame_is_lost_or_changed(rehearse, material):
    stage = rehearse()
    frames = material.show(5_000, 17_000)
    stage.push(material.configs + frames, at_once=7)
    stage.end()
    for name, kind in (("video", VideoFrame), ("audio", AudioFrame)):
        assert stage.listener.samples(name) == [f.data for f in frames if isinstance(f, kind)]


def test_first_gop_is_measured_for_ten_seconds_at_most(rehearse, material):
    stage = rehearse()
    stage.push(material.configs + material.show(0, 25_000, gop=10_000))
    assert stage.listener.target_duration_s == 10
    assert all(9.9 < duration <= 10.3 for duration in stage.listener.durations("video"))
    assert stage.segmenter.facts().long_gops == 2


def test_a_later_gop_that_is_too_long_is_cut_without_a_keyframe(rehearse, material):
    stage = rehearse()
    stage.push(material.configs + material.show(0, 4_000) + material.show(4_000, 12_000, gop=1000))
    stage.push(material.show(12_000, 20_000))
    durations = stage.listener.durations("video")
    assert durations[:2] == [2.0, 2.0]
    assert max(durations) < 2.5
    starts = [f.sync[0] for f in stage.listener.fragments["video"].values()]
    assert starts[:3] == [True, True, True]
    assert not starts[3]
    assert starts[-1], "it finds back to the key frames"


def test_program_date_time_runs_with_the_media(rehearse, material):
    stage = rehearse()
    stage.push(material.configs)
    start_ms = stage.now_ms
    stage.push(material.show(70_000, 80_000))
    entries = list(stage.listener.entries["video"].values())
    assert entries[0].date.timestamp() * 1000 == pytest.approx(start_ms, abs=1)
    for entry, following in pairwise(entries):
        elapsed_s = (following.date - entry.date).total_seconds()
        assert elapsed_s == pytest.approx(float(entry.duration), abs=0.002)


def test_audio_alone_is_cut_by_time(rehearse, material):
    stage = rehearse()
    sounds = material.sounds(1_000, 21_000)
    stage.push([material.audio_config, *sounds])
    window = stage.end()
    assert set(window.renditions) == {"audio"}
    assert stage.listener.samples("audio") == [f.data for f in sounds]
    assert all(1.97 < duration < 2.03 for duration in stage.listener.durations("audio")[:-1])
    assert stage.listener.target_duration_s == 2
    assert b"RESOLUTION" not in window.multivariant("x")


def test_video_alone(rehearse, material):
    stage = rehearse()
    stage.push([material.video_config, *material.pictures(0, 9_000, gop=50)])
    window = stage.end()
    assert set(window.renditions) == {"video"}
    assert stage.listener.durations("video") == [2.0, 2.0, 2.0, 2.0, 1.0]
    assert b"AUDIO" not in window.multivariant("x")


def test_audio_announced_that_never_comes_holds_video_for_three_seconds(rehearse, material):
    stage = rehearse()
    stage.push(material.configs + material.pictures(0, 5_000, gop=50))
    assert not stage.segmenter.window().ready
    stage.push(material.pictures(5_000, 5_200, gop=50))
    assert set(stage.segmenter.window().renditions) == {"video"}
    stage.push(material.pictures(5_200, 20_000, gop=50))
    assert stage.segmenter.window().last_msn >= 8


def test_video_announced_that_never_comes_holds_audio_for_ten_seconds(rehearse, material):
    stage = rehearse()
    stage.push(material.configs + material.sounds(0, 9_900))
    assert not stage.segmenter.window().ready
    stage.push(material.sounds(9_900, 20_000))
    assert set(stage.segmenter.window().renditions) == {"audio"}
    assert stage.segmenter.window().last_msn >= 9


def test_audio_that_begins_late_joins_from_a_segments_start(rehearse, material):
    stage = rehearse()
    pictures = material.pictures(0, 15_000, gop=50)
    stage.push([material.video_config, *pictures[:175], material.audio_config])
    stage.push(sorted(pictures[175:] + material.sounds(7_000, 15_000), key=lambda f: f.dts_ms))
    audio = stage.listener.entries["audio"]
    assert min(audio) == 4  # from 6 s on, a second of it silence
    first = stage.listener.fragments["audio"][4]
    assert first.decode_time / 48_000 == pytest.approx(6, abs=0.03)
    assert material.access_unit in first.samples
    assert first.samples[0] != material.access_unit


def test_video_that_begins_late_opens_a_segment(rehearse, material):
    stage = rehearse()
    stage.push([material.audio_config, *material.sounds(0, 7_000), material.video_config])
    stage.push(material.show(7_000, 15_000))
    video = stage.listener.fragments["video"]
    assert video[min(video)].decode_time == 90 * 7_000
    assert video[min(video)].sync[0]


def test_video_that_begins_in_the_past_waits_for_a_keyframe_of_now(rehearse, material):
    stage = rehearse()
    stage.push([material.audio_config, *material.sounds(0, 3_000), material.video_config])
    stage.push([material.picture(500, key=True), material.picture(2_900, key=True)])
    stage.end()
    (fragment,) = stage.listener.fragments["video"].values()
    assert fragment.decode_time == 90 * 2_900


def test_audio_that_stops_is_filled_with_silence(rehearse, material):
    stage = rehearse()
    stage.push(material.configs + material.show(0, 6_000))
    stage.push(material.pictures(6_000, 20_000, gop=50))
    assert stage.segmenter.window().last_msn >= 9
    audio = stage.listener.samples("audio")
    assert audio[-1] != material.access_unit
    stage.push(material.show(20_000, 30_000))
    window = stage.end()
    assert stage.listener.samples("audio")[-1] == material.access_unit
    assert not stage.listener.discontinuities("audio")
    lengths = [sum(stage.listener.durations(name)) for name in ("video", "audio")]
    assert lengths[0] == pytest.approx(lengths[1], abs=0.05)
    assert window.ended


def test_video_that_stops_stays_as_a_still_until_the_next_keyframe(rehearse, material):
    stage = rehearse()
    stage.push(material.configs + material.show(0, 6_000))
    stage.push(material.sounds(6_000, 18_080))
    assert stage.segmenter.window().last_msn >= 5
    stage.push([material.picture(18_000), material.picture(18_040)])
    stage.push(material.show(18_080, 26_000))
    stage.end()
    stills = [f for f in stage.listener.fragments["video"].values() if len(f.samples) == 1]
    assert stills
    assert all(f.samples == [material.keyframe] for f in stills)
    assert stage.segmenter.facts().dropped_frames == 2
    lengths = [sum(stage.listener.durations(name)) for name in ("video", "audio")]
    assert lengths[0] == pytest.approx(lengths[1], abs=0.05)


@pytest.mark.parametrize("jump_ms", [-3_600_000, -2_000, 15_000, 86_400_000, -(2**32)])
def test_a_jump_of_the_clock_is_one_discontinuity_in_both(rehearse, material, jump_ms):
    stage = rehearse()
    stage.push(material.configs + material.show(2**32, 2**32 + 9_000))
    stage.push(material.show(2**32 + 9_000 + jump_ms, 2**32 + 20_000 + jump_ms))
    stage.end()
    assert len(stage.listener.discontinuities("video")) == 1
    assert stage.listener.discontinuities("audio") == stage.listener.discontinuities("video")
    assert stage.segmenter.facts().jumps == 1
    assert sum(stage.listener.durations("video")) == pytest.approx(20, abs=0.1)
    assert sum(stage.listener.durations("audio")) == pytest.approx(20, abs=0.1)


def test_a_jump_in_audio_alone_cuts_at_once(rehearse, material):
    stage = rehearse()
    stage.push([material.audio_config, *material.sounds(0, 5_000)])
    stage.push(material.sounds(900_000, 905_000))
    stage.end()
    assert len(stage.listener.discontinuities("audio")) == 1
    assert sum(stage.listener.durations("audio")) == pytest.approx(10, abs=0.1)


@pytest.mark.parametrize("late_ms", [40, 300, 1_500, 5_000])
def test_video_that_returns_just_after_a_jump_leaves_no_hole(rehearse, material, late_ms):
    stage = rehearse()
    stage.push(material.configs + material.show(0, 10_000))
    stage.push(material.sounds(10_000, 30_000))
    there_ms = 3_600_000
    stage.push(material.sounds(there_ms, there_ms + late_ms))
    stage.push(material.show(there_ms + late_ms, there_ms + late_ms + 10_000))
    stage.end()  # the listener has looked for holes
    assert len(stage.listener.discontinuities("video")) == 1


def test_a_repeated_sequence_header_changes_nothing(rehearse, material):
    stage = rehearse()
    for start_ms in range(0, 12_000, 1_000):
        stage.push(material.configs + material.show(start_ms, start_ms + 1_000, gop=25))
    window = stage.end()
    assert not stage.listener.discontinuities("video")
    assert [name for name in window.media if "init" in name] == [
        "video/init-1.mp4",
        "audio/init-1.mp4",
    ]


def test_a_changed_video_configuration_is_a_new_init_and_a_discontinuity(rehearse, material):
    stage = rehearse()
    stage.push(material.configs + material.show(0, 5_000))
    other = [
        VideoFrame(f.dts_ms, 0, f.keyframe, material.other_keyframe)
        for f in material.pictures(5_000, 10_000, gop=50)
    ]
    stage.push([material.other_video_config, material.picture(4_999)])
    stage.push(sorted(other + material.sounds(5_000, 10_000), key=lambda f: f.dts_ms))
    window = stage.end()
    (msn,) = stage.listener.discontinuities("video")
    assert stage.listener.discontinuities("audio") == [msn]
    video = stage.listener.entries["video"]
    assert [video[n].init[-10:] for n in (msn - 1, msn)] == ["init-1.mp4", "init-2.mp4"]
    assert stage.listener.entries["audio"][msn].init.endswith("init-1.mp4")
    assert stage.listener.fragments["video"][msn].decode_time == 90 * 5_000
    assert set(stage.listener.fragments["video"][msn].samples) == {material.other_keyframe}
    assert (window.renditions["video"].width, window.renditions["video"].height) == (64, 48)


def test_a_changed_audio_configuration_waits_for_a_keyframe(rehearse, material):
    stage = rehearse()
    stage.push(material.configs + material.show(0, 5_000))
    sounds = [AudioFrame(t, material.other_access_unit) for t in range(5_000, 12_000, 23)]
    stage.push([material.other_audio_config])
    pictures = [material.picture(t, key=t % 2_000 == 0) for t in range(5_000, 12_000, 40)]
    stage.push(sorted(sounds + pictures, key=lambda f: f.dts_ms))
    window = stage.end()
    (msn,) = stage.listener.discontinuities("audio")
    assert stage.listener.discontinuities("video") == [msn]
    assert stage.listener.fragments["video"][msn].decode_time == 90 * 6_000
    assert stage.listener.entries["audio"][msn].init.endswith("init-2.mp4")
    assert stage.listener.entries["video"][msn].init.endswith("init-1.mp4")
    assert window.renditions["audio"].sample_rate == 44_100
    before = stage.listener.fragments["audio"][msn - 1]
    assert material.other_access_unit not in before.samples


def test_a_drop_and_return_goes_on_counting_after_one_discontinuity(rehearse, material):
    stage = rehearse()
    stage.push(material.configs + material.show(0, 5_000))
    stage.interrupt()
    assert not stage.segmenter.window().ended
    assert sum(stage.listener.durations("video")) == pytest.approx(5, abs=0.05)
    last = stage.listener.last_msn
    stage.now_ms += 12_000
    stage.push(material.configs)
    back_ms = stage.now_ms
    stage.push(material.show(777_000, 785_000))
    assert stage.listener.discontinuities("video") == [last + 1]
    assert stage.listener.discontinuities("audio") == [last + 1]
    video = stage.listener.entries["video"]
    assert video[last + 1].date.timestamp() * 1000 == pytest.approx(back_ms, abs=1)
    assert set(stage.segmenter.window().renditions) == {"video", "audio"}


def test_a_return_without_video_keeps_both_renditions(rehearse, material):
    stage = rehearse()
    stage.push(material.configs + material.show(0, 5_000))
    stage.interrupt()
    stage.push([material.audio_config, *material.sounds(0, 9_000)])
    stage.end()
    assert stage.listener.entries["video"].keys() == stage.listener.entries["audio"].keys()


def test_an_interruption_before_anything_came(rehearse, material):
    stage = rehearse()
    stage.interrupt()
    stage.push([*material.configs, material.picture(0), material.picture(40)])
    stage.interrupt()
    stage.push(material.configs + material.show(9, 5_000))
    assert not stage.listener.discontinuities("video")
    assert min(stage.listener.entries["video"]) == 1


def test_the_end_closes_the_playlists_once(rehearse, material):
    stage = rehearse()
    stage.push(material.configs + material.show(0, 5_000))
    window = stage.end()
    assert all(data.count(b"#EXT-X-ENDLIST") == 1 for data in window.playlists.values())
    assert sum(stage.listener.durations("video")) == pytest.approx(5, abs=0.03)
    assert stage.segmenter.window() is window


def test_a_show_without_a_frame_ends_empty(rehearse):
    window = rehearse().end()
    assert window.ended
    assert not window.ready
    assert not window.playlists


def test_frames_of_equal_time_are_shown_one_after_another(rehearse, material):
    stage = rehearse()
    times = [0, 40, 40, 40, 80, 79, 120, *range(160, 5_000, 40)]
    stage.push([material.video_config])
    stage.push([material.picture(t, key=t % 2_000 == 0, cts_ms=-10) for t in times])
    stage.end()
    fragment = stage.listener.fragments["video"][1]
    shown = [(40 - 10 + later) * 90 for later in range(3)]
    starts = [sum(fragment.durations[:i]) for i in range(4)]
    assert [starts[i] + fragment.compositions[i] for i in (1, 2, 3)] == shown


def test_composition_offsets_are_kept_below_zero_too(rehearse, material):
    stage = rehearse()
    stage.push([material.video_config])
    offsets = [0, 80, -40, 40]
    frames = [material.picture(i * 40, key=i % 50 == 0, cts_ms=offsets[i % 4]) for i in range(60)]
    stage.push(frames)
    fragment = stage.listener.fragments["video"][1]
    assert fragment.compositions[:4] == [0, 7_200, -3_600, 3_600]


def test_a_broken_first_packet_does_not_set_the_rate(rehearse, material):
    stage = rehearse()
    frames = material.show(0, 10_000)
    first = next(i for i, frame in enumerate(frames) if isinstance(frame, AudioFrame))
    frames[first] = AudioFrame(frames[first].dts_ms, b"\xff" * 40)
    stage.push(material.configs + frames)
    assert set(stage.listener.timescales["audio"].values()) == {48_000}


def test_audio_drifting_away_is_put_back_in_step(rehearse, material):
    stage = rehearse()
    # The publisher's clock is 2 % faster than its samples: 20 s of it are 19.6 s of sound.
    sounds = [material.sound(round(i * 21.76)) for i in range(919)]
    frames = sorted(material.pictures(0, 20_000, gop=50) + sounds, key=lambda f: f.dts_ms)
    stage.push(material.configs + frames)
    stage.end()
    assert sum(stage.listener.durations("audio")) == pytest.approx(20, abs=0.13)
    assert not stage.listener.discontinuities("audio")
    assert len([s for s in stage.listener.samples("audio") if s != material.access_unit]) >= 10


def test_an_open_segment_is_bounded_in_bytes(rehearse, material):
    stage = rehearse()
    stage.push([material.video_config, material.picture(0, key=True)])
    big = material.delta + bytes(MAX_OPEN_BYTES // 10)
    stage.push([VideoFrame(1 + n, 0, False, big) for n in range(25)])
    assert stage.segmenter.window().last_msn == 2


def test_a_bad_record_is_refused(rehearse, material):
    with pytest.raises(CodecError):
        rehearse().push([VideoConfig(Codec.H264, b"\x01\x02")])
    stage = rehearse()
    stage.push([material.video_config])
    with pytest.raises(InitSegmentError):
        stage.push([VideoFrame(0, 0, True, b"\x00\x00\x00\x02\x06\x05")])


@pytest.mark.parametrize(
    "values",
    [
        {"target_segment_s": 0.5},
        {"target_segment_s": 11.0},
        {"max_segment_s": 60.0},
        {"window_segments": 2},
        {"window_segments": 1000},
    ],
)
def test_settings_out_of_bounds_are_refused(values):
    with pytest.raises(ValueError, match="must"):
        SegmentSettings(**values)


def test_facts_say_what_health_shows(rehearse, material):
    stage = rehearse()
    stage.push(material.configs + material.show(0, 9_000))
    facts = stage.segmenter.facts()
    assert (facts.width, facts.height, facts.sample_rate, facts.channels) == (128, 72, 48_000, 2)
    assert facts.video_codec.startswith("avc1.")
    assert facts.audio_codec == "mp4a.40.2"
    assert facts.fps == pytest.approx(25)
    assert facts.keyframe_interval_s == 2
    assert abs(facts.av_skew_ms) <= 40
    assert (facts.jumps, facts.long_gops, facts.dropped_frames) == (0, 0, 0)
