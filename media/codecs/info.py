"""What configuration records tell of a track, whatever its codec."""

from dataclasses import dataclass

MAX_PICTURE_SIDE_PX = 16_384
MAX_RECORD_BYTES = 64 * 1024  # parameter sets of a screen of text have under 1 KB

_RANGES = {16: "PQ", 18: "HLG"}  # transfer characteristics of ITU-T H.273, table 3


class CodecError(ValueError):
    """A configuration record or a packet is cut short or says what no encoder may say."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """A video track.

    ``codec`` is its RFC 6381 string, ``width`` and ``height`` are in pixels after cropping, ``fps``
    is there where the stream tells it. ``nal_length_size`` is the bytes before each NAL unit: 1, 2
    or 4, and 0 for codecs without. ``video_range`` is as in EXT-X-STREAM-INF: SDR, HLG or PQ.
    """

    codec: str
    width: int
    height: int
    fps: float | None = None
    nal_length_size: int = 0
    video_range: str = "SDR"


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """An audio track as it comes out of a decoder.

    ``codec`` is its RFC 6381 string. A packet lasts ``samples_per_packet / sample_rate`` (Hz)
    seconds; 0 where packets differ and tell it themselves. ``coded_channels`` differs from
    ``channels`` where a decoder makes two out of one.
    """

    codec: str
    sample_rate: int
    channels: int
    coded_channels: int
    samples_per_packet: int = 0


def checked_size(codec: str, width: int, height: int) -> tuple[int, int]:
    """The size, if a picture can have it; raises CodecError."""
    if not (0 < width <= MAX_PICTURE_SIDE_PX and 0 < height <= MAX_PICTURE_SIDE_PX):
        raise CodecError(f"the {codec} configuration asks for a picture of {width}x{height}")
    return width, height


def video_range(transfer: int) -> str:
    """VIDEO-RANGE of transfer characteristics (RFC 8216bis, 4.4.6.2; ITU-T H.273, 8.2)."""
    return _RANGES.get(transfer, "SDR")
