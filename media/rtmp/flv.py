"""FLV tag bodies (Adobe Flash Video File Format 10.1, E.4.2 and E.4.3) into frames."""

from collections.abc import Callable

from media.codecs import CodecError, parse_audio_specific_config, parse_avc_record
from media.frames import AudioConfig, AudioFrame, Codec, Frame, VideoConfig, VideoFrame
from media.rtmp.errors import ErrorCode, RtmpError

_H264, _AAC = 7, 10
_KEYFRAME, _COMMAND_FRAME = 1, 5
_SEQUENCE_HEADER, _CODED = 0, 1
_ENHANCED_VIDEO = 0x80
_ENHANCED_AUDIO = 9
_AVC_HEADER_BYTES = 5
_AAC_HEADER_BYTES = 2

_VIDEO_NAMES = {
    2: "Sorenson H.263", 3: "Screen Video", 4: "VP6", 5: "VP6 with alpha", 6: "Screen Video 2",
    8: "H.263", 9: "MPEG-4 Part 2", 12: "HEVC", 13: "AV1",
}  # fmt: skip
_AUDIO_NAMES = {
    0: "PCM", 1: "ADPCM", 2: "MP3", 3: "PCM", 4: "Nellymoser", 5: "Nellymoser", 6: "Nellymoser",
    7: "G.711 A-law", 8: "G.711 mu-law", 11: "Speex", 14: "MP3 at 8 kHz",
}  # fmt: skip
_FOURCC_NAMES = {
    b"avc1": "H.264 in Enhanced RTMP", b"hvc1": "HEVC", b"av01": "AV1", b"vp08": "VP8",
    b"vp09": "VP9", b"vvc1": "VVC", b"mp4a": "AAC in Enhanced RTMP", b"Opus": "Opus",
    b"fLaC": "FLAC", b"ac-3": "AC-3", b"ec-3": "E-AC-3", b".mp3": "MP3",
}  # fmt: skip

_WRAP = 1 << 32


class FlvDemuxer:
    """One publisher's audio and video tags, with their times unwrapped from 32 bits.

    A tag that carries nothing gives None: an empty one, an end of sequence, a command frame, an
    empty configuration, or a frame before the first configuration of its track. Raises
    RtmpError(CODEC_UNSUPPORTED) by name and RtmpError(BAD_CODEC_CONFIG).
    """

    def __init__(self) -> None:
        self._video_record = b""
        self._audio_record = b""
        self._video_ms: int | None = None
        self._audio_ms: int | None = None

    def read_video(self, timestamp_ms: int, body: bytearray) -> Frame | None:
        """A video tag's body with its 32-bit time."""
        if not body:
            return None
        frame_type, codec_id = body[0] >> 4 & 7, body[0] & 0x0F
        if body[0] & _ENHANCED_VIDEO:
            raise _unsupported("video", _fourcc_name(body), "H.264")
        if frame_type == _COMMAND_FRAME:
            return None
        if codec_id != _H264:
            raise _unsupported("video", _VIDEO_NAMES.get(codec_id, f"codec {codec_id}"), "H.264")
        if len(body) <= _AVC_HEADER_BYTES:
            return None
        data = bytes(memoryview(body)[_AVC_HEADER_BYTES:])
        if body[1] == _SEQUENCE_HEADER:
            self._video_record = _checked(parse_avc_record, data, self._video_record)
            return VideoConfig(Codec.H264, data)
        if body[1] != _CODED or not self._video_record:
            return None
        self._video_ms = _unwrap(timestamp_ms, self._video_ms, self._audio_ms)
        cts_ms = int.from_bytes(body[2:5], "big", signed=True)
        return VideoFrame(self._video_ms, cts_ms, frame_type == _KEYFRAME, data)

    def read_audio(self, timestamp_ms: int, body: bytearray) -> Frame | None:
        """An audio tag's body with its 32-bit time."""
        if not body:
            return None
        codec_id = body[0] >> 4
        if codec_id == _ENHANCED_AUDIO:
            raise _unsupported("audio", _fourcc_name(body), "AAC")
        if codec_id != _AAC:
            raise _unsupported("audio", _AUDIO_NAMES.get(codec_id, f"codec {codec_id}"), "AAC")
        if len(body) <= _AAC_HEADER_BYTES:
            return None
        data = bytes(memoryview(body)[_AAC_HEADER_BYTES:])
        if body[1] == _SEQUENCE_HEADER:
            self._audio_record = _checked(parse_audio_specific_config, data, self._audio_record)
            return AudioConfig(Codec.AAC, data)
        if body[1] != _CODED or not self._audio_record:
            return None
        self._audio_ms = _unwrap(timestamp_ms, self._audio_ms, self._video_ms)
        return AudioFrame(self._audio_ms, data)


def _unwrap(timestamp_ms: int, last_ms: int | None, other_ms: int | None) -> int:
    """The time nearest to the track's last that is ``timestamp_ms`` modulo 2^32.

    A track that begins is placed near the other one, which may have wrapped already.
    """
    near_ms = last_ms if last_ms is not None else other_ms
    if near_ms is None:
        return timestamp_ms
    step_ms = (timestamp_ms - near_ms) % _WRAP
    return near_ms + (step_ms - _WRAP if step_ms >= _WRAP // 2 else step_ms)


def _checked(parse: Callable[[bytes], object], record: bytes, last: bytes) -> bytes:
    """The record, after a look at whether it can be read; a repeat needs none."""
    if record != last:
        try:
            parse(record)
        except CodecError as error:
            raise RtmpError(ErrorCode.BAD_CODEC_CONFIG, str(error)) from error
    return record


def _fourcc_name(body: bytearray) -> str:
    fourcc = bytes(body[1:5])
    return _FOURCC_NAMES.get(fourcc, f"codec {fourcc!r}")


def _unsupported(kind: str, name: str, wanted: str) -> RtmpError:
    return RtmpError(
        ErrorCode.CODEC_UNSUPPORTED,
        f"{name} {kind} is not supported; set the encoder's {kind} codec to {wanted}",
    )
