"""Where a segment ends, and how long segments of a show may be."""

import math
from collections.abc import Mapping

from media.hls.segment import MediaSegment
from media.hls.video_track import VideoTrack
from media.timeline import MediaType

MIN_TARGET_DURATION_S = 2
ROUNDING_SLACK_S = 0.1  # 60 frames of NTSC are 2.002 s, and still a target duration of 2
OVERRUN_MS = 300  # beyond TARGETDURATION; with an audio frame more it still rounds to it
TARGET_SLACK_MS = 50  # a key frame this little before the target is at it: timestamps jitter
REALIGN_MS = 500  # a segment that cannot end at its target ends at a key frame from here on


def find_cut(
    video: VideoTrack, start_ms: int, target_ms: int, limit_ms: int, reached_ms: int
) -> int | None:
    """Where a segment from ``start_ms`` ends, given video up to ``reached_ms``; None if later.

    That is the first key frame at or after ``target_ms``. If there is none before ``limit_ms``, it
    ends at an earlier key frame, else at any frame, else (one frame lasts too long) at the target.
    """
    earliest_ms = target_ms - TARGET_SLACK_MS
    if not video.begins_with_keyframe:
        earliest_ms = start_ms + REALIGN_MS
    keyframe_ms = next((k for k in video.keyframes_ms if k >= earliest_ms), None)
    if keyframe_ms is not None and keyframe_ms <= limit_ms:
        return keyframe_ms
    if reached_ms <= limit_ms:
        return None
    early = [k for k in video.keyframes_ms if start_ms + REALIGN_MS <= k <= limit_ms]
    if early:
        return early[-1]
    last_ms = video.last_start_ms(limit_ms)
    return last_ms if last_ms >= (start_ms + target_ms) // 2 else target_ms


def fix_target_duration(media: Mapping[MediaType, MediaSegment], target_segment_s: float) -> int:
    """TARGETDURATION (s) of a show whose first segment this is."""
    leading = media.get(MediaType.VIDEO) or media[MediaType.AUDIO]
    longest_s = max(piece.duration_s for piece in media.values())
    return max(
        MIN_TARGET_DURATION_S,
        math.ceil(target_segment_s),
        math.ceil(leading.duration_s - ROUNDING_SLACK_S),
        math.floor(longest_s + 0.5),  # no EXTINF may round to more
    )
