"""Each rule as a story: a verdict comes, says the right figure, and goes again."""

from dataclasses import replace
from itertools import pairwise

import pytest
from support.ingest_story import Push, Story

from actors.stream.health import Level, State
from media.frames import AudioConfig, Frame


@pytest.fixture
def story(show_frames: list[Frame]) -> Story:
    return Story(show_frames)


def codes(story: Story) -> set[str]:
    return {verdict.code for verdict in story.health.verdicts}


def test_a_good_show_has_nothing_said_of_it(story: Story) -> None:
    health = story.play(120)
    assert (health.state, health.verdicts) == (State.GOOD, ())
    assert health.video is not None
    assert (health.video.width, health.video.height) == (160, 90)
    assert health.video.fps == pytest.approx(25, rel=0.02)
    assert health.video.keyframe_interval_s == 2.0
    assert health.video.kbps == pytest.approx(2000, rel=0.05)
    assert health.audio is not None
    assert (health.audio.sample_rate, health.audio.channels) == (48_000, 2)
    assert health.read_lag_ms < 100
    assert abs(health.av_skew_ms or 0) < 100
    assert health.uptime_s == pytest.approx(120, abs=1)
    assert (health.encoder, health.viewers, health.reconnects) == ("FMLE/3.0", 3, 0)


@pytest.mark.parametrize("only", ["audio", "video"])
def test_one_track_alone_is_good(show_frames: list[Frame], only: str) -> None:
    story = Story(show_frames, Push(video=only == "video", audio=only == "audio"))
    health = story.play(60)
    assert (health.state, health.verdicts) == (State.GOOD, ())
    assert (health.video is None, health.audio is None) == (only == "audio", only == "video")
    assert health.av_skew_ms is None


def test_a_still_picture_with_sound_is_good(show_frames: list[Frame]) -> None:
    story = Story(show_frames, Push(fps=1))
    assert story.play(60).state is State.GOOD


def test_nothing_arrives(story: Story) -> None:
    story.play(10)
    assert story.silence(1).state is State.GOOD
    story.silence(2)
    warned = story.verdict("no_media")
    assert warned is not None
    assert warned.level is Level.WARNING
    assert "Nothing has arrived for 3 s" in warned.text
    story.silence(5)
    bad = story.verdict("no_media")
    assert bad is not None
    assert bad.level is Level.BAD
    assert "for 8 s" in bad.text
    assert codes(story) == {"no_media"}
    assert [point.kbps for point in story.monitor.report(story.health).series[-5:]] == [0] * 5
    story.change(speed=5)  # what waited comes in a burst
    story.play(2)
    story.change(speed=1)
    assert story.play(10).state is State.GOOD


def test_a_broken_connection_says_how_long_the_show_waits(story: Story) -> None:
    story.play(10)
    story.drop()
    story.silence(4)
    verdict = story.verdict("no_media")
    assert verdict is not None
    assert verdict.level is Level.BAD
    assert "broke 4 s ago. Start it again within 26 s" in verdict.text


def test_reconnects_are_counted_for_five_minutes(story: Story) -> None:
    story.play(10)
    for count in (1, 2, 3):
        story.drop()
        story.silence(3)
        story.come_back()
        health = story.play(5)
        assert health.reconnects == count
    assert codes(story) == {"reconnects"}
    verdict = story.verdict("reconnects")
    assert verdict is not None
    assert verdict.level is Level.BAD
    assert "connect again 3 times in the last 5 minutes" in verdict.text
    assert story.play(270).state is State.BAD
    health = story.play(40)
    assert (health.state, health.reconnects) == (State.GOOD, 3)


