"""MP3: the frame header (ISO/IEC 11172-3, 2.4.1.3, and 13818-3).

MP3 has no configuration record. What stays the same in a stream's frame headers (version, layer,
sample rate, mono or not) is used as one: see ``mp3_record``.
"""

from dataclasses import dataclass

from media.codecs.info import AudioInfo, CodecError

MAX_FRAMES_IN_PACKET = 64

_RECORD_MASK = 0xFFFE0C00
_MODE_SHIFT = 6
_MONO = 3
_LAYER_III = 1
_SAMPLE_RATES_HZ = {
    3: (44_100, 48_000, 32_000),
    2: (22_050, 24_000, 16_000),
    0: (11_025, 12_000, 8_000),
}
_KBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_VERSION_1 = 3


@dataclass(frozen=True, slots=True)
class _Header:
    sample_rate: int
    channels: int
    samples: int
    size_bytes: int  # 0 where the frame does not tell it


def mp3_record(packet: bytes) -> bytes:
    """What of the first frame's header must not change; raises CodecError."""
    header = _parse(packet, 0)
    fixed = int.from_bytes(packet[:4], "big") & _RECORD_MASK
    return (fixed | (_MONO << _MODE_SHIFT if header.channels == 1 else 0)).to_bytes(4, "big")


def parse_mp3_record(record: bytes) -> AudioInfo:
    """Read what ``mp3_record`` made; raises CodecError."""
    header = _parse(record, 0)
    return AudioInfo("mp4a.40.34", header.sample_rate, header.channels, header.channels)


def mp3_samples(packet: bytes) -> int:
    """How many samples a packet of one frame or several holds; raises CodecError."""
    at, samples = 0, 0
    for _ in range(MAX_FRAMES_IN_PACKET):
        header = _parse(packet, at)
        samples += header.samples
        at += header.size_bytes
        if not header.size_bytes or at + 4 > len(packet):
            return samples
    raise CodecError("an MP3 packet holds more frames than any encoder sends at once")


def mp3_silence(record: bytes) -> bytes:
    """One frame that decodes to silence: its side information says that no data follow."""
    header = int.from_bytes(record, "big") | 1 << 16 | 8 << 12  # no CRC; 112 or 64 kbit/s
    frame = header.to_bytes(4, "big")
    return frame + bytes(_parse(frame, 0).size_bytes - len(frame))


def _parse(data: bytes, at: int) -> _Header:
    if len(data) < at + 4:
        raise CodecError("an MP3 frame ends inside its header")
    word = int.from_bytes(data[at : at + 4], "big")
    version, layer, rate_index = word >> 19 & 3, word >> 17 & 3, word >> 10 & 3
    if word >> 21 != 0x7FF or version == 1 or rate_index == 3:
        raise CodecError("an MP3 frame does not begin as one")
    if layer != _LAYER_III:
        raise CodecError(f"the audio is MPEG layer {4 - layer}, which is not MP3")
    bit_rate_index = word >> 12 & 0xF
    if bit_rate_index == 15:
        raise CodecError("an MP3 frame has a reserved bit rate")
    rate = _SAMPLE_RATES_HZ[version][rate_index]
    samples = 1152 if version == _VERSION_1 else 576
    kbits = (_KBITS_1 if version == _VERSION_1 else _KBITS_2)[bit_rate_index]
    padding = word >> 9 & 1 if kbits else 0
    return _Header(
        sample_rate=rate,
        channels=1 if word >> _MODE_SHIFT & 3 == _MONO else 2,
        samples=samples,
        size_bytes=samples // 8 * kbits * 1000 // rate + padding,
    )
