"""AAC: the AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1)."""

from media.bits import BitReader, BitsError
from media.codecs.info import AudioInfo, CodecError

MAX_AUDIO_CONFIG_BYTES = 512  # a program config element with its longest comment has under 400
MAX_CHANNELS = 8  # as many as a configuration can have by number; it can spell out over a hundred

_SAMPLE_RATES_HZ = (
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050,
    16_000, 12_000, 11_025, 8_000, 7_350,
)  # fmt: skip
_CHANNELS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8, 11: 7, 12: 8, 14: 8}
_AOT_ESCAPE = 31
_AOT_SBR = 5
_AOT_PS = 29
_AOT_AAC = frozenset({1, 2, 3, 4, 6, 17, 19, 20})  # those with frames of 1024 or 960 samples
_SYNC_SBR = 0x2B7
_SYNC_PS = 0x548


def parse_audio_specific_config(record: bytes) -> AudioInfo:
    """Read an AudioSpecificConfig.

    The result is that of the output, where SBR, if signalled, has twice the rate and twice the
    samples. Raises CodecError on a short or impossible one, and on object types other than AAC's.
    """
    if len(record) > MAX_AUDIO_CONFIG_BYTES:
        raise CodecError(f"the AAC configuration has {len(record)} bytes")
    try:
        return _read_audio_config(BitReader(bytes(record)))
    except BitsError as error:
        raise CodecError(f"the AAC configuration is cut short: {error}") from None


def _read_audio_config(bits: BitReader) -> AudioInfo:
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
    channels = _CHANNELS.get(channel_config) if channel_config else _count_channels(bits)
    if not channels:
        raise CodecError(f"the AAC configuration names channel layout {channel_config}")
    if channels > MAX_CHANNELS:
        raise CodecError(f"the AAC configuration has {channels} channels; {MAX_CHANNELS} are taken")
    if signalled not in (_AOT_SBR, _AOT_PS):
        signalled, output_rate = _find_extension(bits, signalled, core_rate)
    coded = channels
    if signalled == _AOT_PS and channels == 1:
        channels = 2  # parametric stereo makes two of one
    if signalled in (_AOT_SBR, _AOT_PS):
        if output_rate not in (core_rate, 2 * core_rate):
            raise CodecError(f"the AAC configuration makes {output_rate} Hz out of {core_rate} Hz")
        samples = samples * output_rate // core_rate
    return AudioInfo(
        codec=f"mp4a.40.{signalled}",
        sample_rate=output_rate,
        channels=channels,
        coded_channels=coded,
        samples_per_packet=samples,
    )


def _read_object_type(bits: BitReader) -> int:
    object_type = bits.read(5)
    return 32 + bits.read(6) if object_type == _AOT_ESCAPE else object_type


def _read_sample_rate(bits: BitReader) -> int:
    index = bits.read(4)
    if index == 15:
        rate = bits.read(24)
    elif index < len(_SAMPLE_RATES_HZ):
        rate = _SAMPLE_RATES_HZ[index]
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
