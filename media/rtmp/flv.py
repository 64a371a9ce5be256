"""FLV tag bodies (Adobe Flash Video File Format 10.1, E.4.2 and E.4.3) into frames."""

from collections.abc import Mapping
from typing import Any

from media.frames import Codec, Frame
from media.rtmp.enhanced import (
    AUDIO_CODECS,
    VIDEO_CODECS,
    AudioPacket,
    EnhancedTag,
    Track,
    VideoPacket,
    read_enhanced_tag,
)
from media.rtmp.errors import ErrorCode, RtmpError
from media.rtmp.feed import AudioFeed, VideoFeed
from media.timeline import MediaType

_VIDEO_IDS = {7: Codec.H264, 12: Codec.HEVC}  # 12 was in use before FourCCs were
_AAC, _MP3_IDS = 10, frozenset({2, 14})
_KEYFRAME, _COMMAND_FRAME = 1, 5
_SEQUENCE_HEADER, _CODED = 0, 1
_ENHANCED_VIDEO = 0x80
_ENHANCED_AUDIO = 9
_VIDEO_HEADER_BYTES = 5
_AAC_HEADER_BYTES = 2
_MP3_HEADER_BYTES = 1
_CTS_BYTES = 3
_CTS_CODECS = frozenset({Codec.H264, Codec.HEVC})  # those whose coded frames have one

_VIDEO_NAMES = {
    2: "Sorenson H.263", 3: "Screen Video", 4: "VP6", 5: "VP6 with alpha", 6: "Screen Video 2",
    8: "H.263", 9: "MPEG-4 Part 2", 13: "AV1 by number",
}  # fmt: skip
_AUDIO_NAMES = {
    0: "PCM", 1: "ADPCM", 3: "PCM", 4: "Nellymoser", 5: "Nellymoser", 6: "Nellymoser",
    7: "G.711 A-law", 8: "G.711 mu-law", 11: "Speex",
}  # fmt: skip
_FOURCC_NAMES = {b"vp08": "VP8", b"vvc1": "VVC"}

_WRAP = 1 << 32


