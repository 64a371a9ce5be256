"""The chunk layer (RTMP 1.0, 5.3), reading: bytes into messages.

It is the hot path. One buffer is read with an offset; a chunk makes no object, only a message
does. Continuation chunks of one message, 128 bytes each from some encoders, are taken as a run:
their header bytes lie one stride apart, so one slice checks them all and one slice deletes them.
"""

from media.rtmp.errors import ErrorCode, RtmpError
from media.rtmp.message import Message

DEFAULT_CHUNK_BYTES = 128
MAX_CHUNK_BYTES = 0x7FFFFFFF
MAX_MESSAGE_BYTES = 8 * 1024 * 1024  # a keyframe; 2 s of 32 Mbit/s
MAX_CHUNK_STREAMS = 64
MAX_BUFFERED_BYTES = 16 * 1024 * 1024  # unread bytes, and those of unfinished messages
MIN_MEAN_CHUNK_BYTES = 6  # silent AAC in minimal chunks has 7; a flood of less costs only CPU
MAX_TINY_CHUNKS_BYTES = 8192 * MIN_MEAN_CHUNK_BYTES  # how far a burst may fall below that
MAX_RUN_CHUNKS = 256  # looked at in one go: a look in vain must not cost the whole buffer

_EXTENDED = 0xFFFFFF
_WRAP = 0xFFFFFFFF
_MESSAGE_HEADER_BYTES = (11, 7, 3, 0)


class _ChunkStream:
    """The last header of one chunk stream, and the message that is coming in on it."""

    __slots__ = (
        "delta_ms", "extended", "length", "payload", "run_header", "stream_id", "timestamp_ms",
        "type_id",
    )  # fmt: skip

    def __init__(self, run_header: bytes) -> None:
        self.timestamp_ms = 0
        self.delta_ms = 0
        self.extended = b""  # the last header's extended timestamp as it was sent
        self.length = 0
        self.type_id = 0
        self.stream_id = 0
        self.payload = bytearray()
        self.run_header = run_header  # the type 3 header where it is one byte, else empty


