"""VP9: the VPCodecConfigurationRecord (VP Codec ISO Media File Format Binding, 1.0).

The record tells no size: that is in key frames (VP9, 6.2). What is handed on is therefore the
record as MP4 has it, with version and flags, followed by width and height, 16 bits each.
"""

import struct

from media.bits import BitReader, BitsError
from media.codecs.info import MAX_RECORD_BYTES, CodecError, VideoInfo, checked_size, video_range

SIZE_BYTES = 4  # at the end of a record with a size

_VERSION_AND_FLAGS = b"\x01\0\0\0"
_FIELDS_BYTES = 8
_RECORD_BYTES = len(_VERSION_AND_FLAGS) + _FIELDS_BYTES
_SYNC_CODE = 0x498342
_COLOR_RGB = 7
_LOWEST_LEVEL = 10  # players refuse 0, which encoders write where they do not know
_HEADER_BYTES = 16  # of a key frame, up to its size


def parse_vp9_record(record: bytes) -> VideoInfo:
    """Read a record with a size; the codec string is ``vp09.…``. Raises CodecError."""
    if not _RECORD_BYTES + SIZE_BYTES <= len(record) <= MAX_RECORD_BYTES:
        raise CodecError(f"the VP9 configuration has {len(record)} bytes")
    profile, level, depths, primaries, transfer, matrix = record[4:10]
    depth, chroma, full_range = depths >> 4, depths >> 1 & 7, depths & 1
    if profile > 3 or depth not in (8, 10, 12):
        raise CodecError(f"the VP9 configuration has profile {profile} and {depth} bits a sample")
    text = f"vp09.{profile:02}.{level or _LOWEST_LEVEL:02}.{depth:02}"
    if video_range(transfer) != "SDR":
        text += f".{chroma:02}.{primaries:02}.{transfer:02}.{matrix:02}.{full_range:02}"
    width, height = checked_size("VP9", *struct.unpack(">HH", record[-SIZE_BYTES:]))
    return VideoInfo(text, width, height, video_range=video_range(transfer))


def complete_vp9_record(record: bytes, keyframe: bytes) -> bytes | None:
    """The record, with or without version and flags, with the key frame's size after it.

    None without a key frame. Raises CodecError.
    """
    if record[: len(_VERSION_AND_FLAGS)] != _VERSION_AND_FLAGS:
        record = _VERSION_AND_FLAGS + record
    if len(record) < _RECORD_BYTES:
        raise CodecError(f"the VP9 configuration has {len(record)} bytes")
    if not keyframe:
        return None
    try:
        width, height = _read_size(BitReader(keyframe[:_HEADER_BYTES]))
    except BitsError as error:
        raise CodecError(f"the VP9 key frame cannot be read: {error}") from None
    return record[:_RECORD_BYTES] + struct.pack(">HH", width & 0xFFFF, height & 0xFFFF)


def _read_size(bits: BitReader) -> tuple[int, int]:
    """Width and height of a key frame's uncompressed header (VP9, 6.2)."""
    if bits.read(2) != 2:
        raise CodecError("the VP9 key frame does not begin as a frame")
    profile = bits.read(1) | bits.read(1) << 1
    if profile == 3:
        bits.flag()
    if bits.flag() or bits.flag():  # an old frame shown again, or one that is no key frame
        raise CodecError("the VP9 key frame is none")
    bits.read(2)  # show_frame, error_resilient_mode
    if bits.read(24) != _SYNC_CODE:
        raise CodecError("the VP9 key frame has no sync code")
    if profile >= 2:
        bits.flag()  # ten_or_twelve_bit
    if bits.read(3) != _COLOR_RGB:
        bits.flag()  # color_range
        bits.read(3 if profile in (1, 3) else 0)  # subsampling
    elif profile in (1, 3):
        bits.flag()
    return bits.read(16) + 1, bits.read(16) + 1