@pytest.mark.parametrize(
    ("gop_s", "level"), [(4.0, None), (8.32, Level.WARNING), (12.0, Level.BAD)]
)
def test_keyframe_interval(show_frames: list[Frame], gop_s: float, level: Level | None) -> None:
    story = Story(show_frames, Push(gop_s=gop_s))
    story.play(40)
    verdict = story.verdict("keyframe_interval")
    assert (verdict and verdict.level) == level
    assert verdict is None or f"Keyframe interval is {gop_s:.1f} s; set it to 2 s" in verdict.text
    story.change(gop_s=2.0)
    assert story.play(30).state is State.GOOD


def test_a_keyframe_that_does_not_come_is_seen_before_it_comes(story: Story) -> None:
    story.play(10)
    story.change(gop_s=1_000.0)
    story.play(10)
    verdict = story.verdict("keyframe_interval")
    assert verdict is not None
    assert "Keyframe interval is above 10 s" in verdict.text


def test_keyframes_at_changes_of_scene_do_not_make_it_flap(story: Story) -> None:
    seen = []
    for number in range(12):
        story.change(gop_s=8.32 if number % 2 else 1.2)
        for _ in range(5):
            story.play(1)
            seen.append("keyframe_interval" in codes(story))
    assert sum(a != b for a, b in pairwise(seen)) == 1


def test_a_slow_connection(story: Story) -> None:
    story.play(20)
    story.change(speed=0.5)
    assert story.play(4).state is State.GOOD
    story.play(4)
    verdict = story.verdict("slow_connection")
    assert verdict is not None
    assert verdict.level is Level.WARNING
    assert "arrives 4.0 s late, at 1.0 Mbit/s" in verdict.text
    story.play(8)
    assert codes(story) == {"slow_connection"}
    assert story.health.state is State.BAD
    story.change(speed=2)
    story.play(10)
    story.change(speed=1)
    assert story.play(6).state is State.GOOD


def test_a_show_that_was_held_up_once_and_keeps_up(story: Story) -> None:
    story.play(20)
    story.change(speed=0.2)
    assert story.play(12).state is State.BAD
    story.change(speed=1)
    story.play(40)
    verdict = story.verdict("slow_connection")
    assert verdict is not None
    assert verdict.level is Level.WARNING
    assert "arrives 9.6 s late since it was held up" in verdict.text
    story.change(speed=0.9)
    story.play(12)
    verdict = story.verdict("slow_connection")
    assert verdict is not None
    assert "does not keep up" in verdict.text


def test_sound_that_comes_late(story: Story) -> None:
    story.play(10)
    story.change(audio_late_s=1.2)
    story.play(10)
    verdict = story.verdict("av_skew")
    assert verdict is not None
    assert verdict.level is Level.WARNING
    assert "The sound arrives 1.2 s after the picture" in verdict.text
    story.change(audio_late_s=0.0)
    assert story.play(10).state is State.GOOD


def test_a_track_that_stops(story: Story) -> None:
    story.play(10)
    story.change(audio=False)
    story.play(12)
    verdict = story.verdict("av_skew")
    assert verdict is not None
    assert verdict.level is Level.BAD
    assert "No sound has arrived for 12 s" in verdict.text
    story.change(audio=True, video=False)
    story.play(12)
    assert "av_skew" not in codes(story)
    verdict = story.verdict("no_video")
    assert verdict is not None
    assert verdict.level is Level.BAD
    assert "No picture has arrived for 12 s" in verdict.text


def test_sound_that_is_announced_and_never_comes(show_frames: list[Frame]) -> None:
    story = Story(show_frames, Push(audio=False, announces_audio=True))
    assert story.play(4).state is State.GOOD
    story.play(4)
    verdict = story.verdict("no_audio_config")
    assert verdict is not None
    assert "announces sound, but has sent none" in verdict.text
    story.change(audio=True)
    story._deliver([story._configs[AudioConfig]])
    story.play(2)
    assert "no_audio_config" not in codes(story)


def test_a_picture_without_a_keyframe(show_frames: list[Frame]) -> None:
    story = Story(show_frames)
    story._next_key_s = story.media_s + 9
    story.play(8)
    verdict = story.verdict("no_video")
    assert verdict is not None
    assert "no keyframe since 8 s" in verdict.text
    assert story.play(20).state is State.GOOD


