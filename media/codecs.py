"""What a codec's configuration record says: picture size, sample rate, RFC 6381 codec string."""

from dataclasses import dataclass

from media.bits import BitReader, BitsError

MAX_SPS_BYTES = 1024  # a real one has 20 to 60
MAX_AUDIO_CONFIG_BYTES = 512  # a program config element with its longest comment has under 400
MAX_PICTURE_SIDE_PX = 16_384
MAX_POC_CYCLE_FRAMES = 255  # H.264, 7.4.2.1.1

_NAL_SPS = 7
_EXTENDED_SAR = 255
_PROFILES_WITH_CHROMA = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})

_AAC_SAMPLE_RATES_HZ = (
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050,
    16_000, 12_000, 11_025, 8_000, 7_350,
)  # fmt: skip
_AAC_CHANNELS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8, 11: 7, 12: 8, 14: 8}
_AOT_ESCAPE = 31
_AOT_SBR = 5
_AOT_PS = 29
_AOT_AAC = frozenset({1, 2, 3, 4, 6, 17, 19, 20})  # those with frames of 1024 or 960 samples
_SYNC_SBR = 0x2B7
_SYNC_PS = 0x548


class CodecError(ValueError):
    """A configuration record is cut short or says what no encoder may say."""


@dataclass(frozen=True, slots=True)
class AvcInfo:
    """H.264: ``width`` and ``height`` in pixels after cropping; ``fps`` where the VUI tells it.

    ``codec`` is ``avc1.PPCCLL``; ``nal_length_size`` is the bytes before each NAL unit: 1, 2 or 4.
    """

    profile: int
    level: int
    codec: str
    width: int
    height: int
    fps: float | None
    nal_length_size: int


@dataclass(frozen=True, slots=True)
class AacInfo:
    """AAC as it comes out of a decoder.

    ``sample_rate`` (Hz), ``channels`` and ``samples_per_frame`` are those of the output, so one
    frame always lasts ``samples_per_frame / sample_rate`` seconds: 1024 or 960 samples, twice as
    many where SBR is signalled. ``object_type`` is 2 for LC, 5 with SBR, 29 with SBR and PS.
    """

    object_type: int
    sample_rate: int
    channels: int
    samples_per_frame: int
    codec: str


def parse_avc_record(record: bytes) -> AvcInfo:
    """Read an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1).

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
    return AvcInfo(
        profile=record[1],
        level=record[3],
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
    if not (0 < width <= MAX_PICTURE_SIDE_PX and 0 < height <= MAX_PICTURE_SIDE_PX):
        raise CodecError(f"the H.264 configuration asks for a picture of {width}x{height}")
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
    if bits.flag() and bits.read(8) == _EXTENDED_SAR:
        bits.read(32)
    if bits.flag():
        bits.flag()  # overscan_appropriate
    if bits.flag():
        bits.read(4)  # video_format, video_full_range
        if bits.flag():
            bits.read(24)  # colour description
    if bits.flag():
        bits.unsigned_golomb()  # chroma sample location, top field
        bits.unsigned_golomb()  # and bottom field
    if not bits.flag():
        return None
    units_in_tick = bits.read(32)
    time_scale = bits.read(32)
    # A tick is a field's time: two make a frame.
    return time_scale / (2 * units_in_tick) if units_in_tick and time_scale else None


def parse_audio_specific_config(record: bytes) -> AacInfo:
    """Read an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).

    Raises CodecError on a short or impossible one, and on object types other than AAC's.
    """
    if len(record) > MAX_AUDIO_CONFIG_BYTES:
        raise CodecError(f"the AAC configuration has {len(record)} bytes")
    try:
        return _read_audio_config(BitReader(bytes(record)))
    except BitsError as error:
        raise CodecError(f"the AAC configuration is cut short: {error}") from None


def _read_audio_config(bits: BitReader) -> AacInfo:
    signalled = core = _read_object_type(bits)
    core_rate = output_rate = _read_sample_rate(bits)
    channel_config = bits.read(4)
    if signalled in (_AOT_SBR, _AOT_PS):
        output_rate = _read_sample_rate(bits)
        core = _read_object_type(bits)
    if core not in _AOT_AAC:
        raise CodecError(f"the audio is MPEG-4 object type {core}, which is not AAC")
    samples = 960 if bits.flag() else 1024
    if bits.flag():
        bits.read(14)  # core coder delay
    bits.flag()  # extension flag
    channels = _AAC_CHANNELS.get(channel_config) if channel_config else _count_channels(bits)
    if not channels:
        raise CodecError(f"the AAC configuration names channel layout {channel_config}")
    if signalled not in (_AOT_SBR, _AOT_PS):
        signalled, output_rate = _find_extension(bits, signalled, core_rate)
    if signalled == _AOT_PS and channels == 1:
        channels = 2  # parametric stereo makes two of one
    if signalled in (_AOT_SBR, _AOT_PS):
        if output_rate not in (core_rate, 2 * core_rate):
            raise CodecError(f"the AAC configuration makes {output_rate} Hz out of {core_rate} Hz")
        samples = samples * output_rate // core_rate
    return AacInfo(
        object_type=signalled,
        sample_rate=output_rate,
        channels=channels,
        samples_per_frame=samples,
        codec=f"mp4a.40.{signalled}",
    )


def _read_object_type(bits: BitReader) -> int:
    object_type = bits.read(5)
    return 32 + bits.read(6) if object_type == _AOT_ESCAPE else object_type


def _read_sample_rate(bits: BitReader) -> int:
    index = bits.read(4)
    if index == 15:
        rate = bits.read(24)
    elif index < len(_AAC_SAMPLE_RATES_HZ):
        rate = _AAC_SAMPLE_RATES_HZ[index]
    else:
        raise CodecError(f"the AAC configuration has the reserved sample rate index {index}")
    if rate == 0:
        raise CodecError("the AAC configuration has a sample rate of 0")
    return rate


def _count_channels(bits: BitReader) -> int:
    """The channels of a program_config_element (ISO/IEC 14496-3, 4.4.1.1)."""
    bits.read(10)  # tag, profile, sample rate
    elements = bits.read(4) + bits.read(4) + bits.read(4)  # front, side, back
    lfe = bits.read(2)
    bits.read(7)  # associated data, coupling channels
    for width in (4, 4, 3):  # mono, stereo and matrix mixdown
        if bits.flag():
            bits.read(width)
    return lfe + sum(1 + (bits.read(5) >> 4) for _ in range(elements))


def _find_extension(bits: BitReader, object_type: int, rate: int) -> tuple[int, int]:
    """Object type and output rate after the backward-compatible signalling at the record's end."""
    while bits.left > 16 and bits.peek(11) != _SYNC_SBR:
        bits.read(1)  # what stands between is padding or a program config element's comment
    if bits.left <= 16 or bits.read(16) != (_SYNC_SBR << 5 | _AOT_SBR) or not bits.flag():
        return object_type, rate
    rate = _read_sample_rate(bits)
    has_ps = bits.left >= 12 and bits.read(11) == _SYNC_PS and bits.flag()
    return (_AOT_PS if has_ps else _AOT_SBR), rate
