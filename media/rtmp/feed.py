"""One track's configurations and frames, in the order in which they came.

Some configurations are in the frames themselves: sizes in VP9's key frames, and all there is of
AC-3 and MP3. They are handed on before the first frame that they hold for.
"""

from collections.abc import Callable, Mapping

from media.codecs import CodecError, read_audio_config, read_video_config
from media.codecs.ac3 import ac3_record
from media.codecs.av1 import TEMPORAL_DELIMITER, complete_av1_record
from media.codecs.flac import flac_streaminfo
from media.codecs.mp3 import mp3_record
from media.codecs.vp9 import complete_vp9_record
from media.frames import AudioConfig, AudioFrame, Codec, Frame, VideoConfig, VideoFrame
from media.rtmp.errors import ErrorCode, RtmpError

_OPUS_TAGS = b"OpusTags"  # a comment header (RFC 7845, 5.2), which tells nothing to play by

_Complete = Callable[[bytes, bytes], bytes | None]
_COMPLETE: Mapping[Codec, _Complete] = {
    Codec.AV1: complete_av1_record,
    Codec.VP9: complete_vp9_record,
}
_FROM_PACKET: Mapping[Codec, Callable[[bytes], bytes]] = {
    Codec.AC3: ac3_record,
    Codec.EAC3: ac3_record,
    Codec.MP3: mp3_record,
}


class VideoFeed:
    """The video track. ``codec`` is None until its first configuration."""

    def __init__(self) -> None:
        self.codec: Codec | None = None
        self._record = b""  # as it was sent
        self._complete: _Complete | None = None  # with a key frame, where the codec needs one
        self._config: VideoConfig | None = None  # as it was handed on

    def configure(self, codec: Codec, record: bytes) -> tuple[Frame, ...]:
        """A sequence header, a repeat included; raises RtmpError(BAD_CODEC_CONFIG)."""
        self.codec, self._record = codec, record
        self._complete = _COMPLETE.get(codec)
        config = self._find_config(codec, b"")
        return () if config is None else (config,)

    def frame(self, dts_ms: int, cts_ms: int, key: bool, data: bytes) -> tuple[Frame, ...]:
        """A picture, after its configuration if that is new.

        Nothing before the first configuration. Raises RtmpError(BAD_CODEC_CONFIG).
        """
        before = self._config
        if self._complete is not None:
            assert self.codec is not None
            if self.codec is Codec.AV1:
                data = data.removeprefix(TEMPORAL_DELIMITER)
            config = self._find_config(self.codec, data) if key else before
            if config is not None and config != before:
                return config, VideoFrame(dts_ms, cts_ms, key, data)
        return () if before is None else (VideoFrame(dts_ms, cts_ms, key, data),)

    def _find_config(self, codec: Codec, keyframe: bytes) -> VideoConfig | None:
        """The configuration, if all of it is known; checked where it is new."""
        try:
            record = self._complete(self._record, keyframe) if self._complete else self._record
            if record is None:
                return None
            config = VideoConfig(codec, record)
            if config != self._config:
                read_video_config(config)
        except CodecError as error:
            raise RtmpError(ErrorCode.BAD_CODEC_CONFIG, str(error)) from error
        self._config = config
        return config


class AudioFeed:
    """The audio track. ``codec`` is None until its first configuration."""

    def __init__(self) -> None:
        self.codec: Codec | None = None
        self._config: AudioConfig | None = None
        self._is_sent = False  # rather than found in packets

    def configure(self, codec: Codec, record: bytes) -> tuple[Frame, ...]:
        """A sequence header, a repeat included; raises RtmpError(BAD_CODEC_CONFIG)."""
        if not record or codec in _FROM_PACKET or record.startswith(_OPUS_TAGS):
            return ()
        try:
            if codec is Codec.FLAC:
                record = flac_streaminfo(record)
            return (self._use(AudioConfig(codec, record)),)
        except CodecError as error:
            raise RtmpError(ErrorCode.BAD_CODEC_CONFIG, str(error)) from error

    def frame(self, codec: Codec, dts_ms: int, data: bytes) -> tuple[Frame, ...]:
        """A packet, after its configuration if that is new.

        Nothing before the first configuration, and nothing of what is no packet of its codec; the
        first one of those raises RtmpError(BAD_CODEC_CONFIG).
        """
        frame = AudioFrame(dts_ms, data)
        if self.codec is codec and self._is_sent:
            return (frame,)
        if codec not in _FROM_PACKET:
            return ()
        try:
            config = AudioConfig(codec, _FROM_PACKET[codec](data))
            return (frame,) if config == self._config else (self._use(config), frame)
        except CodecError as error:
            if self.codec is codec:
                return ()
            raise RtmpError(ErrorCode.BAD_CODEC_CONFIG, str(error)) from error

    def _use(self, config: AudioConfig) -> AudioConfig:
        if config != self._config:
            read_audio_config(config)
        self.codec, self._config = config.codec, config
        self._is_sent = config.codec not in _FROM_PACKET
        return config
