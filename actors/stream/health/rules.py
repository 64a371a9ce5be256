"""The rules of ingest health, each with its thresholds and with words a broadcaster can act on."""

from actors.stream.health.sight import SILENCE_S, Sight
from actors.stream.health.verdicts import Finding, Level, Rule

NO_MEDIA_WARNING_S = SILENCE_S
NO_MEDIA_BAD_S = 5.0
KEYFRAME_INTERVAL_WARNING_S = 4.0
KEYFRAME_INTERVAL_BAD_S = 10.0
"""Above it, as a rule, a segment is cut where players cannot start."""
LOW_FPS = 20.0
SLIDES_FPS = 5.0
"""Below it the picture is still on purpose."""
LOW_FPS_SHARE = 0.7
"""Of the frame rate that this publisher has had: an overloaded encoder leaves frames out."""
READ_LAG_WARNING_MS = 2_000
READ_LAG_BAD_MS = 6_000
LAG_GROWTH_WINDOW_S = 20
LAG_GROWTH_MS = 500
"""Less within the window is no growth: the show was held up once, and has kept up since."""
AV_SKEW_WARNING_MS = 700
AV_SKEW_BAD_MS = 2_500
"""At 3 s the segmenter goes on without the track that is late."""
TRACK_MISSING_S = 5.0
UNHEARD_CODECS = {"mp4a.40.34": "MP3", "ac-3": "AC-3", "ec-3": "E-AC-3"}
"""What browsers do not play in fragmented MP4, by RFC 6381, with the names encoders have for it."""
JUMPS_WINDOW_S = 60
JUMPS_BAD = 5
RECONNECTS_WINDOW_S = 299
"""All of the series but its first second, which tells what was before."""
RECONNECTS_BAD = 3
DROPPED_WINDOW_S = 60
DROPPED_WARNING_FRAMES = 10
DROPPED_BAD_FRAMES = 150
BITRATE_HIGH_KBPS = 12_000
UNSTEADY_WINDOW_S = 30
UNSTEADY_MEAN_S = 5
UNSTEADY_RATIO = 3.0
UNSTEADY_MAX_LAG_MS = 1_000
UNSTEADY_FROM_KBPS = 1_000
"""Of a lower rate listeners' connections have enough, however it swings."""


def _no_media(sight: Sight) -> Finding | None:
    if sight.grace_left_s is not None:
        return Finding(
            Level.BAD,
            f"The encoder's connection broke {sight.lost_s:.0f} s ago. "
            f"Start it again within {sight.grace_left_s:.0f} s, and the show goes on.",
        )
    if sight.silent_s < NO_MEDIA_WARNING_S:
        return None
    return Finding(
        Level.BAD if sight.silent_s >= NO_MEDIA_BAD_S else Level.WARNING,
        f"Nothing has arrived for {sight.silent_s:.0f} s: "
        "look at the encoder and at its connection to the internet.",
    )


def _reconnects(sight: Sight) -> Finding | None:
    count = sight.series.gained(lambda second: second.reconnects, RECONNECTS_WINDOW_S)
    if not count:
        return None
    return Finding(
        Level.BAD if count >= RECONNECTS_BAD else Level.WARNING,
        f"The encoder had to connect again {_times(count)} in the last 5 minutes: "
        "use a cable instead of Wi-Fi, or a lower bitrate.",
    )


def _no_video(sight: Sight) -> Finding | None:
    missing_s = sight.video_silent_s
    if missing_s is not None and missing_s >= TRACK_MISSING_S:
        return Finding(
            Level.BAD,
            f"No picture has arrived for {missing_s:.0f} s while the sound goes on: "
            "look at the encoder's video source.",
        )
    if sight.gop_s is None or sight.facts.video_codec is not None or sight.gop_s < TRACK_MISSING_S:
        return None
    return Finding(
        Level.BAD,
        f"The picture has no keyframe since {sight.gop_s:.0f} s, so listeners do not see it: "
        "set the encoder's keyframe interval to 2 s.",
    )


