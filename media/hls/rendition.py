"""A rendition as the multivariant playlist tells of it."""

from dataclasses import dataclass

from media.codecs import AudioInfo, VideoInfo
from media.hls.bitrate import Bitrate
from media.hls.segment import MediaSegment
from media.timeline import MediaType

SAME_RATE = 0.05  # of the frame rate: a stream that says 29.97 and runs at 30.1 runs at 29.97


@dataclass(frozen=True, slots=True)
class RenditionInfo:
    """What the multivariant playlist says of a rendition.

    Bit rates are measured over its segments, in bits a second. ``width``, ``height`` (pixels) and
    ``frame_rate`` and ``video_range`` are those of video, ``channels`` and ``sample_rate`` (Hz)
    those of audio.
    """

    codec: str
    peak_bps: int
    average_bps: int
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0
    video_range: str = "SDR"
    channels: int = 0
    sample_rate: int = 0


class Renditions:
    """What the multivariant playlist says, from what was published so far."""

    def __init__(self) -> None:
        self.infos: dict[MediaType, RenditionInfo] = {}
        self._bitrates = {media: Bitrate() for media in MediaType}

    def add_video(
        self, piece: MediaSegment, info: VideoInfo, fps: float | None, target_duration_s: int
    ) -> None:
        """Count a segment of video; ``fps`` is measured, if it is known already.

        The frame rate is what the stream says or, where it says otherwise, as it runs.
        """
        bitrate = self._bitrates[MediaType.VIDEO]
        bitrate.add(piece, target_duration_s)
        measured = fps or piece.frames / piece.duration_s
        says_so = info.fps is not None and abs(info.fps - measured) <= SAME_RATE * measured
        self.infos[MediaType.VIDEO] = RenditionInfo(
            codec=info.codec,
            peak_bps=bitrate.peak_bps,
            average_bps=bitrate.average_bps,
            width=info.width,
            height=info.height,
            frame_rate=info.fps if info.fps is not None and says_so else measured,
            video_range=info.video_range,
        )

    def add_audio(self, piece: MediaSegment, info: AudioInfo, target_duration_s: int) -> None:
        """Count a segment of audio."""
        bitrate = self._bitrates[MediaType.AUDIO]
        bitrate.add(piece, target_duration_s)
        self.infos[MediaType.AUDIO] = RenditionInfo(
            codec=info.codec,
            peak_bps=bitrate.peak_bps,
            average_bps=bitrate.average_bps,
            channels=info.channels,
            sample_rate=info.sample_rate,
        )
