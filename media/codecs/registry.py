"""Which reader belongs to which codec."""

from collections.abc import Callable, Mapping

from media.codecs.aac import parse_audio_specific_config
from media.codecs.ac3 import ac3_samples, parse_ac3_record
from media.codecs.av1 import parse_av1_record
from media.codecs.avc import parse_avc_record
from media.codecs.flac import flac_samples, parse_flac_streaminfo
from media.codecs.hevc import parse_hevc_record
from media.codecs.info import AudioInfo, VideoInfo
from media.codecs.mp3 import mp3_samples, parse_mp3_record
from media.codecs.opus import opus_samples, parse_opus_head
from media.codecs.vp9 import parse_vp9_record
from media.frames import AudioConfig, Codec, VideoConfig

_VIDEO: Mapping[Codec, Callable[[bytes], VideoInfo]] = {
    Codec.H264: parse_avc_record,
    Codec.HEVC: parse_hevc_record,
    Codec.AV1: parse_av1_record,
    Codec.VP9: parse_vp9_record,
}
_AUDIO: Mapping[Codec, Callable[[bytes], AudioInfo]] = {
    Codec.AAC: parse_audio_specific_config,
    Codec.OPUS: parse_opus_head,
    Codec.FLAC: parse_flac_streaminfo,
    Codec.AC3: parse_ac3_record,
    Codec.EAC3: parse_ac3_record,
    Codec.MP3: parse_mp3_record,
}
_SAMPLES: Mapping[Codec, Callable[[bytes], int]] = {
    Codec.OPUS: opus_samples,
    Codec.FLAC: flac_samples,
    Codec.AC3: ac3_samples,
    Codec.EAC3: ac3_samples,
    Codec.MP3: mp3_samples,
}


def read_video_config(config: VideoConfig) -> VideoInfo:
    """What a video configuration says; raises CodecError."""
    return _VIDEO[config.codec](config.record)


def read_audio_config(config: AudioConfig) -> AudioInfo:
    """What an audio configuration says; raises CodecError."""
    return _AUDIO[config.codec](config.record)


def packet_samples(codec: Codec, packet: bytes) -> int:
    """How many samples a packet of a codec holds whose packets tell it; raises CodecError."""
    return _SAMPLES[codec](packet)