class ChunkReader:
    """``receive_data`` takes bytes, ``next_message`` gives whole messages or None for "need more".

    Both raise RtmpError. Setting ``chunk_bytes`` holds from the next chunk on.
    """

    def __init__(self) -> None:
        self.chunk_bytes = DEFAULT_CHUNK_BYTES
        self._buffer = bytearray()
        self._at = 0
        self._streams: dict[int, _ChunkStream] = {}
        self._partial_bytes = 0
        self._credit_bytes = MAX_TINY_CHUNKS_BYTES

    @property
    def buffered_bytes(self) -> int:
        """Bytes held: those not read yet, and those of unfinished messages."""
        return len(self._buffer) - self._at + self._partial_bytes

    def receive_data(self, data: bytes | bytearray | memoryview) -> None:
        """Take bytes; raises RtmpError(TOO_MUCH_BUFFERED)."""
        if self._at:
            del self._buffer[: self._at]
            self._at = 0
        self._buffer += data
        self._credit_bytes += len(data)
        if self.buffered_bytes > MAX_BUFFERED_BYTES:
            raise RtmpError(
                ErrorCode.TOO_MUCH_BUFFERED,
                f"more than {MAX_BUFFERED_BYTES} bytes wait for the ends of their messages",
            )

    def next_message(self) -> Message | None:
        """The next whole message; None while its bytes have not all come."""
        while True:
            stream = self._read_chunk()
            if stream is None:
                self._credit_bytes = min(self._credit_bytes, MAX_TINY_CHUNKS_BYTES)
                return None
            if len(stream.payload) < stream.length:
                self._read_run(stream)
            if len(stream.payload) == stream.length:
                payload, stream.payload = stream.payload, bytearray()
                self._partial_bytes -= stream.length
                return Message(stream.type_id, stream.timestamp_ms, stream.stream_id, payload)

    def abort(self, csid: int) -> None:
        """Drop what has come of the message on a chunk stream (5.4.2)."""
        if stream := self._streams.get(csid):
            self._drop_partial(stream)

    def _read_chunk(self) -> _ChunkStream | None:
        """Take one chunk, once all of it is there; nothing changes before."""
        buffer, at = self._buffer, self._at
        if at >= len(buffer):
            return None
        form, csid = buffer[at] >> 6, buffer[at] & 0x3F
        at += 1
        if csid < 2:
            if at + csid >= len(buffer):
                return None
            # 2 bytes: 64 + b1, to 319; 3 bytes: 64 + b1 + 256 * b2 (5.3.1.1).
            csid, at = 64 + int.from_bytes(buffer[at : at + 1 + csid], "little"), at + 1 + csid
        stream = self._streams.get(csid) or self._open(csid, form)
        if form == 3:
            return self._continue(stream, at)
        return self._start(stream, form, at)

    def _open(self, csid: int, form: int) -> _ChunkStream:
        # Some clients open the control stream with type 1: its stream id is then 0.
        if form > 1:
            raise RtmpError(ErrorCode.BAD_CHUNK, f"chunk stream {csid} begins with type {form}")
        if len(self._streams) >= MAX_CHUNK_STREAMS:
            raise RtmpError(
                ErrorCode.TOO_MANY_CHUNK_STREAMS,
                f"more than {MAX_CHUNK_STREAMS} chunk streams are in use",
            )
        stream = _ChunkStream(bytes((0xC0 | csid,)) if csid < 64 else b"")
        self._streams[csid] = stream
        return stream

    def _start(self, stream: _ChunkStream, form: int, at: int) -> _ChunkStream | None:
        """A chunk of type 0, 1 or 2: it starts a message and says what changed (5.3.1.2)."""
        header_bytes = _MESSAGE_HEADER_BYTES[form]
        header = self._buffer[at : at + header_bytes]
        if len(header) < header_bytes:
            return None
        at += header_bytes
        time_ms = int.from_bytes(header[:3], "big")
        extended = b""
        if time_ms == _EXTENDED:
            extended = bytes(self._buffer[at : at + 4])
            if len(extended) < 4:
                return None
            at += 4
            time_ms = int.from_bytes(extended, "big")
        length = int.from_bytes(header[3:6], "big") if form < 2 else stream.length
        if length > MAX_MESSAGE_BYTES:
            raise RtmpError(
                ErrorCode.MESSAGE_TOO_LONG,
                f"a message of {length} bytes is announced; {MAX_MESSAGE_BYTES} are taken",
            )
        end = at + min(self.chunk_bytes, length)
        if end > len(self._buffer):
            return None
        self._drop_partial(stream)
        stream.length = length
        stream.extended = extended
        if form < 2:
            stream.type_id = header[6]
        if form == 0:
            stream.stream_id = int.from_bytes(header[7:11], "little")
            stream.timestamp_ms, stream.delta_ms = time_ms, 0
        else:
            stream.delta_ms = time_ms
            stream.timestamp_ms = (stream.timestamp_ms + time_ms) & _WRAP
        self._take(stream, at, end)
        return stream

    def _continue(self, stream: _ChunkStream, at: int) -> _ChunkStream | None:
        """A chunk of type 3: the rest of a message, or a new one with the same header."""
        buffer = self._buffer
        if stream.extended:
            # Some senders repeat the extended timestamp here and some do not.
            seen = buffer[at : at + 4]
            if seen == stream.extended:
                at += 4
            elif stream.extended.startswith(seen):
                return None  # too few bytes to tell
        end = at + min(self.chunk_bytes, stream.length - len(stream.payload))
        if end > len(buffer):
            return None
        if not stream.payload:
            # 5.3.1.2.4 would repeat an absolute time as a delta; senders mean no delta by it.
            stream.timestamp_ms = (stream.timestamp_ms + stream.delta_ms) & _WRAP
        self._take(stream, at, end)
        return stream

    def _take(self, stream: _ChunkStream, start: int, end: int) -> None:
        """Move a chunk's body from the buffer to its message."""
        self._credit_bytes -= MIN_MEAN_CHUNK_BYTES
        if self._credit_bytes < 0:
            raise RtmpError(ErrorCode.TOO_MANY_TINY_CHUNKS, "chunks are too small to be media")
        stream.payload += self._buffer[start:end]
        self._partial_bytes += end - start
        self._at = end

    def _read_run(self, stream: _ChunkStream) -> None:
        """Take all full continuation chunks that follow with a header of exactly one byte."""
        if stream.extended or not stream.run_header:
            return
        stride = 1 + self.chunk_bytes
        left = stream.length - len(stream.payload)
        there = (len(self._buffer) - self._at) // stride
        count = min(left // self.chunk_bytes, there, MAX_RUN_CHUNKS)
        if count == 0:
            return
        headers = self._buffer[self._at : self._at + count * stride : stride]
        count -= len(headers.lstrip(stream.run_header))  # another stream's chunk ends the run
        run = self._buffer[self._at : self._at + count * stride]
        del run[::stride]
        stream.payload += run
        self._partial_bytes += len(run)
        self._at += count * stride

    def _drop_partial(self, stream: _ChunkStream) -> None:
        if stream.payload:
            self._partial_bytes -= len(stream.payload)
            stream.payload = bytearray()
