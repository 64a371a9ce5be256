"""Init segments: the codec boxes are FFmpeg's work, through PyAV.

An FLV of the sequence header and the head of one frame, in memory, is opened with PyAV; its stream
is the template of an MP4 of which only the header is kept. FFmpeg needs a picture to look at
the parameter sets, but the picture's first bytes are enough: given all of a large one it would
decode it (62 ms for 600 KB), given the head it takes 5 ms.
"""

import io
import struct
from dataclasses import dataclass

import av

from media.codecs import VideoInfo
from media.codecs.vp9 import SIZE_BYTES
from media.frames import AudioConfig, Codec, VideoConfig

VIDEO_TIMESCALE = 90_000

_FRAME_HEAD_BYTES = 64
_NAL_SLICE_TYPES = frozenset({1, 5})  # of a picture that is not an IDR, and of one that is
_FLV_AUDIO = 8
_FLV_VIDEO = 9
_FLV_SCRIPT = 18
_AVC_KEYFRAME = 0x17
_AAC_STEREO = 0xAF  # what FLV says of every AAC, whatever its rate and channels
# Enhanced RTMP: the packet type is in the low bits, 0 of a sequence header, 1 or 3 of a frame.
_ENHANCED_KEYFRAME = 0x90
_ENHANCED_AUDIO = 0x90
_CODED_FRAMES = 1
_CODED_FRAMES_X = 3  # without a composition time, which HEVC's other form has
_FOURCCS = {
    Codec.HEVC: b"hvc1", Codec.AV1: b"av01", Codec.VP9: b"vp09", Codec.OPUS: b"Opus",
    Codec.FLAC: b"fLaC", Codec.AC3: b"ac-3", Codec.EAC3: b"ec-3", Codec.MP3: b".mp3",
}  # fmt: skip
_RECORDLESS = frozenset({Codec.AC3, Codec.EAC3, Codec.MP3})
_BOXES_FROM_PACKET = frozenset({Codec.AC3, Codec.EAC3})  # FFmpeg reads them from the first one
_MP4_OPTIONS = {
    "movflags": "empty_moov+default_base_moof+skip_trailer",
    "video_track_timescale": str(VIDEO_TIMESCALE),
    "use_editlist": "0",  # times in fragments are the times played
}
_DELAYED_OPTIONS = {**_MP4_OPTIONS, "movflags": _MP4_OPTIONS["movflags"] + "+delay_moov"}


class InitSegmentError(ValueError):
    """FFmpeg does not make out the codec from the sequence header and the first frame."""


@dataclass(frozen=True, slots=True)
class InitSegment:
    """``ftyp`` + ``moov`` of one rendition; ``timescale`` is its track's ticks a second."""

    number: int
    timescale: int
    data: bytes

    @property
    def name(self) -> str:
        """The file's name in the rendition's folder."""
        return f"init-{self.number}.mp4"


def video_init_segment(
    number: int, config: VideoConfig, info: VideoInfo, keyframe: bytes
) -> InitSegment:
    """The init segment of video with this configuration and first key frame.

    Raises InitSegmentError.
    """
    if config.codec is Codec.H264:
        picture = _slice_head(keyframe, info.nal_length_size)
        tags = _flv_tag(_FLV_VIDEO, bytes([_AVC_KEYFRAME, 0, 0, 0, 0]) + config.record)
        tags += _flv_tag(_FLV_VIDEO, bytes([_AVC_KEYFRAME, 1, 0, 0, 0]) + picture)
        return _init_segment(number, config.codec, tags)
    fourcc = _FOURCCS[config.codec]
    record = config.record[:-SIZE_BYTES] if config.codec is Codec.VP9 else config.record
    # With the size told beforehand, FFmpeg does without what is missing of the picture.
    tags = _size_tag(info.width, info.height)
    tags += _flv_tag(_FLV_VIDEO, bytes([_ENHANCED_KEYFRAME]) + fourcc + record)
    frame_type = _CODED_FRAMES_X if config.codec is Codec.HEVC else _CODED_FRAMES
    # A byte of zeros ends it: VP9's last byte could be taken for the index of a superframe.
    head = fourcc + keyframe[:_FRAME_HEAD_BYTES] + b"\0"
    tags += _flv_tag(_FLV_VIDEO, bytes([_ENHANCED_KEYFRAME | frame_type]) + head)
    return _init_segment(number, config.codec, tags)


