"""What is written is read as the same, by our reader and by FFmpeg's."""

import io
import struct

import av
import pytest
from support.coded import coded_frames
from support.shows import FLV_HEADER_BYTES

from media.codecs import CodecError
from media.frames import AudioConfig, AudioFrame, Codec, Frame, VideoConfig, VideoFrame
from media.rtmp.amf0 import Marker, decode_values
from media.rtmp.flv import FlvDemuxer
from media.rtmp.flv_writer import FlvMuxer, Tag
from media.rtmp.message import MessageType

SHOWS = [
    ("h264", "aac"), ("hevc", "opus"), ("av1", "flac"), ("vp9", "ac3"), (None, "eac3"),
    (None, "mp3"), ("hevc", None),
]  # fmt: skip


def time_of(frame: Frame) -> int:
    return frame.dts_ms if isinstance(frame, VideoFrame | AudioFrame) else 0


def tags_of(frames: list[Frame]) -> list[tuple[int, Tag]]:
    muxer = FlvMuxer()
    return [(time_of(frame), tag) for frame in frames for tag in muxer.write(frame)]


@pytest.mark.parametrize(("video", "audio"), SHOWS)
def test_every_codec_is_read_again_as_it_was(video: str | None, audio: str | None) -> None:
    frames = coded_frames(video, audio)
    demuxer = FlvDemuxer()
    read: list[Frame] = []
    for time_ms, tag in tags_of(frames):
        if tag.type_id is MessageType.VIDEO:
            read += demuxer.read_video(time_ms, bytearray(tag.body))
        elif tag.type_id is MessageType.AUDIO:
            read += demuxer.read_audio(time_ms, bytearray(tag.body))
    assert read == frames


@pytest.mark.parametrize(("video", "audio"), [("h264", "aac"), (None, "mp3"), ("h264", None)])
def test_ffmpeg_reads_the_classic_codecs_and_the_metadata(
    video: str | None, audio: str | None
) -> None:
    file = io.BytesIO(b"FLV\x01\x05\0\0\0\x09\0\0\0\0")
    file.seek(FLV_HEADER_BYTES)
    for time_ms, tag in tags_of(coded_frames(video, audio)):
        body = tag.body
        if tag.type_id is MessageType.DATA_AMF0:
            body = body.removeprefix(b"\x02\0\x0d@setDataFrame")  # which is for servers
        head = struct.pack(">I", tag.type_id << 24 | len(body))
        head += struct.pack(">I", (time_ms & 0xFFFFFF) << 8 | time_ms >> 24) + bytes(3)
        file.write(head + body + struct.pack(">I", 11 + len(body)))
    file.seek(0)
    with av.open(file) as opened:
        assert opened.metadata["encoder"] == "Bandstand"
        names = {stream.codec_context.name for stream in opened.streams}
        assert names == {{"mp3": "mp3float"}.get(name, name) for name in (video, audio) if name}
        packets = [packet for packet in opened.demux() if packet.size]
    frames = coded_frames(video, audio)
    assert [bytes(packet) for packet in packets] == [
        frame.data for frame in frames if isinstance(frame, VideoFrame | AudioFrame)
    ]


def test_metadata_is_an_ecma_array_that_counts_right() -> None:
    (body,) = [tag.body for _, tag in tags_of(coded_frames("hevc", "opus")) if tag.type_id == 18]
    at = body.index(b"onMetaData") + len("onMetaData")
    assert body[at] == Marker.ECMA_ARRAY
    command, name, about = decode_values(body)
    assert (command, name) == ("@setDataFrame", "onMetaData")
    assert isinstance(about, dict)
    assert int.from_bytes(body[at + 1 : at + 5], "big") == len(about)
    assert about.pop("framerate", 25) == 25
    assert about == {
        "encoder": "Bandstand",
        "width": 128,
        "height": 72,
        "videocodecid": int.from_bytes(b"hvc1", "big"),
        "audiocodecid": int.from_bytes(b"Opus", "big"),
        "audiosamplerate": 48_000,
        "audiochannels": 2,
        "stereo": True,
    }


def test_frames_without_a_configuration_give_nothing() -> None:
    muxer = FlvMuxer()
    assert muxer.write(VideoFrame(0, 0, True, b"k")) == []
    assert muxer.write(AudioFrame(0, b"a")) == []


@pytest.mark.parametrize("cts_ms", [0, 40, -40, 1 << 23, -(1 << 30)])
def test_a_composition_time_has_24_bits(cts_ms: int) -> None:
    (config, *_) = [each for each in coded_frames("h264", None) if isinstance(each, VideoConfig)]
    muxer, demuxer = FlvMuxer(), FlvDemuxer()
    (tag,) = muxer.write(config)
    demuxer.read_video(0, bytearray(tag.body))
    (*_, tag) = muxer.write(VideoFrame(0, cts_ms, False, b"p"))
    (read,) = demuxer.read_video(0, bytearray(tag.body))
    assert isinstance(read, VideoFrame)
    assert read.cts_ms == max(1 - (1 << 23), min(cts_ms, (1 << 23) - 1))


def test_a_configuration_that_cannot_be_read_is_an_error() -> None:
    muxer = FlvMuxer()
    muxer.write(AudioConfig(Codec.AAC, b""))
    with pytest.raises(CodecError):
        muxer.write(AudioFrame(0, b"a"))
