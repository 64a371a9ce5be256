"""HEVC: the HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1)."""

import struct
from collections.abc import Iterator

from media.codecs.hevc_sps import parse_sps
from media.codecs.info import MAX_RECORD_BYTES, CodecError, VideoInfo

MAX_NAL_UNITS = 64  # of parameter sets and SEI in one record: a real one has three to five

_HEAD_BYTES = 23
_NAL_SPS = 33
_PROFILE_SPACES = ("", "A", "B", "C")


def parse_hevc_record(record: bytes) -> VideoInfo:
    """Read a record; the codec string is ``hvc1.…`` as in ISO/IEC 14496-15, annex E.

    Raises CodecError on a short or impossible record.
    """
    if not _HEAD_BYTES <= len(record) <= MAX_RECORD_BYTES:
        raise CodecError(f"the HEVC configuration has {len(record)} bytes")
    if record[0] != 1:
        raise CodecError(f"the HEVC configuration has version {record[0]}, not 1")
    nal_length_size = (record[21] & 3) + 1
    if nal_length_size == 3:
        raise CodecError("the HEVC configuration has NAL lengths of 3 bytes, which is reserved")
    sps = next((nal for nal in _nal_units(record) if nal[0] >> 1 & 0x3F == _NAL_SPS), None)
    if sps is None:
        raise CodecError("the HEVC configuration holds no sequence parameter set")
    picture = parse_sps(sps)
    return VideoInfo(
        codec=_codec_string(record),
        width=picture.width,
        height=picture.height,
        fps=picture.fps,
        nal_length_size=nal_length_size,
        video_range=picture.video_range,
    )


def _nal_units(record: bytes) -> Iterator[bytes]:
    """The NAL units of the record's arrays."""
    at, count = _HEAD_BYTES, 0
    for _ in range(record[22]):
        (units,) = _unpack(">xH", record, at)
        at += 3
        for _ in range(units):
            (size,) = _unpack(">H", record, at)
            at += 2
            count += 1
            if count > MAX_NAL_UNITS:
                raise CodecError(f"the HEVC configuration has more than {MAX_NAL_UNITS} NAL units")
            nal = record[at : at + size]
            at += size
            if not size or len(nal) < size:
                raise CodecError("the HEVC configuration ends inside a parameter set")
            yield nal


def _unpack(layout: str, record: bytes, at: int) -> tuple[int, ...]:
    try:
        return struct.unpack_from(layout, record, at)
    except struct.error:
        raise CodecError("the HEVC configuration ends between its parameter sets") from None


def _codec_string(record: bytes) -> str:
    space, tier, profile = record[1] >> 6, record[1] >> 5 & 1, record[1] & 0x1F
    compatibility = int(f"{int.from_bytes(record[2:6], 'big'):032b}"[::-1], 2)
    constraints = record[6:12].rstrip(b"\0")
    fields = [
        "hvc1",
        f"{_PROFILE_SPACES[space]}{profile}",
        f"{compatibility:X}",
        f"{'H' if tier else 'L'}{record[12]}",
        *(f"{byte:X}" for byte in constraints),
    ]
    return ".".join(fields)
