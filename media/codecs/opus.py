"""Opus: the identification header (RFC 7845, 5.1) and a packet's duration (RFC 6716, 3.1)."""

from media.codecs.info import AudioInfo, CodecError

SAMPLE_RATE_HZ = 48_000  # of Opus in any container, whatever went into the encoder
MAX_PACKET_SAMPLES = 5760  # 120 ms (RFC 6716, 3.2.5, R5)
MAX_CHANNELS = 8  # mapping family 1 (RFC 7845, 5.1.1.2)
MAGIC = b"OpusHead"

_HEAD_BYTES = 19
_SILK_FRAME_SAMPLES = (480, 960, 1920, 2880)
_HYBRID_FRAME_SAMPLES = (480, 960)
_CELT_FRAME_SAMPLES = (120, 240, 480, 960)


def parse_opus_head(record: bytes) -> AudioInfo:
    """Read an identification header; raises CodecError."""
    if len(record) < _HEAD_BYTES or record[:8] != MAGIC:
        raise CodecError("the Opus configuration is no identification header")
    if record[8] >> 4:
        raise CodecError(f"the Opus configuration has version {record[8]}")
    channels, family = record[9], record[18]
    if not 1 <= channels <= (2 if family == 0 else MAX_CHANNELS):
        raise CodecError(f"the Opus configuration has {channels} channels")
    streams, coupled = stream_counts(record)
    if not (streams and coupled <= streams and streams + coupled >= channels):
        raise CodecError(f"the Opus configuration has {streams} streams for {channels} channels")
    return AudioInfo("Opus", SAMPLE_RATE_HZ, channels, channels)


def stream_counts(record: bytes) -> tuple[int, int]:
    """How many streams a packet holds, and how many of them, the first ones, are stereo."""
    if record[18] == 0:
        return 1, record[9] - 1
    if len(record) < _HEAD_BYTES + 2 + record[9]:
        raise CodecError("the Opus configuration ends inside its channel mapping")
    return record[19], record[20]


def opus_samples(packet: bytes) -> int:
    """How many samples at 48 kHz a packet holds; raises CodecError."""
    if not packet:
        raise CodecError("an Opus packet is empty")
    mode, code = packet[0] >> 3, packet[0] & 3
    if mode < 12:
        samples = _SILK_FRAME_SAMPLES[mode & 3]
    elif mode < 16:
        samples = _HYBRID_FRAME_SAMPLES[mode & 1]
    else:
        samples = _CELT_FRAME_SAMPLES[mode & 3]
    if code == 3:
        samples *= packet[1] & 0x3F if len(packet) > 1 else 0
    elif code:
        samples *= 2
    if not 0 < samples <= MAX_PACKET_SAMPLES:
        raise CodecError(f"an Opus packet holds {samples} samples")
    return samples
