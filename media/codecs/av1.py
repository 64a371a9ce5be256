"""AV1: the AV1CodecConfigurationRecord (AV1 in ISOBMFF, 2.3) and the sequence header (AV1, 5.5)."""

from dataclasses import dataclass

from media.bits import BitReader, BitsError
from media.codecs.info import MAX_RECORD_BYTES, CodecError, VideoInfo, checked_size, video_range

MAX_SEQUENCE_HEADER_BYTES = 1024  # with 32 operating points it has under 300
MAX_OBUS = 64  # to look through for a sequence header

TEMPORAL_DELIMITER = b"\x12\x00"  # an OBU that MP4 leaves out (2.4)

_RECORD_HEAD_BYTES = 4
_RECORD_MARKER = 0x81  # marker bit and version 1
_OBU_SEQUENCE_HEADER = 1
_SELECT = 2  # SELECT_SCREEN_CONTENT_TOOLS and SELECT_INTEGER_MV (3)
_HIGH_TIER_FROM_LEVEL = 8
_UNSPECIFIED = 2  # of colour primaries, transfer, matrix (6.4.2)


@dataclass(frozen=True, slots=True)
class _Colors:
    primaries: int = _UNSPECIFIED
    transfer: int = _UNSPECIFIED
    matrix: int = _UNSPECIFIED


def parse_av1_record(record: bytes) -> VideoInfo:
    """Read a record that holds its sequence header; the codec string is ``av01.…``.

    Raises CodecError on a short or impossible record.
    """
    header = _find_sequence_header(_checked(record)[_RECORD_HEAD_BYTES:])
    if header is None:
        raise CodecError("the AV1 configuration holds no sequence header")
    _, payload = header
    if len(payload) > MAX_SEQUENCE_HEADER_BYTES:
        raise CodecError(f"the AV1 sequence header has {len(payload)} bytes")
    try:
        width, height, fps, colors = _read_sequence_header(BitReader(payload))
    except BitsError as error:
        raise CodecError(f"the AV1 sequence header cannot be read: {error}") from None
    width, height = checked_size("AV1", width, height)
    return VideoInfo(
        codec=_codec_string(record, colors),
        width=width,
        height=height,
        fps=fps,
        video_range=video_range(colors.transfer),
    )


def complete_av1_record(record: bytes, keyframe: bytes) -> bytes | None:
    """The record with a sequence header: its own, or else that of the key frame, if there is one.

    Raises CodecError.
    """
    if _find_sequence_header(_checked(record)[_RECORD_HEAD_BYTES:]) is not None:
        return record
    header = _find_sequence_header(keyframe)
    return None if header is None else record[:_RECORD_HEAD_BYTES] + header[0]


def _checked(record: bytes) -> bytes:
    if not _RECORD_HEAD_BYTES <= len(record) <= MAX_RECORD_BYTES:
        raise CodecError(f"the AV1 configuration has {len(record)} bytes")
    if record[0] != _RECORD_MARKER:
        raise CodecError("the AV1 configuration has no version 1")
    return record


def _codec_string(record: bytes, colors: _Colors) -> str:
    """AV1 in ISOBMFF, 5: the colours only where they are not those of SDR."""
    profile, level = record[1] >> 5, record[1] & 0x1F
    tier = "H" if record[2] & 0x80 else "M"
    depth = 8 if not record[2] & 0x40 else 12 if record[2] & 0x20 else 10
    text = f"av01.{profile}.{level:02}{tier}.{depth:02}"
    if video_range(colors.transfer) == "SDR":
        return text
    mono, x, y, position = record[2] >> 4 & 1, record[2] >> 3 & 1, record[2] >> 2 & 1, record[2] & 3
    chroma = f"{x}{y}{position if x and y else 0}"
    return f"{text}.{mono}.{chroma}.{colors.primaries:02}.{colors.transfer:02}.{colors.matrix:02}.0"


def _find_sequence_header(obus: bytes) -> tuple[bytes, bytes] | None:
    """The first sequence header, as the whole OBU and its payload (5.3)."""
    at = 0
    for _ in range(MAX_OBUS):
        if at >= len(obus):
            return None
        start, head = at, obus[at]
        at += 2 if head & 4 else 1  # an extension byte
        size = len(obus) - at
        if head & 2:
            size, at = _leb128(obus, at)
        end = at + size
        if head & 0x80 or end > len(obus):
            raise CodecError("there is something among the AV1 OBUs that is none")
        if head >> 3 & 0xF == _OBU_SEQUENCE_HEADER:
            return obus[start:end], obus[at:end]
        at = end
    return None


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """A number of at most eight bytes (4.10.5), and where it ends."""
    value = 0
    for index in range(8):
        if at + index >= len(data):
            break
        byte = data[at + index]
        value |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            return value, at + index + 1
    raise CodecError("the size of an AV1 OBU does not end")


def _read_sequence_header(bits: BitReader) -> tuple[int, int, float | None, _Colors]:
    """Width, height, frames a second where they are constant, and colours."""
    profile = bits.read(3)
    bits.flag()  # still_picture
    reduced = bits.flag()
    fps = None
    if reduced:
        bits.read(5)  # seq_level_idx
    else:
        fps = _read_operating_points(bits)
    width_bits, height_bits = bits.read(4) + 1, bits.read(4) + 1
    width, height = bits.read(width_bits) + 1, bits.read(height_bits) + 1
    if not reduced and bits.flag():
        bits.read(7)  # frame id lengths
    bits.read(3)  # superblock size, filter intra, intra edge filter
    if not reduced:
        _skip_tools(bits)
    bits.read(3)  # superres, cdef, restoration
    return width, height, fps, _read_colors(bits, profile)


def _read_operating_points(bits: BitReader) -> float | None:
    fps, delay_bits = None, 0
    has_model = False
    if bits.flag():  # timing_info
        units, time_scale = bits.read(32), bits.read(32)
        if bits.flag():
            ticks = bits.unsigned_golomb() + 1
            fps = time_scale / (units * ticks) if units and time_scale else None
        has_model = bits.flag()
        if has_model:
            delay_bits = bits.read(5) + 1
            bits.read(32 + 5 + 5)  # decoding tick, lengths
    has_display_delay = bits.flag()
    for _ in range(bits.read(5) + 1):
        bits.read(12)  # operating_point_idc
        if bits.read(5) >= _HIGH_TIER_FROM_LEVEL:
            bits.flag()  # seq_tier
        if has_model and bits.flag():
            bits.read(2 * delay_bits + 1)  # buffer delays, low delay mode
        if has_display_delay and bits.flag():
            bits.read(4)
    return fps


def _skip_tools(bits: BitReader) -> None:
    bits.read(4)  # interintra, masked, warped motion, dual filter
    has_order_hint = bits.flag()
    if has_order_hint:
        bits.read(2)  # joint compound, reference frame motion vectors
    screen_tools = _SELECT if bits.flag() else bits.read(1)
    if screen_tools and not bits.flag():
        bits.flag()  # seq_force_integer_mv
    if has_order_hint:
        bits.read(3)


def _read_colors(bits: BitReader, profile: int) -> _Colors:
    """color_config (5.5.2), up to its description."""
    if bits.flag() and profile == 2:
        bits.flag()  # twelve_bit
    if profile != 1:
        bits.flag()  # mono_chrome
    return _Colors(bits.read(8), bits.read(8), bits.read(8)) if bits.flag() else _Colors()
