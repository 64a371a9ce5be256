"""H.264: the AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1)."""

from media.bits import BitReader, BitsError
from media.codecs.info import CodecError, VideoInfo, checked_size
from media.codecs.vui import read_vui_head

MAX_SPS_BYTES = 1024  # a real one has 20 to 60
MAX_POC_CYCLE_FRAMES = 255  # H.264, 7.4.2.1.1

_NAL_SPS = 7
_PROFILES_WITH_CHROMA = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})


def parse_avc_record(record: bytes) -> VideoInfo:
    """Read an AVCDecoderConfigurationRecord; the codec string is ``avc1.PPCCLL``.

    Raises CodecError on a short or impossible record.
    """
    if len(record) < 8:
        raise CodecError(f"the H.264 configuration has {len(record)} bytes; it needs at least 8")
    if record[0] != 1:
        raise CodecError(f"the H.264 configuration has version {record[0]}, not 1")
    if record[5] & 0x1F == 0:
        raise CodecError("the H.264 configuration holds no sequence parameter set")
    sps_bytes = int.from_bytes(record[6:8], "big")
    sps = bytes(record[8 : 8 + sps_bytes])
    if len(sps) < sps_bytes:
        raise CodecError("the H.264 configuration ends inside its sequence parameter set")
    nal_length_size = (record[4] & 3) + 1
    if nal_length_size == 3:
        raise CodecError("the H.264 configuration has NAL lengths of 3 bytes, which is reserved")
    try:
        width, height, fps = _parse_sps(sps)
    except BitsError as error:
        raise CodecError(f"the H.264 sequence parameter set cannot be read: {error}") from None
    return VideoInfo(
        codec=f"avc1.{record[1]:02X}{record[2]:02X}{record[3]:02X}",
        width=width,
        height=height,
        fps=fps,
        nal_length_size=nal_length_size,
    )


def _parse_sps(nal: bytes) -> tuple[int, int, float | None]:
    """Width, height and frame rate of a seq_parameter_set_rbsp (ITU-T H.264, 7.3.2.1.1)."""
    if not 4 <= len(nal) <= MAX_SPS_BYTES or nal[0] & 0x1F != _NAL_SPS:
        raise CodecError("the H.264 configuration holds something that is no parameter set")
    bits = BitReader(nal[1:].replace(b"\x00\x00\x03", b"\x00\x00"))  # emulation prevention, 7.4.1
    profile = bits.read(8)
    bits.read(16)  # constraint flags, level
    bits.unsigned_golomb()  # seq_parameter_set_id
    chroma_format = _skip_chroma(bits) if profile in _PROFILES_WITH_CHROMA else 1
    bits.unsigned_golomb()  # log2_max_frame_num_minus4
    _skip_picture_order(bits)
    bits.unsigned_golomb()  # max_num_ref_frames
    bits.flag()  # gaps_in_frame_num_value_allowed
    width = 16 * (bits.unsigned_golomb() + 1)
    map_units = bits.unsigned_golomb() + 1
    frames_only = bits.flag()
    height = 16 * map_units * (1 if frames_only else 2)
    if not frames_only:
        bits.flag()  # mb_adaptive_frame_field
    bits.flag()  # direct_8x8_inference
    if bits.flag():
        crop_x = 2 if chroma_format in (1, 2) else 1
        crop_y = (2 if chroma_format == 1 else 1) * (1 if frames_only else 2)
        width -= crop_x * (bits.unsigned_golomb() + bits.unsigned_golomb())
        height -= crop_y * (bits.unsigned_golomb() + bits.unsigned_golomb())
    width, height = checked_size("H.264", width, height)
    return width, height, _read_vui_fps(bits) if bits.flag() else None


def _skip_chroma(bits: BitReader) -> int:
    """The chroma fields of the High profiles; returns what cropping counts in (0 to 3)."""
    chroma_format = bits.unsigned_golomb()
    separate_planes = chroma_format == 3 and bits.flag()
    bits.unsigned_golomb()  # bit_depth_luma_minus8
    bits.unsigned_golomb()  # bit_depth_chroma_minus8
    bits.flag()  # qpprime_y_zero_transform_bypass
    if bits.flag():
        for index in range(12 if chroma_format == 3 else 8):
            if bits.flag():
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return 0 if separate_planes else chroma_format


def _skip_scaling_list(bits: BitReader, size: int) -> None:
    last = 8
    for _ in range(size):  # 7.3.2.1.1.1: a next scale of 0 ends the list
        last = (last + bits.signed_golomb()) % 256
        if last == 0:
            return


def _skip_picture_order(bits: BitReader) -> None:
    order_type = bits.unsigned_golomb()
    if order_type == 0:
        bits.unsigned_golomb()  # log2_max_pic_order_cnt_lsb_minus4
    elif order_type == 1:
        bits.flag()  # delta_pic_order_always_zero
        bits.signed_golomb()  # offset_for_non_ref_pic
        bits.signed_golomb()  # offset_for_top_to_bottom_field
        cycle = bits.unsigned_golomb()
        if cycle > MAX_POC_CYCLE_FRAMES:
            raise BitsError(f"a picture order cycle of {cycle} frames")
        for _ in range(cycle):
            bits.signed_golomb()


def _read_vui_fps(bits: BitReader) -> float | None:
    """Frames per second from the VUI's timing (ITU-T H.264, E.1.1), or None where it has none."""
    read_vui_head(bits)
    if not bits.flag():
        return None
    units_in_tick = bits.read(32)
    time_scale = bits.read(32)
    # A tick is a field's time: two make a frame.
    return time_scale / (2 * units_in_tick) if units_in_tick and time_scale else None
