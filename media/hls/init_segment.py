"""Init segments: the codec boxes are FFmpeg's work, through PyAV.

An FLV of the sequence header and the head of one frame, in memory, is opened with PyAV; its stream
is the template of an MP4 of which only the header is written. FFmpeg needs a picture to look at
the parameter sets, but the picture's first bytes are enough: given all of a large one it would
decode it (62 ms for 600 KB), given the head it takes 5 ms.
"""

import io
import struct
from dataclasses import dataclass

import av

VIDEO_TIMESCALE = 90_000

_SLICE_HEAD_BYTES = 64
_NAL_SLICE_TYPES = frozenset({1, 5})  # of a picture that is not an IDR, and of one that is
_FLV_AUDIO = 8
_FLV_VIDEO = 9
_AVC_KEYFRAME = 0x17
_AAC_STEREO = 0xAF  # what FLV says of every AAC, whatever its rate and channels
_MP4_OPTIONS = {
    "movflags": "empty_moov+default_base_moof+skip_trailer",
    "video_track_timescale": str(VIDEO_TIMESCALE),
    "use_editlist": "0",  # times in fragments are the times played
}


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
    number: int, record: bytes, keyframe: bytes, nal_length_size: int
) -> InitSegment:
    """The init segment of H.264 with this configuration record and first key frame.

    Raises InitSegmentError.
    """
    picture = _slice_head(keyframe, nal_length_size)
    header = bytes([_AVC_KEYFRAME, 0, 0, 0, 0]) + record
    frame = bytes([_AVC_KEYFRAME, 1, 0, 0, 0]) + picture
    return _init_segment(number, _FLV_VIDEO, header, frame)


def audio_init_segment(number: int, record: bytes, frame: bytes) -> InitSegment:
    """The init segment of AAC with this AudioSpecificConfig and any frame.

    Raises InitSegmentError.
    """
    header = bytes([_AAC_STEREO, 0]) + record
    return _init_segment(number, _FLV_AUDIO, header, bytes([_AAC_STEREO, 1]) + frame)


def _slice_head(keyframe: bytes, nal_length_size: int) -> bytes:
    """The first bytes of the picture's first slice, as one short NAL unit."""
    offset = 0
    while offset + nal_length_size < len(keyframe):
        start = offset + nal_length_size
        offset = start + int.from_bytes(keyframe[offset:start], "big")
        if keyframe[start] & 0x1F in _NAL_SLICE_TYPES:
            head = keyframe[start : min(offset, start + _SLICE_HEAD_BYTES)]
            return len(head).to_bytes(nal_length_size, "big") + head
    raise InitSegmentError("the first key frame holds no picture")


def _init_segment(number: int, tag_type: int, header: bytes, frame: bytes) -> InitSegment:
    flags = 4 if tag_type == _FLV_AUDIO else 1
    flv = struct.pack(">3sBBII", b"FLV", 1, flags, 9, 0)
    flv += _flv_tag(tag_type, header) + _flv_tag(tag_type, frame)
    output = io.BytesIO()
    try:
        with (
            av.open(io.BytesIO(flv), format="flv") as source,
            av.open(output, "w", format="mp4", options=_MP4_OPTIONS) as mp4,
        ):
            mp4.add_stream_from_template(source.streams[0], opaque=True)
            mp4.start_encoding()
            data = output.getvalue()
    except (av.FFmpegError, IndexError) as error:
        raise InitSegmentError(f"the codec cannot be made out: {error}") from error
    return InitSegment(number, _timescale(data), data)


def _flv_tag(tag_type: int, body: bytes) -> bytes:
    size = len(body).to_bytes(3, "big")
    return bytes([tag_type]) + size + bytes(7) + body + struct.pack(">I", 11 + len(body))


def _timescale(init: bytes) -> int:
    """What the ``mdhd`` box says (ISO/IEC 14496-12, 8.4.2)."""
    at = init.index(b"mdhd") + 4
    version = init[at]
    offset = at + 4 + (16 if version else 8)
    return int.from_bytes(init[offset : offset + 4], "big")
