"""FLAC: STREAMINFO (RFC 9639, 8.2) and a frame's block size (9.1)."""

import struct

from media.codecs.info import AudioInfo, CodecError

STREAMINFO_BYTES = 34
MIN_BLOCK_SAMPLES = 16  # RFC 9639, 8.2
MAX_BLOCK_MS = 250  # longer ones fit no segment; encoders make 105

_MARKER = b"fLaC"
_BLOCK_HEADER_BYTES = 4
_STREAMINFO_BLOCK = 0
_SYNC = 0xFFF8  # the last bit tells fixed from variable block sizes
_SYNC_MASK = 0xFFFE


def flac_streaminfo(record: bytes) -> bytes:
    """The STREAMINFO block's body, from what encoders send: with or without what stands before.

    Raises CodecError.
    """
    if record[: len(_MARKER)] == _MARKER:
        record = record[len(_MARKER) :]
    header = bytes([_STREAMINFO_BLOCK, 0, 0, STREAMINFO_BYTES])
    if len(record) > STREAMINFO_BYTES and bytes([record[0] & 0x7F]) + record[1:4] == header:
        record = record[_BLOCK_HEADER_BYTES:]
    if len(record) < STREAMINFO_BYTES:
        raise CodecError(f"the FLAC configuration has {len(record)} bytes")
    return record[:STREAMINFO_BYTES]


def parse_flac_streaminfo(record: bytes) -> AudioInfo:
    """Read the body of a STREAMINFO block; raises CodecError."""
    if len(record) != STREAMINFO_BYTES:
        raise CodecError(f"the FLAC configuration has {len(record)} bytes")
    smallest, largest = struct.unpack_from(">HH", record)
    fields = int.from_bytes(record[10:18], "big")
    rate, channels = fields >> 44, (fields >> 41 & 7) + 1
    if not rate:
        raise CodecError("the FLAC configuration has a sample rate of 0")
    if not MIN_BLOCK_SAMPLES <= smallest <= largest:
        raise CodecError(f"the FLAC configuration has blocks of {smallest} to {largest} samples")
    if largest * 1000 > MAX_BLOCK_MS * rate:
        raise CodecError(f"the FLAC blocks last longer than {MAX_BLOCK_MS} ms: make them smaller")
    return AudioInfo("fLaC", rate, channels, channels)


def largest_block_samples(record: bytes) -> int:
    """The largest block of the stream, as STREAMINFO tells it."""
    return int.from_bytes(record[2:4], "big")


def sample_bits(record: bytes) -> int:
    """Bits a sample, 4 to 32, as STREAMINFO tells it."""
    return (int.from_bytes(record[10:18], "big") >> 36 & 0x1F) + 1


def flac_samples(frame: bytes) -> int:
    """How many samples a frame holds; raises CodecError."""
    if len(frame) < 6 or int.from_bytes(frame[:2], "big") & _SYNC_MASK != _SYNC:
        raise CodecError("a FLAC frame does not begin as one")
    code = frame[2] >> 4
    if code in (6, 7):
        at = 4 + _coded_number_bytes(frame[4])
        size = code - 5
        if len(frame) < at + size:
            raise CodecError("a FLAC frame ends inside its header")
        return int.from_bytes(frame[at : at + size], "big") + 1
    if code == 0:
        raise CodecError("a FLAC frame has a reserved block size")
    if code == 1:
        return 192
    return 576 << (code - 2) if code < 6 else 256 << (code - 8)


def _coded_number_bytes(first: int) -> int:
    """How long a number is that is coded as UTF-8 codes characters (9.1.5)."""
    ones = 8 - (first ^ 0xFF).bit_length()
    if ones in (1, 8):
        raise CodecError("a FLAC frame has a number that is none")
    return max(ones, 1)
