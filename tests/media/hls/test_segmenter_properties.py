"""Whatever a publisher sends, what a listener sees keeps the rules (conftest.Listener)."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media.frames import AudioFrame, VideoFrame
from media.hls.audio_track import AudioTrack
from media.hls.segmenter import MAX_TRACK_LAG_MS

STEPS_MS = st.sampled_from([16, 20, 33, 40, 67, 100, 200])
TROUBLES = st.sampled_from(
    ["none", "none", "none", "jump ahead", "jump back", "wrap", "drop", "drop and return muted",
     "no audio", "no video", "gap", "header again", "new video", "new audio", "late audio"]
)  # fmt: skip
GROUPS = st.lists(
    st.tuples(st.integers(1, 80), STEPS_MS, st.integers(0, 30), TROUBLES),
    min_size=1,
    max_size=8,
)


class Publisher:
    """Makes frames of group after group, on a clock that trouble sets."""

    def __init__(self, material, start_ms: int) -> None:
        self.material = material
        self.time_ms = start_ms
        self.sound_ms = float(start_ms)
        self.keyframe = material.keyframe
        self.access_unit = material.access_unit

    def group(self, frames: int, step_ms: int, jitter_ms: int, *, video=True, audio=True) -> list:
        made = []
        end_ms = self.time_ms + frames * step_ms
        if video:
            for i in range(frames):
                dts_ms = self.time_ms + i * step_ms - (i * 7 % (jitter_ms + 1) if i else 0)
                data = self.material.delta if i else self.keyframe
                made.append(VideoFrame(dts_ms, (i * 40) % 120 - 40, i == 0, data))
        while self.sound_ms < end_ms:
            jitter = int(self.sound_ms) * 3 % (jitter_ms + 1)
            if audio:
                made.append(AudioFrame(int(self.sound_ms) + jitter, self.access_unit))
            self.sound_ms += 1024 / 48
        self.time_ms = end_ms
        return sorted(made, key=lambda f: f.dts_ms)

    def jump(self, by_ms: int) -> None:
        self.time_ms += by_ms
        self.sound_ms += by_ms


def play(stage, publisher, group) -> None:
    frames, step_ms, jitter_ms, trouble = group
    material = publisher.material
    match trouble:
        case "jump ahead":
            publisher.jump(50_000)
        case "jump back":
            publisher.jump(-7_777)
        case "wrap":
            publisher.jump(-(2**32))
        case "gap":
            publisher.jump(4_000)
        case "header again":
            stage.push(material.configs)
        case "drop":
            stage.interrupt()
            publisher.jump(-123_456)
            stage.push(material.configs)
            publisher.keyframe, publisher.access_unit = material.keyframe, material.access_unit
        case "drop and return muted":
            stage.interrupt()
            stage.push([material.video_config])
            publisher.keyframe = material.keyframe
        case "new video":
            stage.push([material.other_video_config])
            publisher.keyframe = material.other_keyframe
        case "new audio":
            stage.push([material.other_audio_config])
            publisher.access_unit = material.other_access_unit
    made = publisher.group(
        frames, step_ms, jitter_ms, video=trouble != "no video", audio=trouble != "no audio"
    )
    if trouble == "late audio":
        made.sort(key=lambda f: f.dts_ms + (900 if isinstance(f, AudioFrame) else 0))
    stage.push(made)


# Each example plays minutes of a show.
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(GROUPS, st.integers(-(2**33), 2**33), st.sampled_from(["both", "video", "audio"]))
def test_the_rules_hold(rehearse, material, groups, start_ms, tracks):
    stage = rehearse(window_segments=8)
    publisher = Publisher(material, start_ms)
    configs = {
        "both": material.configs,
        "video": [material.video_config],
        "audio": [material.audio_config],
    }[tracks]
    stage.push(configs)
    for group in groups:
        play(stage, publisher, group)
    window = stage.end()
    assert window.ended
    listener = stage.listener
    for name in listener.entries:
        assert sorted(listener.entries[name]) == list(
            range(min(listener.entries[name]), listener.last_msn + 1)
        )
    if listener.entries.keys() == {"video", "audio"}:
        check_tracks_run_together(listener)


def check_tracks_run_together(listener) -> None:
    """Where both have a segment, audio starts about where video does."""
    for msn in listener.entries["video"].keys() & listener.entries["audio"].keys():
        apart_ms = listener.start_ms("audio", msn) - listener.start_ms("video", msn)
        assert abs(apart_ms) < 300, msn


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 80), STEPS_MS), min_size=1, max_size=8),
    st.integers(0, 2**32),
)
def test_in_a_clean_show_every_frame_arrives_once_in_order(rehearse, material, groups, start_ms):
    stage = rehearse()
    publisher = Publisher(material, start_ms)
    frames = [frame for length, step_ms in groups for frame in publisher.group(length, step_ms, 0)]
    stage.push(material.configs + frames, at_once=5)
    stage.end()
    sent = {
        "video": [f.data for f in frames if isinstance(f, VideoFrame)],
        "audio": [f.data for f in frames if isinstance(f, AudioFrame)],
    }
    for name in stage.listener.entries:
        samples = stage.listener.samples(name)
        count = len(sent[name])
        assert samples[:count] == sent[name]
        # The last picture's end is a guess; if audio ends before it, silence makes it up.
        assert material.access_unit not in samples[count:]
        assert name == "audio" or not samples[count:]
    assert stage.segmenter.facts().dropped_frames == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["picture", "key", "sound", "video config", "audio config", "drop"]),
            st.integers(-20_000, 60_000),
        ),
        max_size=150,
    )
)
def test_nonsense_breaks_no_rule(rehearse, material, events):
    stage = rehearse(window_segments=8)
    for kind, time_ms in events:
        match kind:
            case "picture" | "key":
                stage.push([material.picture(time_ms, key=kind == "key")])
            case "sound":
                stage.push([material.sound(time_ms)])
            case "video config":
                stage.push([material.video_config])
            case "audio config":
                stage.push([material.audio_config])
            case "drop":
                stage.interrupt()
    stage.end()


def test_a_lagging_track_never_makes_the_queue_grow(rehearse, material):
    stage = rehearse()
    stage.push(material.configs + material.show(0, 4_000))
    stage.push(material.pictures(4_000, 60_000, gop=50))
    video = stage.segmenter._video
    assert len(video._samples) * 40 <= 2_000 + MAX_TRACK_LAG_MS
    assert isinstance(stage.segmenter._audio, AudioTrack)
    assert len(stage.segmenter._audio._samples) < 100
