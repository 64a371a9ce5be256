"""One fragment of a fragmented MP4 with one track: a ``moof`` and its ``mdat``.

Boxes and flags: ISO/IEC 14496-12, 8.8. A segment is one fragment or several, joined.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

TRACK_ID = 1  # the only one: each rendition has a file of its own

_TFHD_DEFAULT_BASE_IS_MOOF = 0x020000
_TFDT_64_BIT = 1 << 24  # version 1
# Version 1: composition offsets are signed. A data offset; duration, size, flags, offset a sample.
_TRUN_FLAGS = 1 << 24 | 0x000001 | 0x000100 | 0x000200 | 0x000400 | 0x000800
_SYNC_SAMPLE = 2 << 24  # depends on no other
_OTHER_SAMPLE = 1 << 24 | 1 << 16  # depends on others, is no sync sample

_BOX_BYTES = 8
_MFHD_BYTES = 16
_TFHD_BYTES = 16
_TFDT_BYTES = 20
_TRUN_BYTES = 20
_TRUN_SAMPLE_BYTES = 16

_MOOF = struct.Struct(">I4s I4sII I4s I4sII I4sIQ I4sIII")


@dataclass(frozen=True, slots=True)
class Sample:
    """One coded frame at its place: ``time`` and ``composition`` (signed) in the track's ticks."""

    time: int
    composition: int
    sync: bool
    data: bytes


def write_fragment(sequence: int, samples: Sequence[Sample], end: int) -> bytes:
    """The samples as ``moof`` + ``mdat``; each lasts until the next, the last until ``end``.

    ``sequence`` counts the fragments of a rendition from 1. Times must rise.
    """
    rows: list[int] = []
    media_bytes = 0
    for sample, until in zip(samples, [*(s.time for s in samples[1:]), end], strict=True):
        size = len(sample.data)
        media_bytes += size
        flags = _SYNC_SAMPLE if sample.sync else _OTHER_SAMPLE
        rows += (until - sample.time, size, flags, sample.composition)
    trun_bytes = _TRUN_BYTES + _TRUN_SAMPLE_BYTES * len(samples)
    traf_bytes = _BOX_BYTES + _TFHD_BYTES + _TFDT_BYTES + trun_bytes
    moof_bytes = _BOX_BYTES + _MFHD_BYTES + traf_bytes
    head = _MOOF.pack(
        *(moof_bytes, b"moof"),
        *(_MFHD_BYTES, b"mfhd", 0, sequence & 0xFFFFFFFF),
        *(traf_bytes, b"traf"),
        *(_TFHD_BYTES, b"tfhd", _TFHD_DEFAULT_BASE_IS_MOOF, TRACK_ID),
        *(_TFDT_BYTES, b"tfdt", _TFDT_64_BIT, samples[0].time),
        *(trun_bytes, b"trun", _TRUN_FLAGS, len(samples), moof_bytes + _BOX_BYTES),
    )
    table = struct.pack(">" + "IIIi" * len(samples), *rows)
    mdat = struct.pack(">I4s", _BOX_BYTES + media_bytes, b"mdat")
    return b"".join([head, table, mdat, *(s.data for s in samples)])
