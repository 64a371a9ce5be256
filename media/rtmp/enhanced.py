"""Enhanced RTMP's tag headers (Veovera, Enhanced RTMP v2: Enhanced Audio, Enhanced Video).

A tag names its codec by FourCC, may be modified (ModEx) and may hold several tracks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from media.frames import Codec
from media.rtmp.errors import ErrorCode, RtmpError

MAX_MODIFIERS = 16  # before one tag; there is one kind so far
MAX_TRACKS = 256  # in one tag: a track's number is a byte

_FOURCC_BYTES = 4
_TRACK_SIZE_BYTES = 3
_LONG_MODIFIER_BYTES = 256
_TIMESTAMP_OFFSET_NANO = 0
_NS_PER_MS = 1_000_000

VIDEO_CODECS = {b"avc1": Codec.H264, b"hvc1": Codec.HEVC, b"av01": Codec.AV1, b"vp09": Codec.VP9}
AUDIO_CODECS = {
    b"mp4a": Codec.AAC, b"Opus": Codec.OPUS, b"fLaC": Codec.FLAC,
    b"ac-3": Codec.AC3, b"ec-3": Codec.EAC3, b".mp3": Codec.MP3,
}  # fmt: skip


_CAN_FORWARD = 4  # FourCcInfoMask
_CAPS_EX = 2 | 4 | 8  # Multitrack, ModEx, TimestampNanoOffset of CapsExMask

CONNECT_PROPERTIES: Mapping[str, object] = {
    "fourCcList": [fourcc.decode() for fourcc in (*VIDEO_CODECS, *AUDIO_CODECS)],
    "videoFourCcInfoMap": {fourcc.decode(): _CAN_FORWARD for fourcc in VIDEO_CODECS},
    "audioFourCcInfoMap": {fourcc.decode(): _CAN_FORWARD for fourcc in AUDIO_CODECS},
    "capsEx": _CAPS_EX,
}
"""What a server says of itself in its answer to connect (Enhancing NetConnection connect)."""


class VideoPacket(IntEnum):
    """VideoPacketType: what a video tag carries."""

    SEQUENCE_START = 0
    CODED_FRAMES = 1
    SEQUENCE_END = 2
    CODED_FRAMES_X = 3  # without a composition time: it is 0
    METADATA = 4
    MPEG2TS_SEQUENCE_START = 5
    MULTITRACK = 6
    MODEX = 7


class AudioPacket(IntEnum):
    """AudioPacketType: what an audio tag carries."""

    SEQUENCE_START = 0
    CODED_FRAMES = 1
    SEQUENCE_END = 2
    MULTICHANNEL_CONFIG = 4
    MULTITRACK = 5
    MODEX = 7


class _Multitrack(IntEnum):
    ONE_TRACK = 0
    MANY_TRACKS = 1
    MANY_TRACKS_MANY_CODECS = 2


@dataclass(frozen=True, slots=True)
class Track:
    """One track's part of a tag: ``number`` is its trackId, 0 where the tag has one track."""

    number: int
    fourcc: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class EnhancedTag:
    """A tag without its headers; ``delay_ms`` is what ModEx adds to its time, in whole ms."""

    packet_type: int
    delay_ms: int
    tracks: list[Track]


class _Reader:
    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 1  # the first byte is read already

    @property
    def left(self) -> int:
        return len(self._body) - self._at

    def take(self, size: int) -> bytes:
        if size > self.left:
            raise RtmpError(
                ErrorCode.BAD_MEDIA_TAG, f"a media tag ends {size - self.left} bytes too early"
            )
        taken = self._body[self._at : self._at + size]
        self._at += size
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")


def read_enhanced_tag(
    body: bytes, *, multitrack: VideoPacket | AudioPacket, is_command: bool = False
) -> EnhancedTag:
    """Read a tag's headers; raises RtmpError(BAD_MEDIA_TAG).

    ``multitrack`` is the packet type that announces several tracks. A command (a video tag that
    says so) has no track.
    """
    reader = _Reader(body)
    packet_type, delay_ms = _read_modifiers(reader, body[0] & 0x0F)
    if is_command and packet_type != VideoPacket.METADATA:
        return EnhancedTag(packet_type, delay_ms, [])
    if packet_type != multitrack:
        fourcc = reader.take(_FOURCC_BYTES)
        return EnhancedTag(packet_type, delay_ms, [Track(0, fourcc, reader.take(reader.left))])
    kinds = reader.number(1)
    packet_type = kinds & 0x0F
    if packet_type == multitrack:
        raise RtmpError(ErrorCode.BAD_MEDIA_TAG, "a media tag holds tracks within tracks")
    return EnhancedTag(packet_type, delay_ms, _read_tracks(reader, kinds >> 4))


def _read_modifiers(reader: _Reader, packet_type: int) -> tuple[int, int]:
    """The packet type after any ModEx, and the whole milliseconds that they add."""
    nanoseconds = 0
    for _ in range(MAX_MODIFIERS):
        if packet_type != VideoPacket.MODEX:
            return packet_type, nanoseconds // _NS_PER_MS
        size = reader.number(1) + 1
        if size == _LONG_MODIFIER_BYTES:
            size = reader.number(2) + 1
        data = reader.take(size)
        kinds = reader.number(1)
        if kinds >> 4 == _TIMESTAMP_OFFSET_NANO:
            nanoseconds += int.from_bytes(data[:3], "big")
        packet_type = kinds & 0x0F
    raise RtmpError(ErrorCode.BAD_MEDIA_TAG, f"a media tag has more than {MAX_MODIFIERS} modifiers")


def _read_tracks(reader: _Reader, kind: int) -> list[Track]:
    if kind not in list(_Multitrack):
        raise RtmpError(ErrorCode.BAD_MEDIA_TAG, f"a media tag has tracks of kind {kind}")
    fourcc = b"" if kind == _Multitrack.MANY_TRACKS_MANY_CODECS else reader.take(_FOURCC_BYTES)
    if kind == _Multitrack.ONE_TRACK:
        return [Track(reader.number(1), fourcc, reader.take(reader.left))]
    tracks: list[Track] = []
    while reader.left:
        if len(tracks) == MAX_TRACKS:
            raise RtmpError(ErrorCode.BAD_MEDIA_TAG, f"a tag has more than {MAX_TRACKS} tracks")
        own = fourcc or reader.take(_FOURCC_BYTES)
        number = reader.number(1)
        tracks.append(Track(number, own, reader.take(reader.number(_TRACK_SIZE_BYTES))))
    return tracks
