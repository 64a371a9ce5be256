"""HEVC's sequence parameter set (ITU-T H.265, 7.3.2.2) as far as players are told of it."""

from dataclasses import dataclass

from media.bits import BitReader, BitsError
from media.codecs.info import CodecError, checked_size, video_range
from media.codecs.vui import read_vui_head

MAX_SPS_BYTES = 4096  # with scaling lists a real one has under 1000
MAX_REFERENCE_SETS = 64  # 7.4.3.2.1
MAX_REFERENCE_PICTURES = 16  # in one set (7.4.8)
MAX_LONG_TERM_PICTURES = 32  # 7.4.3.2.1

_HEADER_BYTES = 2


@dataclass(frozen=True, slots=True)
class SpsInfo:
    """Size in pixels after cropping; ``fps`` and ``video_range`` as the VUI tells them."""

    width: int
    height: int
    fps: float | None
    video_range: str


def parse_sps(nal: bytes) -> SpsInfo:
    """Read the NAL unit, its header included; raises CodecError."""
    if len(nal) > MAX_SPS_BYTES:
        raise CodecError(f"the HEVC sequence parameter set has {len(nal)} bytes")
    # Emulation prevention (7.3.1.1) is taken out first.
    bits = BitReader(nal[_HEADER_BYTES:].replace(b"\x00\x00\x03", b"\x00\x00"))
    try:
        sub_layers, width, height = _read_size(bits)
    except BitsError as error:
        raise CodecError(f"the HEVC sequence parameter set cannot be read: {error}") from None
    try:
        fps, transfer = _read_vui(bits, sub_layers)
    except BitsError:
        fps, transfer = None, 0  # what follows the size is for display: a show goes on without
    return SpsInfo(width, height, fps, video_range(transfer))


def _read_size(bits: BitReader) -> tuple[int, int, int]:
    bits.read(4)  # sps_video_parameter_set_id
    sub_layers = bits.read(3)
    bits.flag()  # sps_temporal_id_nesting
    _skip_profile_tier_level(bits, sub_layers)
    bits.unsigned_golomb()  # sps_seq_parameter_set_id
    chroma_format = bits.unsigned_golomb()
    separate_planes = chroma_format == 3 and bits.flag()
    width, height = bits.unsigned_golomb(), bits.unsigned_golomb()
    if bits.flag():
        counts_in_chroma = not separate_planes
        unit_x = 2 if counts_in_chroma and chroma_format in (1, 2) else 1
        unit_y = 2 if counts_in_chroma and chroma_format == 1 else 1
        width -= unit_x * (bits.unsigned_golomb() + bits.unsigned_golomb())
        height -= unit_y * (bits.unsigned_golomb() + bits.unsigned_golomb())
    width, height = checked_size("HEVC", width, height)
    return sub_layers, width, height


def _skip_profile_tier_level(bits: BitReader, sub_layers: int) -> None:
    """7.3.3, with the general profile present."""
    bits.read(88)  # general profile, flags and constraints
    bits.read(8)  # general_level_idc
    present = [(bits.flag(), bits.flag()) for _ in range(sub_layers)]
    if sub_layers:
        bits.read(2 * (8 - sub_layers))
    for has_profile, has_level in present:
        bits.read((88 if has_profile else 0) + (8 if has_level else 0))


def _read_vui(bits: BitReader, sub_layers: int) -> tuple[float | None, int]:
    """Frames a second and transfer characteristics; skips all that stands before."""
    bits.unsigned_golomb()  # bit_depth_luma_minus8
    bits.unsigned_golomb()  # bit_depth_chroma_minus8
    poc_bits = bits.unsigned_golomb() + 4
    for _ in range(sub_layers + 1 if bits.flag() else 1):
        _skip_golombs(bits, 3)  # buffering, reordering, latency
    _skip_golombs(bits, 6)  # block sizes and depths
    if bits.flag() and bits.flag():
        _skip_scaling_lists(bits)
    bits.read(2)  # amp, sample adaptive offset
    if bits.flag():
        bits.read(8)  # PCM bit depths
        _skip_golombs(bits, 2)
        bits.flag()  # pcm_loop_filter_disabled
    _skip_reference_sets(bits)
    if bits.flag():
        count = bits.unsigned_golomb()
        if count > MAX_LONG_TERM_PICTURES:
            raise BitsError(f"{count} long-term pictures")
        bits.read(count * (poc_bits + 1))
    bits.read(2)  # temporal motion vectors, strong intra smoothing
    return _read_vui_parameters(bits) if bits.flag() else (None, 0)


def _skip_golombs(bits: BitReader, count: int) -> None:
    for _ in range(count):
        bits.unsigned_golomb()


def _skip_scaling_lists(bits: BitReader) -> None:
    """7.3.4."""
    for size in range(4):
        for _ in range(2 if size == 3 else 6):
            if not bits.flag():
                bits.unsigned_golomb()  # copied from another list
                continue
            coefficients = min(64, 1 << (4 + 2 * size))
            for _ in range(coefficients + (size > 1)):  # a DC coefficient first
                bits.signed_golomb()


def _skip_reference_sets(bits: BitReader) -> None:
    """The short-term reference picture sets (7.3.7)."""
    sets = bits.unsigned_golomb()
    if sets > MAX_REFERENCE_SETS:
        raise BitsError(f"{sets} reference picture sets")
    pictures = 0
    for index in range(sets):
        if index and bits.flag():  # predicted from the one before
            bits.flag()  # delta_rps_sign
            bits.unsigned_golomb()  # abs_delta_rps_minus1
            # Each picture of that set and the current one is used, or else may be kept as delta.
            kept = [bits.flag() or bits.flag() for _ in range(pictures + 1)]
            pictures = sum(kept)
        else:
            pictures = bits.unsigned_golomb() + bits.unsigned_golomb()
            if pictures > MAX_REFERENCE_PICTURES:
                raise BitsError(f"{pictures} pictures in a reference set")
            for _ in range(pictures):
                bits.unsigned_golomb()
                bits.flag()


def _read_vui_parameters(bits: BitReader) -> tuple[float | None, int]:
    """vui_parameters (E.2.1), up to its timing."""
    transfer = read_vui_head(bits)
    bits.read(3)  # neutral chroma, fields, frame field info
    if bits.flag():
        _skip_golombs(bits, 4)  # default display window
    fps = None
    if bits.flag():
        units_in_tick, time_scale = bits.read(32), bits.read(32)
        fps = time_scale / units_in_tick if units_in_tick and time_scale else None
    return fps, transfer