def audio_init_segment(number: int, config: AudioConfig, packet: bytes) -> InitSegment:
    """The init segment of audio with this configuration and any packet.

    Raises InitSegmentError.
    """
    if config.codec is Codec.AAC:
        tags = _flv_tag(_FLV_AUDIO, bytes([_AAC_STEREO, 0]) + config.record)
        tags += _flv_tag(_FLV_AUDIO, bytes([_AAC_STEREO, 1]) + packet)
        return _init_segment(number, config.codec, tags)
    fourcc = _FOURCCS[config.codec]
    record = b"" if config.codec in _RECORDLESS else config.record
    tags = _flv_tag(_FLV_AUDIO, bytes([_ENHANCED_AUDIO]) + fourcc + record)
    tags += _flv_tag(_FLV_AUDIO, bytes([_ENHANCED_AUDIO | _CODED_FRAMES]) + fourcc + packet)
    return _init_segment(number, config.codec, tags)


def _slice_head(keyframe: bytes, nal_length_size: int) -> bytes:
    """The first bytes of the picture's first slice, as one short NAL unit."""
    offset = 0
    while offset + nal_length_size < len(keyframe):
        start = offset + nal_length_size
        offset = start + int.from_bytes(keyframe[offset:start], "big")
        if keyframe[start] & 0x1F in _NAL_SLICE_TYPES:
            head = keyframe[start : min(offset, start + _FRAME_HEAD_BYTES)]
            return len(head).to_bytes(nal_length_size, "big") + head
    raise InitSegmentError("the first key frame holds no picture")


def _init_segment(number: int, codec: Codec, tags: bytes) -> InitSegment:
    flv = struct.pack(">3sBBII", b"FLV", 1, 5, 9, 0) + tags
    delayed = codec in _BOXES_FROM_PACKET
    options = _DELAYED_OPTIONS if delayed else _MP4_OPTIONS
    output = io.BytesIO()
    try:
        with (
            av.open(io.BytesIO(flv), "r", format="flv") as source,
            av.open(output, "w", format="mp4", options=options) as mp4,
        ):
            track = mp4.add_stream_from_template(source.streams[0], opaque=True)
            if codec is Codec.HEVC:
                track.codec_context.codec_tag = "hvc1"  # the one of FFmpeg's two that Apple plays
            mp4.start_encoding()
            if delayed:
                packet = next(source.demux(source.streams[0]))
                packet.stream = track
                mp4.mux(packet)
        data = _header_of(output.getvalue())
    except (av.FFmpegError, IndexError, StopIteration) as error:
        raise InitSegmentError(f"the codec cannot be made out: {error}") from error
    return InitSegment(number, _timescale(data), data)


def _header_of(mp4: bytes) -> bytes:
    """All boxes up to and with the ``moov``; raises InitSegmentError where there is none."""
    at = 0
    while at + 8 <= len(mp4):
        size, name = struct.unpack_from(">I4s", mp4, at)
        at += max(size, 8)
        if name == b"moov" and size:
            return mp4[:at]
    raise InitSegmentError("the codec cannot be made out from its first packet")


def _flv_tag(tag_type: int, body: bytes) -> bytes:
    size = len(body).to_bytes(3, "big")
    return bytes([tag_type]) + size + bytes(7) + body + struct.pack(">I", 11 + len(body))


def _size_tag(width: int, height: int) -> bytes:
    """An onMetaData of two numbers."""
    body = b"\x02\x00\x0aonMetaData\x03"
    for name, number in ((b"width", width), (b"height", height)):
        body += struct.pack(">H", len(name)) + name + struct.pack(">Bd", 0, number)
    return _flv_tag(_FLV_SCRIPT, body + b"\x00\x00\x09")


def _timescale(init: bytes) -> int:
    """What the ``mdhd`` box says (ISO/IEC 14496-12, 8.4.2)."""
    at = init.index(b"mdhd") + 4
    version = init[at]
    offset = at + 4 + (16 if version else 8)
    return int.from_bytes(init[offset : offset + 4], "big")