class FlvDemuxer:
    """One publisher's audio and video tags, with their times unwrapped from 32 bits.

    A tag that carries nothing to play gives nothing: an empty one, an end of sequence, a command
    frame, metadata, an empty configuration, or a frame before the first configuration of its
    track. Of several tracks the one numbered 0 is played; ``other_tracks`` counts the parts of
    tags that belonged to others. Raises RtmpError(CODEC_UNSUPPORTED) by name, BAD_CODEC_CONFIG and
    BAD_MEDIA_TAG.
    """

    def __init__(self) -> None:
        self.other_tracks: dict[tuple[MediaType, int], int] = {}
        self._video = VideoFeed()
        self._audio = AudioFeed()
        self._video_ms: int | None = None
        self._audio_ms: int | None = None

    def read_video(self, timestamp_ms: int, body: bytearray) -> tuple[Frame, ...]:
        """A video tag's body with its 32-bit time."""
        if not body:
            return ()
        frame_type = body[0] >> 4 & 7
        if body[0] & _ENHANCED_VIDEO:
            return self._read_enhanced_video(timestamp_ms, frame_type, bytes(body))
        if frame_type == _COMMAND_FRAME:
            return ()
        codec = _VIDEO_IDS.get(body[0] & 0x0F)
        if codec is None:
            raise _unsupported("video", _name(_VIDEO_NAMES, body[0] & 0x0F), "H.264")
        if len(body) <= _VIDEO_HEADER_BYTES:
            return ()
        data = bytes(memoryview(body)[_VIDEO_HEADER_BYTES:])
        if body[1] == _SEQUENCE_HEADER:
            return self._video.configure(codec, data)
        if body[1] != _CODED:
            return ()
        cts_ms = int.from_bytes(body[2:5], "big", signed=True)
        return self._show(timestamp_ms, codec, cts_ms, frame_type == _KEYFRAME, data)

    def read_audio(self, timestamp_ms: int, body: bytearray) -> tuple[Frame, ...]:
        """An audio tag's body with its 32-bit time."""
        if not body:
            return ()
        codec_id = body[0] >> 4
        if codec_id == _ENHANCED_AUDIO:
            return self._read_enhanced_audio(timestamp_ms, bytes(body))
        if codec_id != _AAC:
            if codec_id not in _MP3_IDS:
                raise _unsupported("audio", _name(_AUDIO_NAMES, codec_id), "AAC")
            return self._sound(timestamp_ms, Codec.MP3, bytes(body[_MP3_HEADER_BYTES:]))
        if len(body) <= _AAC_HEADER_BYTES:
            return ()
        data = bytes(memoryview(body)[_AAC_HEADER_BYTES:])
        if body[1] == _SEQUENCE_HEADER:
            return self._audio.configure(Codec.AAC, data)
        return self._sound(timestamp_ms, Codec.AAC, data) if body[1] == _CODED else ()

    def _read_enhanced_video(
        self, timestamp_ms: int, frame_type: int, body: bytes
    ) -> tuple[Frame, ...]:
        is_command = frame_type == _COMMAND_FRAME
        tag = read_enhanced_tag(body, multitrack=VideoPacket.MULTITRACK, is_command=is_command)
        track = self._played(MediaType.VIDEO, tag)
        if track is None or tag.packet_type in (VideoPacket.METADATA, VideoPacket.SEQUENCE_END):
            return ()
        codec, data = VIDEO_CODECS.get(track.fourcc), track.body
        if codec is None:
            raise _unsupported("video", _name(_FOURCC_NAMES, track.fourcc), "H.264")
        cts_ms = 0
        match tag.packet_type:
            case VideoPacket.SEQUENCE_START:
                return self._video.configure(codec, data) if data else ()
            case VideoPacket.MPEG2TS_SEQUENCE_START:
                raise _unsupported("video", f"{codec.upper()} as in MPEG-2 TS", "H.264")
            case VideoPacket.CODED_FRAMES if codec in _CTS_CODECS:
                cts_ms = int.from_bytes(data[:_CTS_BYTES], "big", signed=True)
                data = data[_CTS_BYTES:]
            case VideoPacket.CODED_FRAMES | VideoPacket.CODED_FRAMES_X:
                pass
            case _:
                raise _unknown_packet("video", tag.packet_type)
        time_ms = timestamp_ms + tag.delay_ms
        return self._show(time_ms, codec, cts_ms, frame_type == _KEYFRAME, data)

    def _read_enhanced_audio(self, timestamp_ms: int, body: bytes) -> tuple[Frame, ...]:
        tag = read_enhanced_tag(body, multitrack=AudioPacket.MULTITRACK)
        track = self._played(MediaType.AUDIO, tag)
        if track is None or tag.packet_type in (
            AudioPacket.SEQUENCE_END,
            AudioPacket.MULTICHANNEL_CONFIG,
        ):
            return ()
        codec = AUDIO_CODECS.get(track.fourcc)
        if codec is None:
            raise _unsupported("audio", _name(_FOURCC_NAMES, track.fourcc), "AAC")
        if tag.packet_type == AudioPacket.SEQUENCE_START:
            return self._audio.configure(codec, track.body)
        if tag.packet_type != AudioPacket.CODED_FRAMES:
            raise _unknown_packet("audio", tag.packet_type)
        return self._sound(timestamp_ms + tag.delay_ms, codec, track.body)

    def _played(self, media: MediaType, tag: EnhancedTag) -> Track | None:
        """The track that is played; the others are counted."""
        played = None
        for track in tag.tracks:
            if track.number == 0:
                played = track
            else:
                other = media, track.number
                self.other_tracks[other] = self.other_tracks.get(other, 0) + 1
        return played

    def _show(
        self, timestamp_ms: int, codec: Codec, cts_ms: int, key: bool, data: bytes
    ) -> tuple[Frame, ...]:
        if not data or self._video.codec is not codec:
            return ()
        self._video_ms = _unwrap(timestamp_ms, self._video_ms, self._audio_ms)
        return self._video.frame(self._video_ms, cts_ms, key, data)

    def _sound(self, timestamp_ms: int, codec: Codec, data: bytes) -> tuple[Frame, ...]:
        if not data:
            return ()
        time_ms = _unwrap(timestamp_ms, self._audio_ms, self._video_ms)
        frames = self._audio.frame(codec, time_ms, data)
        if frames:
            self._audio_ms = time_ms
        return frames


def _unwrap(timestamp_ms: int, last_ms: int | None, other_ms: int | None) -> int:
    """The time nearest to the track's last that is ``timestamp_ms`` modulo 2^32.

    A track that begins is placed near the other one, which may have wrapped already.
    """
    near_ms = last_ms if last_ms is not None else other_ms
    if near_ms is None:
        return timestamp_ms
    step_ms = (timestamp_ms - near_ms) % _WRAP
    return near_ms + (step_ms - _WRAP if step_ms >= _WRAP // 2 else step_ms)


def _name(names: Mapping[Any, str], codec: int | bytes) -> str:
    return names.get(codec, f"codec {codec!r}")


def _unsupported(kind: str, name: str, wanted: str) -> RtmpError:
    return RtmpError(
        ErrorCode.CODEC_UNSUPPORTED,
        f"{name} {kind} is not supported; set the encoder's {kind} codec to {wanted}",
    )


def _unknown_packet(kind: str, packet_type: int) -> RtmpError:
    return RtmpError(
        ErrorCode.BAD_MEDIA_TAG, f"there is no {kind} packet of type {packet_type} in Enhanced RTMP"
    )
