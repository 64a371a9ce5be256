"""How a picture is to be shown, as far as H.264 and HEVC say it alike (vui_parameters)."""

from media.bits import BitReader

_EXTENDED_SAR = 255


def read_vui_head(bits: BitReader) -> int:
    """Read up to the chroma's place; returns transfer_characteristics, 0 where it is not said.

    ITU-T H.264, E.1.1; ITU-T H.265, E.2.1. Raises BitsError.
    """
    transfer = 0
    if bits.flag() and bits.read(8) == _EXTENDED_SAR:
        bits.read(32)
    if bits.flag():
        bits.flag()  # overscan_appropriate
    if bits.flag():
        bits.read(4)  # video_format, video_full_range
        if bits.flag():
            bits.read(8)  # colour_primaries
            transfer = bits.read(8)
            bits.read(8)  # matrix_coeffs
    if bits.flag():
        bits.unsigned_golomb()  # chroma sample location, top field
        bits.unsigned_golomb()  # and bottom field
    return transfer
