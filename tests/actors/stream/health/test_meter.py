from hypothesis import given, settings
from hypothesis import strategies as st
from support.ingest_story import START_MS

from actors.stream.health import SERIES_POINTS, HealthMonitor
from actors.stream.health.meter import Meter
from media.frames import AudioConfig, AudioFrame, Codec, Frame, VideoConfig, VideoFrame
from media.hls import IngestFacts

CONFIG = VideoConfig(Codec.H264, b"avcC")
NOTHING = IngestFacts(None, None, None, None, None, None, None, None, None, 0, 0, 0)


def picture(dts_ms: int, *, key: bool = False, size: int = 100) -> VideoFrame:
    return VideoFrame(dts_ms, 0, key, bytes(size))


def sound(dts_ms: int, size: int = 10) -> AudioFrame:
    return AudioFrame(dts_ms, bytes(size))


def test_what_arrives_is_added_up_by_track() -> None:
    meter = Meter(10.0)
    meter.take([CONFIG, picture(0, key=True), sound(3), sound(20)], 10.1)
    meter.take([picture(40), sound(41)], 10.2)
    arrived = meter.look(11.0)
    assert (arrived.video_bytes, arrived.audio_bytes, arrived.video_frames) == (200, 30, 2)
    assert arrived.elapsed_s == 1.0
    assert round(arrived.silent_s, 3) == 0.8
    again = meter.look(12.0)
    assert (again.video_bytes, again.audio_bytes, again.video_frames) == (0, 0, 0)


def test_lag_is_against_the_quickest_frame() -> None:
    meter = Meter(10.0)
    meter.take([sound(5_000)], 10.0)
    meter.take([sound(5_900)], 11.0)  # 100 ms late
    assert meter.look(11.0).read_lag_ms == 100
    meter.take([sound(7_200)], 12.0)  # 300 ms ahead of that: the quickest
    assert meter.look(12.0).read_lag_ms == 0
    meter.take([sound(8_000)], 13.0)
    assert meter.look(13.0).read_lag_ms == 200


def test_what_came_late_within_a_second_is_seen() -> None:
    meter = Meter(10.0)
    meter.take([sound(0)], 10.0)
    meter.take([sound(40)], 10.6)
    meter.take([sound(640)], 10.64)
    assert 500 < meter.look(11.0).read_lag_ms < 561


def test_lag_grows_while_nothing_comes() -> None:
    meter = Meter(10.0)
    meter.take([sound(0)], 10.0)
    assert meter.look(11.0).read_lag_ms == 0
    assert meter.look(14.0).read_lag_ms == 4_000


def test_a_clock_that_runs_slow_is_not_late() -> None:
    meter = Meter(0.0)
    worst_ms = 0
    for second in range(10_000):
        meter.take([sound(round(second * 999.8))], float(second))  # 200 ppm: 2 s in the end
        worst_ms = max(worst_ms, meter.look(float(second)).read_lag_ms)
    assert worst_ms < 2


def test_nothing_at_all_is_not_late() -> None:
    meter = Meter(10.0)
    assert meter.look(15.0).read_lag_ms == 0


def test_another_clock_is_as_late_as_the_one_before() -> None:
    meter = Meter(10.0)
    meter.take([sound(0)], 10.0)
    meter.take([sound(700)], 11.0)
    for newest_ms in (500_000, 100, 90_000):
        meter.take([sound(newest_ms)], 11.0)
        assert 295 < meter.look(11.0).read_lag_ms <= 300


def test_the_open_group_of_pictures() -> None:
    meter = Meter(10.0)
    assert meter.look(10.0).gop_s is None
    meter.take([picture(1_000)], 10.1)
    meter.take([picture(1_500)], 10.6)
    assert meter.look(11.0).gop_s == 0.5  # from the first picture on, without a key frame
    meter.take([picture(1_540, key=True), picture(1_580)], 11.0)
    assert meter.look(11.0).gop_s == 0.04
    meter.take([picture(900_000)], 11.1)  # another clock
    assert meter.look(12.0).gop_s == 0.04


def test_a_track_is_missed_from_its_announcement_on() -> None:
    meter = Meter(10.0)
    meter.take([sound(0)], 10.0)
    assert meter.look(11.0).video_silent_s is None
    meter.take([CONFIG, sound(20)], 11.0)
    arrived = meter.look(14.0)
    assert (arrived.video_silent_s, arrived.audio_silent_s) == (3.0, 3.0)


TIMES = st.integers(-(2**33), 2**33) | st.integers(0, 5_000)
FRAMES = st.one_of(
    st.just(CONFIG),
    st.builds(AudioConfig, st.just(Codec.AAC), st.binary(max_size=4)),
    st.builds(AudioFrame, TIMES, st.binary(max_size=8)),
    st.builds(VideoFrame, TIMES, st.integers(-500, 500), st.booleans(), st.binary(max_size=8)),
)
OPTIONAL = st.none() | st.integers(-(10**6), 10**6)
FACTS = st.builds(
    IngestFacts,
    st.none() | st.just("avc1.64001F"),
    st.none() | st.integers(0, 9_999),
    st.none() | st.integers(0, 9_999),
    st.none() | st.floats(0, 1e6),
    st.none() | st.floats(0, 1e6),
    st.none() | st.just("mp4a.40.2"),
    st.none() | st.integers(0, 192_000),
    st.none() | st.integers(0, 8),
    OPTIONAL,
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
)
SECONDS = st.tuples(
    st.sampled_from(["take", "take", "take", "lose", "publish", "reconnect", "begin"]),
    st.lists(FRAMES, max_size=5),
    FACTS,
    st.floats(0, 100),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(SECONDS, max_size=40), st.integers(1, 12), st.text(max_size=300))
def test_whatever_comes_the_series_is_bounded_and_nothing_is_raised(
    steps: list[tuple[str, list[Frame], IngestFacts, float]], times: int, encoder: str
) -> None:
    monitor = HealthMonitor()
    now_s = 0.0
    for what, frames, facts, pause_s in steps * times:
        now_s += pause_s
        if what == "lose":
            monitor.lose_publisher(now_s, 30.0)
        elif what == "publish":
            monitor.take_publisher(encoder, now_s)
        elif what == "reconnect":
            monitor.count_reconnect()
        elif what == "begin":
            monitor.begin_show()
        monitor.take(frames, now_s)
        monitor.second(facts, 0, now_s, round(now_s * 1000))
        health = monitor.health("live", on_air=True, started_at_ms=START_MS, now_ms=START_MS)
        assert health.read_lag_ms >= 0
        assert health.kbps >= 0
        assert len(health.encoder or "") <= 100
        assert len({verdict.code for verdict in health.verdicts}) == len(health.verdicts)
        assert all(verdict.text.endswith((".", "Wi-Fi.")) for verdict in health.verdicts)
    off = monitor.health("ended", on_air=False, started_at_ms=None, now_ms=START_MS)
    report = monitor.report(off)
    assert len(report.series) <= SERIES_POINTS
    assert (off.state, off.verdicts, off.video, off.audio) == ("offline", (), None, None)


def test_the_encoders_name_is_kept_short_and_printable() -> None:
    monitor = HealthMonitor()
    for name, shown in (
        ("", None),
        ("\x00\n", None),
        (" OBS\x1b[1m ", "OBS[1m"),
        ("x" * 500, "x" * 100),
    ):
        monitor.take_publisher(name, 0.0)
        monitor.second(NOTHING, 0, 1.0, 1_000)
        off = monitor.health("idle", on_air=False, started_at_ms=None, now_ms=1_000)
        assert off.encoder == shown
