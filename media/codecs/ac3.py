"""AC-3 and E-AC-3: sync frames (ATSC A/52, 5.3 and E.1.2; ETSI TS 102 366).

Neither has a configuration record in RTMP. What stays the same in a stream's sync frames is used
as one: see ``ac3_record``.
"""

from dataclasses import dataclass

from media.codecs.info import AudioInfo, CodecError

BLOCK_SAMPLES = 256
RECORD_BYTES = 4
MAX_FRAMES_IN_PACKET = 64  # six frames of one block, in up to eight substreams

_SYNC = b"\x0b\x77"
_HEAD_BYTES = 7
_SAMPLE_RATES_HZ = (48_000, 44_100, 32_000)
_KBITS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
_CHANNELS = (2, 1, 2, 3, 3, 4, 4, 5)  # by acmod
_LARGEST_RECORD = (1, 2, 7, 1)
_BLOCKS = (1, 2, 3, 6)  # by numblkscod
_AC3_BLOCKS = 6
_MAX_AC3_BSID = 10
_MAX_EAC3_BSID = 16
_DEPENDENT = 1  # a substream that adds to another


@dataclass(frozen=True, slots=True)
class _Frame:
    enhanced: bool
    rate_index: int
    acmod: int
    lfe: int
    size_bytes: int
    samples: int  # 0 of a substream beside the first


def ac3_record(packet: bytes) -> bytes:
    """What must not change in a stream: which codec, sample rate, channels. Raises CodecError."""
    frame = _parse(packet, 0)
    return bytes([frame.enhanced, frame.rate_index, frame.acmod, frame.lfe])


def parse_ac3_record(record: bytes) -> AudioInfo:
    """Read what ``ac3_record`` made; raises CodecError."""
    if len(record) != RECORD_BYTES or any(
        value > largest for value, largest in zip(record, _LARGEST_RECORD, strict=True)
    ):
        raise CodecError("the AC-3 configuration is none")
    enhanced, rate_index, acmod, lfe = record
    channels = _CHANNELS[acmod] + lfe
    codec = "ec-3" if enhanced else "ac-3"
    return AudioInfo(codec, _SAMPLE_RATES_HZ[rate_index], channels, channels)


def ac3_samples(packet: bytes) -> int:
    """How many samples a packet of one sync frame or several holds; raises CodecError."""
    at, samples = 0, 0
    for _ in range(MAX_FRAMES_IN_PACKET):
        frame = _parse(packet, at)
        samples += frame.samples
        at += frame.size_bytes
        if at + _HEAD_BYTES > len(packet):
            if not samples:
                raise CodecError("an E-AC-3 packet holds no frame of the first substream")
            return samples
    raise CodecError("an AC-3 packet holds more frames than any encoder sends at once")


def _parse(data: bytes, at: int) -> _Frame:
    head = data[at : at + _HEAD_BYTES]
    if len(head) < _HEAD_BYTES:
        raise CodecError("an AC-3 frame ends inside its header")
    if head[:2] != _SYNC:
        raise CodecError("an AC-3 frame does not begin as one")
    bsid = head[5] >> 3
    if bsid <= _MAX_AC3_BSID:
        return _parse_ac3(head)
    if bsid <= _MAX_EAC3_BSID:
        return _parse_eac3(head)
    raise CodecError(f"an AC-3 frame has version {bsid}")


def _parse_ac3(head: bytes) -> _Frame:
    """syncinfo and bsi (A/52, 5.3.1 and 5.3.2)."""
    rate_index, size_code = head[4] >> 6, head[4] & 0x3F
    if rate_index == 3 or size_code >> 1 >= len(_KBITS):
        raise CodecError("an AC-3 frame has a reserved sample rate or size")
    rate = _SAMPLE_RATES_HZ[rate_index]
    samples = _AC3_BLOCKS * BLOCK_SAMPLES
    words = _KBITS[size_code >> 1] * 1000 * samples // (rate * 16)
    if rate == 44_100:
        words += size_code & 1  # frames of two sizes take turns
    acmod = head[6] >> 5
    # Mix levels, where there are any, stand before the flag: 2 bits each.
    levels = (acmod & 1 and acmod != 1) + (acmod >> 2 & 1) + (acmod == 2)
    lfe = head[6] >> (4 - 2 * levels) & 1
    return _Frame(False, rate_index, acmod, lfe, 2 * words, samples)


def _parse_eac3(head: bytes) -> _Frame:
    """The head of bsi (A/52, E.1.2.2)."""
    kind, substream = head[2] >> 6, head[2] >> 3 & 7
    size_bytes = 2 * ((head[2] & 7) << 8 | head[3]) + 2
    rate_index, blocks_code = head[4] >> 6, head[4] >> 4 & 3
    if rate_index == 3:
        raise CodecError("the E-AC-3 has a sample rate of 24 kHz or less, which is not supported")
    if kind == 3:
        raise CodecError("an E-AC-3 frame has a reserved type")
    counts = kind != _DEPENDENT and substream == 0
    samples = _BLOCKS[blocks_code] * BLOCK_SAMPLES if counts else 0
    return _Frame(True, rate_index, head[4] >> 1 & 7, head[4] & 1, size_bytes, samples)
