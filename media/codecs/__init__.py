"""What configuration records and packets say: picture size, sample rate, duration, codec string."""

from media.codecs.info import AudioInfo, CodecError, VideoInfo
from media.codecs.registry import packet_samples, read_audio_config, read_video_config

__all__ = [
    "AudioInfo",
    "CodecError",
    "VideoInfo",
    "packet_samples",
    "read_audio_config",
    "read_video_config",
]
