"""Frames into FLV tag bodies (Adobe FLV 10.1, E.4.2 and E.4.3; Veovera, Enhanced RTMP v2)."""

import struct
from typing import NamedTuple

from media.codecs import read_audio_config, read_video_config
from media.codecs.vp9 import SIZE_BYTES as VP9_SIZE_BYTES
from media.frames import AudioConfig, AudioFrame, Codec, Frame, VideoConfig, VideoFrame
from media.rtmp.amf0 import Marker, encode_values
from media.rtmp.enhanced import AUDIO_CODECS, VIDEO_CODECS, AudioPacket, VideoPacket
from media.rtmp.message import MessageType

CLASSIC_CODECS = frozenset({Codec.H264, Codec.AAC, Codec.MP3})
"""Those with a number in FLV, which every server takes; the others go by FourCC."""

FOURCCS = {codec: fourcc for fourcc, codec in (VIDEO_CODECS | AUDIO_CODECS).items()}

_SET_DATA_FRAME, _METADATA = "@setDataFrame", "onMetaData"
_CODEC_IDS = {Codec.H264: 7, Codec.AAC: 10, Codec.MP3: 2}
_KEY, _INTER = 0x10, 0x20
_H264, _AAC, _MP3 = 0x07, b"\xaf", b"\x2f"
_CODED = b"\x01"
_ENHANCED_VIDEO, _ENHANCED_AUDIO = 0x80, 0x90
_SELF_CONFIGURED = frozenset({Codec.MP3, Codec.AC3, Codec.EAC3})  # by each of their packets
_LARGEST_CTS_MS = (1 << 23) - 1
_FLAC_HEADER = b"fLaC\x80\x00\x00\x22"  # one metadata block, the last: STREAMINFO, 34 bytes


class Tag(NamedTuple):
    """A tag's message type and body."""

    type_id: MessageType
    body: bytes


class FlvMuxer:
    """One publisher's audio and video as tags, each frame after the configuration it needs."""

    def __init__(self) -> None:
        self._video: VideoConfig | None = None
        self._audio: AudioConfig | None = None
        self._is_told = False

    def write(self, frame: Frame) -> list[Tag]:
        """The tags of a frame or configuration: one as a rule, with metadata before it where new.

        A frame without a configuration before it gives none. Raises CodecError.
        """
        match frame:
            case VideoConfig():
                self._is_told = self._is_told and frame == self._video
                self._video = frame
                return [Tag(MessageType.VIDEO, _video_config(frame))]
            case AudioConfig():
                self._is_told = self._is_told and frame == self._audio
                self._audio = frame
                if frame.codec in _SELF_CONFIGURED:
                    return []
                return [Tag(MessageType.AUDIO, _audio_config(frame))]
            case VideoFrame() if self._video is not None:
                tag = Tag(MessageType.VIDEO, _video_frame(self._video.codec, frame))
            case AudioFrame() if self._audio is not None:
                tag = Tag(MessageType.AUDIO, _audio_frame(self._audio.codec, frame))
            case _:
                return []
        if self._is_told:
            return [tag]
        self._is_told = True
        return [Tag(MessageType.DATA_AMF0, self._metadata()), tag]

    def _metadata(self) -> bytes:
        """onMetaData (E.5), as an ECMA array: the one form that all servers read."""
        about: dict[str, object] = {"encoder": "Bandstand"}
        if self._video is not None:
            video = read_video_config(self._video)
            about |= {"width": video.width, "height": video.height}
            about["videocodecid"] = _codec_id(self._video.codec)
            if video.fps is not None:
                about["framerate"] = video.fps
        if self._audio is not None:
            audio = read_audio_config(self._audio)
            about["audiocodecid"] = _codec_id(self._audio.codec)
            about |= {"audiosamplerate": audio.sample_rate, "audiochannels": audio.channels}
            about["stereo"] = audio.channels > 1
        members = encode_values(about)[1:]
        head = struct.pack(">BI", Marker.ECMA_ARRAY, len(about))
        return encode_values(_SET_DATA_FRAME, _METADATA) + head + members


def _codec_id(codec: Codec) -> int:
    """FLV's number of a codec, or its FourCC read as one (Enhanced RTMP, Enhancing onMetaData)."""
    return _CODEC_IDS.get(codec) or int.from_bytes(FOURCCS[codec], "big")


def _video_config(config: VideoConfig) -> bytes:
    record = config.record
    if config.codec is Codec.H264:
        return bytes((_KEY | _H264, 0, 0, 0, 0)) + record
    if config.codec is Codec.VP9:
        record = record[:-VP9_SIZE_BYTES]
    head = bytes((_ENHANCED_VIDEO | _KEY | VideoPacket.SEQUENCE_START,))
    return head + FOURCCS[config.codec] + record


def _video_frame(codec: Codec, frame: VideoFrame) -> bytes:
    kind = _KEY if frame.keyframe else _INTER
    cts_ms = max(-_LARGEST_CTS_MS, min(frame.cts_ms, _LARGEST_CTS_MS))
    cts = cts_ms.to_bytes(3, "big", signed=True)
    if codec is Codec.H264:
        return bytes((kind | _H264,)) + _CODED + cts + frame.data
    packet = VideoPacket.CODED_FRAMES
    if codec is not Codec.HEVC:
        cts = b""
    elif not cts_ms:
        packet, cts = VideoPacket.CODED_FRAMES_X, b""
    return bytes((_ENHANCED_VIDEO | kind | packet,)) + FOURCCS[codec] + cts + frame.data


def _audio_config(config: AudioConfig) -> bytes:
    if config.codec is Codec.AAC:
        return _AAC + b"\0" + config.record
    record = config.record
    if config.codec is Codec.FLAC:
        record = _FLAC_HEADER + record
    return bytes((_ENHANCED_AUDIO | AudioPacket.SEQUENCE_START,)) + FOURCCS[config.codec] + record


def _audio_frame(codec: Codec, frame: AudioFrame) -> bytes:
    if codec is Codec.AAC:
        return _AAC + _CODED + frame.data
    if codec is Codec.MP3:
        return _MP3 + frame.data
    return bytes((_ENHANCED_AUDIO | AudioPacket.CODED_FRAMES,)) + FOURCCS[codec] + frame.data