def test_few_frames(story: Story) -> None:
    story.play(20)
    story.change(fps=12)
    story.play(15)
    verdict = story.verdict("low_fps")
    assert verdict is not None
    assert "Only 12 of 25 frames a second" in verdict.text
    story.change(fps=25)
    assert story.play(15).state is State.GOOD


def test_a_low_frame_rate_from_the_start(show_frames: list[Frame]) -> None:
    story = Story(show_frames, Push(fps=12.5))
    story.play(20)
    verdict = story.verdict("low_fps")
    assert verdict is not None
    assert "The picture has 12.5 frames a second; set 25 or 30" in verdict.text


def test_the_clock_jumps(story: Story) -> None:
    story.play(10)
    story.jump(60_000)
    story.play(2)
    verdict = story.verdict("timestamp_jumps")
    assert verdict is not None
    assert verdict.level is Level.WARNING
    assert "jumped once in the last minute" in verdict.text
    for number in range(5):
        story.jump(-30_000 * (number + 1))
        story.play(4)
    verdict = story.verdict("timestamp_jumps")
    assert verdict is not None
    assert verdict.level is Level.BAD
    assert "jumped 6 times" in verdict.text
    assert story.health.read_lag_ms < 200  # another clock is not a late one
    assert "slow_connection" not in codes(story)
    health = story.play(70)
    assert (health.state, health.jumps) == (State.GOOD, 6)


def test_frames_that_cannot_be_used(story: Story) -> None:
    story.play(10)
    story.change(audio_late_s=4.0)  # later than the segments wait for
    story.play(30)
    verdict = story.verdict("dropped_frames")
    assert verdict is not None
    assert "frames of the last minute came too late" in verdict.text
    dropped = story.health.dropped_frames
    assert dropped > 0
    story.change(audio_late_s=0.0)
    story.play(80)
    assert "dropped_frames" not in codes(story)


@pytest.mark.parametrize(("codec", "name"), [("mp4a.40.34", "MP3"), ("ec-3", "E-AC-3")])
def test_sound_that_no_browser_plays(story: Story, codec: str, name: str) -> None:
    story.play(5)
    facts = story.segmenter.facts()
    for audio_codec in (codec, facts.audio_codec):
        unheard = replace(facts, audio_codec=audio_codec)
        story.monitor.second(unheard, 3, story.now_s, story.now_ms)
        verdict = story.verdict("audio_codec")
        if audio_codec == codec:
            assert verdict is not None
            assert verdict.level is Level.BAD
            assert f"do not play {name}:" in verdict.text
    assert verdict is None


def test_a_bitrate_too_high(show_frames: list[Frame]) -> None:
    story = Story(show_frames, Push(kbps=15_000))
    story.play(15)
    verdict = story.verdict("bitrate_high")
    assert verdict is not None
    assert "The bitrate is 15.0 Mbit/s" in verdict.text
    story.change(kbps=4_000)
    story.play(20)
    assert "bitrate_high" not in codes(story)


def test_a_bitrate_that_swings(story: Story) -> None:
    for number in range(8):
        story.change(kbps=5_000 if number % 2 else 800)
        story.play(5)
    verdict = story.verdict("bitrate_unsteady")
    assert verdict is not None
    assert "swings between 0.8 and 5.0 Mbit/s" in verdict.text.replace(" Mbit/s and", " and")
    story.change(kbps=3_000)
    assert story.play(50).state is State.GOOD


def test_the_same_text_never_waits_for_figures(story: Story) -> None:
    """While a fault lasts, its figure is that of the newest second."""
    story.play(5)
    texts = set()
    for _ in range(5):
        story.silence(1)
        verdict = story.verdict("no_media")
        texts |= {verdict.text} if verdict else set()
    assert len(texts) == 4
