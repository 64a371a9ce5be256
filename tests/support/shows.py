"""A real show in memory: encoded by PyAV, muxed to FLV, read back as the ingest reads it."""

import io
from collections.abc import Iterator
from fractions import Fraction

import av

from media.frames import Frame
from media.rtmp.flv import FlvDemuxer

FRAMES_PER_SECOND = 25
SECONDS = 12
FLV_HEADER_BYTES = 13
TAG_HEADER_BYTES = 11


def encode_flv() -> bytes:
    """Moving picture and silence as FLV: H.264 with a keyframe each second, AAC at 48 kHz."""
    target = io.BytesIO()
    with av.open(target, "w", format="flv") as output:
        video = output.add_stream("libx264", rate=FRAMES_PER_SECOND)
        video.width, video.height, video.pix_fmt = 160, 90, "yuv420p"
        video.options = {"preset": "ultrafast", "tune": "zerolatency"}
        video.codec_context.gop_size = FRAMES_PER_SECOND
        audio = output.add_stream("aac", rate=48_000)
        for number in range(FRAMES_PER_SECOND * SECONDS):
            picture = av.VideoFrame(160, 90, "yuv420p")
            for plane in picture.planes:
                plane.update(bytes([number % 250]) * plane.buffer_size)
            picture.pts, picture.time_base = number, Fraction(1, FRAMES_PER_SECOND)
            output.mux(video.encode(picture))
            sound = av.AudioFrame(format="fltp", layout="stereo", samples=1920)
            for plane in sound.planes:
                plane.update(bytes(plane.buffer_size))
            sound.sample_rate, sound.pts = 48_000, number * 1920
            sound.time_base = Fraction(1, 48_000)
            output.mux(audio.encode(sound))
        output.mux(video.encode(None))
        output.mux(audio.encode(None))
    return target.getvalue()


def read_tags(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The type, time (ms) and body of each tag of an FLV file."""
    at = FLV_HEADER_BYTES
    while at + TAG_HEADER_BYTES <= len(data):
        kind, size = data[at], int.from_bytes(data[at + 1 : at + 4], "big")
        time_ms = int.from_bytes(data[at + 7 : at + 8] + data[at + 4 : at + 7], "big")
        yield kind, time_ms, data[at + TAG_HEADER_BYTES : at + TAG_HEADER_BYTES + size]
        at += TAG_HEADER_BYTES + size + 4


def read_flv(data: bytes) -> list[Frame]:
    demuxer = FlvDemuxer()
    frames: list[Frame] = []
    for kind, time_ms, body in read_tags(data):
        if kind == 9:
            frames += demuxer.read_video(time_ms, bytearray(body))
        elif kind == 8:
            frames += demuxer.read_audio(time_ms, bytearray(body))
    return frames