def _no_audio_config(sight: Sight) -> Finding | None:
    missing = sight.audio_announced and sight.audio_silent_s is None
    if not missing or sight.publisher_s < TRACK_MISSING_S:
        return None
    return Finding(
        Level.WARNING,
        "The encoder announces sound, but has sent none that can be played: look at its audio "
        "source, and set its audio codec to AAC.",
    )


def _audio_codec(sight: Sight) -> Finding | None:
    name = UNHEARD_CODECS.get(sight.facts.audio_codec or "")
    if name is None:
        return None
    return Finding(Level.BAD, f"Browsers do not play {name}: set the encoder's audio codec to AAC.")


def _keyframe_interval(sight: Sight) -> Finding | None:
    if sight.gop_s is None or sight.facts.video_codec is None:
        return None
    last_s = sight.facts.keyframe_interval_s or 0.0
    interval_s = max(last_s, sight.gop_s)
    if interval_s <= KEYFRAME_INTERVAL_WARNING_S:
        return None
    how_long = f"is {last_s:.1f} s" if interval_s == last_s else f"is above {interval_s:.0f} s"
    return Finding(
        Level.BAD if interval_s > KEYFRAME_INTERVAL_BAD_S else Level.WARNING,
        f"Keyframe interval {how_long}; set it to 2 s: listeners wait that long to join.",
    )


def _low_fps(sight: Sight) -> Finding | None:
    if not sight.fps:
        return None
    if sight.fps < LOW_FPS_SHARE * sight.best_fps:
        return Finding(
            Level.WARNING,
            f"Only {sight.fps:.0f} of {sight.best_fps:.0f} frames a second arrive: the encoder "
            "leaves some out. Choose a faster preset, a smaller picture or a lower bitrate.",
        )
    if not SLIDES_FPS <= sight.fps < LOW_FPS:
        return None
    return Finding(
        Level.WARNING,
        f"The picture has {sight.fps:.3g} frames a second; set 25 or 30 for movement that looks "
        "smooth.",
    )


def _slow_connection(sight: Sight) -> Finding | None:
    if sight.read_lag_ms < READ_LAG_WARNING_MS:
        return None
    lags = [second.point.read_lag_ms for second in sight.series.last(LAG_GROWTH_WINDOW_S)]
    if sight.read_lag_ms - min(lags) < LAG_GROWTH_MS:
        return Finding(
            Level.WARNING,
            f"The show arrives {sight.read_lag_ms / 1000:.1f} s late since it was held up, but "
            "falls no further behind: start the encoder again to have it in time.",
        )
    return Finding(
        Level.BAD if sight.read_lag_ms >= READ_LAG_BAD_MS else Level.WARNING,
        f"The show arrives {sight.read_lag_ms / 1000:.1f} s late, at {_rate(sight.kbps)}: the "
        "encoder or its connection does not keep up. Set a lower bitrate, or use a cable instead "
        "of Wi-Fi.",
    )


def _av_skew(sight: Sight) -> Finding | None:
    audio_s, video_s = sight.audio_silent_s, sight.video_silent_s
    if audio_s is None or video_s is None or video_s >= TRACK_MISSING_S:
        return None
    if audio_s >= TRACK_MISSING_S:
        return Finding(
            Level.BAD,
            f"No sound has arrived for {audio_s:.0f} s while the picture goes on: "
            "look at the encoder's audio source.",
        )
    skew_ms = sight.facts.av_skew_ms
    if skew_ms is None or abs(skew_ms) < AV_SKEW_WARNING_MS:
        return None
    late, early = ("sound", "picture") if skew_ms > 0 else ("picture", "sound")
    return Finding(
        Level.BAD if abs(skew_ms) >= AV_SKEW_BAD_MS else Level.WARNING,
        f"The {late} arrives {abs(skew_ms) / 1000:.1f} s after the {early}: look for a delay that "
        "is set in the encoder, or start the encoder again.",
    )


