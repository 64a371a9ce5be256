"""What is fuzzed: each target takes any bytes, and asserts what must hold whatever they are.

Events, frames or values come of them, or the one error that the layer has; nothing is held or given
that was not sent; and the time is bounded by the length.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from media.codecs import CodecError
from media.frames import AudioConfig, AudioFrame, Frame, VideoConfig, VideoFrame
from media.hls import InitSegmentError, Segmenter
from media.rtmp import Event, Media, Metadata, PublishRequested, RtmpConnection, RtmpError
from media.rtmp.amf0 import MAX_VALUES, AmfError, decode_values, encode_values
from media.rtmp.chunk import MAX_CHUNK_BYTES, ChunkReader
from media.rtmp.connection import MAX_UNSENT_BYTES
from media.rtmp.flv import FlvDemuxer
from media.rtmp.message import MessageType
from support.rtmp_client import Client
from support.shows import FLV_HEADER_BYTES, read_tags

CORPUS = Path(__file__).parent.parent / "fuzz" / "corpus"
MAX_INPUT_BYTES = 4096
MAX_BASE_S = 0.05
MAX_S_PER_BYTE = 50e-6
"""CPU time, with the instruments of a fuzzer, on a machine that does other things too."""
TRIES = 3
MAX_CONFIG_BYTES = 1024
"""A configuration may be made of a frame: it is then given beside it."""
MAX_REPLY_BYTES = 4096
SHAKEN_HANDS = 0x80


def fuzz_chunks(data: bytes) -> None:
    """The chunk layer, with what the connection does for Set Chunk Size and Abort."""
    if not data:
        return
    whole = list(_messages(data[1:], len(data)))
    assert sum(len(payload) for _, _, payload in whole) <= len(data)
    assert list(_messages(data[1:], 1 + data[0])) == whole


def _messages(data: bytes, step: int) -> Iterator[tuple[int, int, bytes]]:
    reader = ChunkReader()
    with suppress(RtmpError):
        for at in range(0, len(data), step):
            reader.receive_data(data[at : at + step])
            while (message := reader.next_message()) is not None:
                payload = bytes(message.payload)
                yield message.type_id, message.timestamp_ms, payload
                value = int.from_bytes(payload[:4], "big")
                if message.type_id == MessageType.SET_CHUNK_SIZE:
                    reader.chunk_bytes = min(max(1, value), MAX_CHUNK_BYTES)
                elif message.type_id == MessageType.ABORT:
                    reader.abort(value)
            assert reader.buffered_bytes <= at + step


def fuzz_amf(data: bytes) -> None:
    """AMF0: what is read can be written, and is then read as the same."""
    try:
        values = decode_values(data)
    except AmfError:
        return
    assert _count(values) <= MAX_VALUES
    again = decode_values(encode_values(*values))
    assert repr(again) == repr(values)  # NaN is not equal to itself


def _count(value: object) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(_count, value.values()))
    return sum(map(_count, value)) if isinstance(value, list) else 1


def fuzz_flv(data: bytes) -> None:
    """FLV's tags, as in a file without its header."""
    list(_frames(data))


def _frames(data: bytes) -> Iterator[Frame]:
    demuxer = FlvDemuxer()
    given_bytes = 0
    with suppress(RtmpError):
        for kind, time_ms, body in read_tags(bytes(FLV_HEADER_BYTES) + data):
            if kind not in (MessageType.VIDEO, MessageType.AUDIO):
                continue
            read = demuxer.read_video if kind == MessageType.VIDEO else demuxer.read_audio
            for frame in read(time_ms, bytearray(body)):
                if isinstance(frame, VideoConfig | AudioConfig):
                    assert len(frame.record) <= MAX_CONFIG_BYTES + len(data)
                else:
                    assert isinstance(frame, VideoFrame | AudioFrame)
                    given_bytes += len(frame.data)
                yield frame
    assert given_bytes <= len(data)


def fuzz_show(data: bytes) -> None:
    """FLV's tags cut into segments."""
    segmenter = Segmenter("shw_A")
    with suppress(CodecError, InitSegmentError):
        for frame in _frames(data):
            segmenter.push([frame], 0)
        segmenter.end()
        segmenter.window()


def fuzz_connection(data: bytes) -> None:
    """A whole connection: the first byte says how it is cut, and whether hands were shaken."""
    if not data:
        return
    head, rest = data[0], data[1:]
    hello = Client.hello() if head & SHAKEN_HANDS else b""
    whole = list(_events(hello, rest, len(data)))
    assert list(_events(hello, rest, 1 + (head & 0x7F) * 8)) == whole
    held = sum(len(event.frame.data) for event in whole if _is_frame(event))
    assert held <= len(data)


def _is_frame(event: Event) -> bool:
    return isinstance(event, Media) and isinstance(event.frame, VideoFrame | AudioFrame)


def _events(hello: bytes, data: bytes, step: int) -> Iterator[Event | str]:
    """The events, and the error that ended them; metadata as text, where NaN is not itself."""
    connection = RtmpConnection()
    connection.receive_data(hello)
    try:
        for at in range(0, len(data), step):
            connection.receive_data(data[at : at + step])
            while (event := connection.next_event()) is not None:
                yield repr(event) if isinstance(event, Metadata) else event
                if isinstance(event, PublishRequested):
                    connection.accept_publish()
            assert connection.buffered_bytes <= connection.bytes_received
            assert len(connection.data_to_send()) <= MAX_UNSENT_BYTES + MAX_REPLY_BYTES
    except RtmpError as error:
        yield str(error.code)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "chunks": fuzz_chunks,
    "amf": fuzz_amf,
    "flv": fuzz_flv,
    "show": fuzz_show,
    "connection": fuzz_connection,
}


def run_target(name: str, data: bytes) -> None:
    """Run one input, and assert that it took no longer than its length allows."""
    allowed_s = MAX_BASE_S + MAX_S_PER_BYTE * len(data)
    for _ in range(TRIES):
        took_s = _took_s(TARGETS[name], data)
        if took_s <= allowed_s:
            return
    raise AssertionError(f"{took_s:.3f} s of CPU for {len(data)} bytes")


def _took_s(target: Callable[[bytes], None], data: bytes) -> float:
    began = time.thread_time()
    target(data)
    return time.thread_time() - began
