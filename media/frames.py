"""Frames: what ingest hands to the segmenter, in the order in which it arrived.

Times are integer milliseconds on the publisher's own clock (the RTMP timestamp, unwrapped), so
they may start anywhere. Codec configuration travels in the same list as the frames, because a
configuration holds from its place in the order on.
"""

from dataclasses import dataclass
from enum import StrEnum


class Codec(StrEnum):
    """The codecs an encoder may send; the value is FFmpeg's name for it."""

    H264 = "h264"
    HEVC = "hevc"
    AV1 = "av1"
    VP9 = "vp9"
    AAC = "aac"
    OPUS = "opus"
    FLAC = "flac"
    AC3 = "ac3"
    EAC3 = "eac3"
    MP3 = "mp3"


@dataclass(frozen=True, slots=True)
class VideoConfig:
    """A video sequence header.

    ``record`` is the codec's configuration record, as its module in ``media.codecs`` says: for
    H.264 an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1).
    """

    codec: Codec
    record: bytes


@dataclass(frozen=True, slots=True)
class AudioConfig:
    """An audio sequence header.

    ``record`` is the codec's configuration, as its module in ``media.codecs`` says: for AAC an
    AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).
    """

    codec: Codec
    record: bytes


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One coded picture: H.264 and HEVC as length-prefixed NAL units, not Annex B.

    AV1 comes as one temporal unit without its delimiter, VP9 as one frame or superframe.

    ``cts_ms`` is the signed composition offset: it is shown at ``dts_ms + cts_ms``.
    """

    dts_ms: int
    cts_ms: int
    keyframe: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """One coded audio packet as MP4 has it: for AAC one access unit, without an ADTS header."""

    dts_ms: int
    data: bytes


Frame = VideoConfig | AudioConfig | VideoFrame | AudioFrame
