import pytest

from media.rtmp.chunk import ChunkReader
from media.rtmp.chunk_writer import CHUNK_BYTES, ChunkWriter


@pytest.mark.parametrize("length", [0, 1, 128, 129, 4096, 4097, 9000])
def test_the_reader_reads_it_before_and_after_the_chunk_size(length: int) -> None:
    writer, reader = ChunkWriter(), ChunkReader()
    payload = bytes(n % 256 for n in range(length))
    reader.receive_data(writer.write(5, 20, 1, payload) + writer.write_chunk_size())
    first, size = reader.next_message(), reader.next_message()
    assert first is not None
    assert (first.type_id, first.stream_id, bytes(first.payload)) == (20, 1, payload)
    assert size is not None
    reader.chunk_bytes = int.from_bytes(size.payload, "big")
    assert reader.chunk_bytes == CHUNK_BYTES
    written = writer.write(5, 20, 1, payload)
    assert len(written) == 12 + length + max(0, length - 1) // CHUNK_BYTES
    reader.receive_data(written)
    second = reader.next_message()
    assert second is not None
    assert bytes(second.payload) == payload


def test_set_chunk_size_is_a_control_message() -> None:
    wanted = b"\x02\0\0\0\0\0\x04\x01\0\0\0\0\0\0\x10\0"
    assert ChunkWriter().write_chunk_size() == wanted


@pytest.mark.parametrize("time_ms", [1, 0xFFFFFE, 0xFFFFFF, 0x1000000, 0xFFFFFFFF])
def test_the_reader_reads_each_time(time_ms: int) -> None:
    writer, reader = ChunkWriter(), ChunkReader()
    payload = bytes(300)  # three chunks
    reader.receive_data(writer.write(6, 9, 1, payload, time_ms) + writer.write(4, 8, 1, b"a", 2))
    first, second = reader.next_message(), reader.next_message()
    assert first is not None
    assert second is not None
    assert (first.timestamp_ms, bytes(first.payload)) == (time_ms, payload)
    assert (second.timestamp_ms, bytes(second.payload)) == (2, b"a")