def _timestamp_jumps(sight: Sight) -> Finding | None:
    count = sight.series.gained(lambda second: second.jumps, JUMPS_WINDOW_S)
    if not count:
        return None
    return Finding(
        Level.BAD if count >= JUMPS_BAD else Level.WARNING,
        f"The encoder's clock jumped {_times(count)} in the last minute, and listeners hear a gap "
        "each time: start the encoder again, and let it take sound and picture from live sources.",
    )


def _dropped_frames(sight: Sight) -> Finding | None:
    count = sight.series.gained(lambda second: second.dropped_frames, DROPPED_WINDOW_S)
    if count < DROPPED_WARNING_FRAMES:
        return None
    return Finding(
        Level.BAD if count >= DROPPED_BAD_FRAMES else Level.WARNING,
        f"{count} frames of the last minute came too late to be shown or heard: start the encoder "
        "again, and lower its bitrate if that does not help.",
    )


def _bitrate_high(sight: Sight) -> Finding | None:
    if sight.kbps <= BITRATE_HIGH_KBPS:
        return None
    return Finding(
        Level.WARNING,
        f"The bitrate is {_rate(sight.kbps)}: many listeners' connections cannot take it. "
        "Set 3 to 6 Mbit/s.",
    )


def _bitrate_unsteady(sight: Sight) -> Finding | None:
    if sight.publisher_s < UNSTEADY_WINDOW_S or len(sight.series) < UNSTEADY_WINDOW_S:
        return None
    points = [second.point for second in sight.series.last(UNSTEADY_WINDOW_S)]
    rates = [each.kbps for each in points]
    low, high = min(rates), max(rates)
    if high < UNSTEADY_FROM_KBPS or high < low * UNSTEADY_RATIO:
        return None  # nor do the means, which lie between
    if low == 0 or max(each.read_lag_ms for each in points) >= UNSTEADY_MAX_LAG_MS:
        return None  # it swings on its way to us
    means = [
        sum(rates[at : at + UNSTEADY_MEAN_S]) / UNSTEADY_MEAN_S
        for at in range(UNSTEADY_WINDOW_S - UNSTEADY_MEAN_S + 1)
    ]
    low, high = min(means), max(means)
    if high < UNSTEADY_FROM_KBPS or high < low * UNSTEADY_RATIO:
        return None
    return Finding(
        Level.WARNING,
        f"The bitrate swings between {_rate(low)} and {_rate(high)}: set the encoder's rate "
        "control to CBR, as phones on the move cannot follow.",
    )


RULES = (
    Rule("no_media", _no_media, raise_after_s=0, clear_after_s=2, in_silence=True),
    Rule("no_video", _no_video, raise_after_s=0, clear_after_s=3),
    Rule("no_audio_config", _no_audio_config, raise_after_s=0, clear_after_s=0),
    Rule("audio_codec", _audio_codec, raise_after_s=0, clear_after_s=0),
    Rule("slow_connection", _slow_connection, raise_after_s=3, clear_after_s=5),
    Rule("reconnects", _reconnects, raise_after_s=0, clear_after_s=0, in_silence=True),
    Rule("timestamp_jumps", _timestamp_jumps, raise_after_s=0, clear_after_s=0, in_silence=True),
    Rule("dropped_frames", _dropped_frames, raise_after_s=2, clear_after_s=5),
    Rule("keyframe_interval", _keyframe_interval, raise_after_s=3, clear_after_s=10),
    Rule("av_skew", _av_skew, raise_after_s=4, clear_after_s=5),
    Rule("low_fps", _low_fps, raise_after_s=6, clear_after_s=6),
    Rule("bitrate_high", _bitrate_high, raise_after_s=5, clear_after_s=10),
    Rule("bitrate_unsteady", _bitrate_unsteady, raise_after_s=5, clear_after_s=10),
)
"""In the order in which they are shown. Those that count over a minute or more need no delay."""


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _rate(kbps: float) -> str:
    return f"{kbps / 1000:.1f} Mbit/s"
