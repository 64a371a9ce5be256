import random
import time

import pytest

from media.rtmp.chunk import (
    MAX_BUFFERED_BYTES,
    MAX_CHUNK_STREAMS,
    MAX_MESSAGE_BYTES,
    ChunkReader,
)
from media.rtmp.errors import ErrorCode, RtmpError

LATE = 0x01020304  # past 4 h 39 min, so it needs an extended timestamp
LONG = bytes(i % 251 for i in range(1000))


def read_to_the_end(data: bytes) -> None:
    reader = ChunkReader()
    for at in range(0, len(data), 65_536):
        reader.receive_data(data[at : at + 65_536])
        while reader.next_message() is not None:
            pass


def refusal(data: bytes) -> ErrorCode:
    with pytest.raises(RtmpError) as caught:
        read_to_the_end(data)
    return caught.value.code


@pytest.mark.parametrize("length", [0, 1, 127, 128, 129, 256, 257, 1000])
def test_every_length(client, read, length) -> None:
    payload = LONG[:length]
    sent = client.chunks(payload, time=5) + client.chunks(b"next", type_id=8, time=6)
    assert read(sent) == [(9, 5, 1, payload), (8, 6, 1, b"next")]


@pytest.mark.parametrize("csid", [2, 3, 63, 64, 65, 255, 319, 320, 321, 1000, 65_599])
def test_basic_header_forms(client, read, csid) -> None:
    sent = client.chunks(LONG, csid=csid) + client.chunks(LONG, csid=csid, form=2, time=40)
    assert read(sent) == [(9, 0, 1, LONG), (9, 40, 1, LONG)]


def test_three_byte_form_is_little_endian(client, read) -> None:
    # 64 + 1 + 256 * 2 is opened in one place and continued in the same.
    header = b"\x01\x01\x02" + bytes(3) + b"\x00\x00\x01\x08" + bytes(4) + b"a"
    other = client.chunks(b"b", csid=64 + 2 + 256 * 1, type_id=8)
    again = b"\xc1\x01\x02c"
    assert [m[3] for m in read(header + other + again)] == [b"a", b"b", b"c"]


def test_the_forms_are_of_one_numbering(client, read) -> None:
    # 70 in two bytes and in three: what one begins, the other goes on with.
    sent = client.chunks(LONG[:128], csid=70, length=130) + b"\xc1\x06\x00" + LONG[128:130]
    assert read(sent) == [(9, 0, 1, LONG[:130])]


def test_message_stream_id_is_little_endian(client, read) -> None:
    header = b"\x04" + bytes(3) + b"\x00\x00\x01\x08" + b"\x01\x02\x00\x00" + b"x"
    assert read(header) == [(8, 0, 0x0201, b"x")]


def test_deltas_add_up_and_form_3_repeats_the_last(client, read) -> None:
    sent = (
        client.chunks(b"a", time=100)
        + client.chunks(b"bb", form=1, time=20)
        + client.chunks(b"cc", form=2, time=30)
        + client.chunks(b"dd", form=3)
        + client.chunks(b"ee", form=3)
    )
    assert [m[1] for m in read(sent)] == [100, 120, 150, 180, 210]


def test_form_3_after_form_0_adds_nothing(client, read) -> None:
    sent = client.chunks(b"a", time=100) + client.chunks(b"b", form=3)
    sent += client.chunks(b"c", form=2, time=7) + client.chunks(b"d", time=500)
    sent += client.chunks(b"e", form=3)
    assert [m[1] for m in read(sent)] == [100, 100, 107, 500, 500]


def test_time_wraps_at_32_bits(client, read) -> None:
    sent = client.chunks(b"a", time=0xFFFFFFFF) + client.chunks(b"b", form=1, time=3)
    assert [m[1] for m in read(sent)] == [0xFFFFFFFF, 2]


@pytest.mark.parametrize("repeated", [True, False])
@pytest.mark.parametrize("length", [1, 128, 129, 130, 131, 500])
def test_extended_time_on_form_3(client, read, repeated, length) -> None:
    extended = LATE.to_bytes(4, "big") if repeated else b""
    payload = LONG[:length]
    sent = client.chunks(payload, time=LATE, extended_on_form_3=extended)
    sent += client.chunks(b"tail", form=1, time=9)
    assert read(sent) == [(9, LATE, 1, payload), (9, LATE + 9, 1, b"tail")]


def test_extended_time_of_exactly_24_bits_set(client, read) -> None:
    sent = client.chunks(b"a", time=0xFFFFFF) + client.chunks(b"b", form=2, time=1)
    assert [m[1] for m in read(sent)] == [0xFFFFFF, 0x1000000]


@pytest.mark.parametrize("form", [1, 2])
@pytest.mark.parametrize("repeated", [True, False])
def test_extended_time_on_a_delta_is_a_delta(client, read, form, repeated) -> None:
    extended = LATE.to_bytes(4, "big") if repeated else b""
    sent = client.chunks(LONG, time=1000)
    sent += client.chunks(LONG, form=form, time=LATE, extended_on_form_3=extended)
    assert read(sent) == [(9, 1000, 1, LONG), (9, 1000 + LATE, 1, LONG)]


def test_form_3_that_starts_a_message_may_repeat_the_extended_time(client, read) -> None:
    extended = LATE.to_bytes(4, "big")
    sent = client.chunks(b"aaaaa", time=LATE)
    sent += client.chunks(b"bbbbb", form=3, extended_on_form_3=extended)
    sent += client.chunks(b"ccccc", form=3)
    assert [(m[1], m[3]) for m in read(sent)] == [
        (LATE, b"aaaaa"),
        (LATE, b"bbbbb"),
        (LATE, b"ccccc"),
    ]


def test_a_short_last_chunk_is_not_held_back_for_the_peek(client) -> None:
    reader = ChunkReader()
    reader.receive_data(client.chunks(LONG[:129], time=LATE))
    message = reader.next_message()
    assert message is not None
    assert bytes(message.payload) == LONG[:129]


def test_interleaved_streams(client, read) -> None:
    video = client.chunks(LONG, csid=6)
    audio = client.chunks(b"s" * 200, csid=4, type_id=8)
    # After video's first three chunks (12 + 3 * 128 + 2 bytes) comes audio's first, and so on.
    sent = video[:398] + audio[:140] + video[398:527] + audio[140:] + video[527:]
    assert read(sent) == [(8, 0, 1, b"s" * 200), (9, 0, 1, LONG)]


@pytest.mark.parametrize("size", [1, 2, 100, 128, 129, 4096])
def test_chunk_sizes(client, read, size) -> None:
    reader = ChunkReader()
    reader.chunk_bytes = size
    sent = client.chunks(LONG, size=size) + client.chunks(LONG, size=size, form=3)
    assert [m[3] for m in read(sent, reader)] == [LONG, LONG]


def test_chunk_size_changes_inside_a_message(client) -> None:
    reader = ChunkReader()
    sent = client.chunks(LONG)
    reader.receive_data(sent[:140])
    assert reader.next_message() is None
    reader.chunk_bytes = 4096
    reader.receive_data(b"\xc4" + LONG[128:])
    message = reader.next_message()
    assert message is not None
    assert bytes(message.payload) == LONG


def test_abort_drops_the_partial_message(client) -> None:
    reader = ChunkReader()
    reader.receive_data(client.chunks(LONG)[:269])
    assert reader.next_message() is None
    reader.abort(4)
    reader.abort(999)
    reader.receive_data(client.chunks(b"fresh", form=1, time=8))
    message = reader.next_message()
    assert message is not None
    assert bytes(message.payload) == b"fresh"


def test_after_an_abort_type_3_begins_a_message(client) -> None:
    reader = ChunkReader()
    reader.receive_data(client.chunks(LONG[:130])[:140])
    assert reader.next_message() is None
    reader.abort(4)
    reader.receive_data(client.chunks(LONG[:130], form=3))
    message = reader.next_message()
    assert message is not None
    assert bytes(message.payload) == LONG[:130]


def test_a_new_header_drops_the_partial_message(client, read) -> None:
    sent = client.chunks(LONG)[:140] + client.chunks(b"fresh", time=3)
    assert read(sent) == [(9, 3, 1, b"fresh")]


def test_a_control_stream_may_open_with_form_1(client, read) -> None:
    sent = client.chunks(b"\x00\x06aaaa", form=1, csid=2, type_id=4)
    assert read(sent) == [(4, 0, 0, b"\x00\x06aaaa")]


@pytest.mark.parametrize("form", [2, 3])
def test_a_stream_that_opens_without_a_length_is_refused(client, form) -> None:
    assert refusal(client.chunks(b"x", form=form)) == ErrorCode.BAD_CHUNK


def test_message_length_is_capped(client) -> None:
    header = client.chunks(b"", length=MAX_MESSAGE_BYTES + 1)
    assert refusal(header) == ErrorCode.MESSAGE_TOO_LONG


def test_chunk_streams_are_capped(client) -> None:
    sent = b"".join(client.chunks(b"x" * 20, csid=100 + n) for n in range(MAX_CHUNK_STREAMS + 1))
    assert refusal(sent) == ErrorCode.TOO_MANY_CHUNK_STREAMS


def test_unfinished_messages_are_capped_together(client) -> None:
    most = bytes(MAX_MESSAGE_BYTES - 128)
    sent = b"".join(client.chunks(most, csid=n, length=MAX_MESSAGE_BYTES) for n in (4, 5, 6))
    assert len(sent) > MAX_BUFFERED_BYTES
    assert refusal(sent) == ErrorCode.TOO_MUCH_BUFFERED


def test_unfinished_messages_in_large_chunks_are_capped_together(client) -> None:
    reader = ChunkReader()
    reader.chunk_bytes = 1 << 20
    half = bytes(MAX_MESSAGE_BYTES // 2)
    begun = [
        client.chunks(half, csid=csid, size=1 << 20, length=MAX_MESSAGE_BYTES)
        for csid in (4, 5, 6, 7)
    ]
    for sent in begun[:3]:
        reader.receive_data(sent)
        assert reader.next_message() is None
    with pytest.raises(RtmpError) as caught:
        reader.receive_data(begun[3])
    assert caught.value.code == ErrorCode.TOO_MUCH_BUFFERED


def test_finished_and_dropped_messages_leave_the_account(client) -> None:
    reader = ChunkReader()
    whole = client.chunks(bytes(MAX_MESSAGE_BYTES))
    most = client.chunks(bytes(MAX_MESSAGE_BYTES - 128), length=MAX_MESSAGE_BYTES)
    for _ in range(3):
        reader.receive_data(whole)
        assert reader.next_message() is not None
        reader.receive_data(most)
        assert reader.next_message() is None
        reader.abort(4)


def test_a_flood_of_tiny_chunks_is_refused(client) -> None:
    assert refusal(client.chunks(b"") + b"\xc4" * 100_000) == ErrorCode.TOO_MANY_TINY_CHUNKS


@pytest.mark.parametrize("size", [1, 2])
def test_a_flood_of_small_chunks_is_refused(client, size) -> None:
    # Where they are no run: two messages take turns.
    turns = [client.chunks(LONG * 50, csid=csid, size=size) for csid in (4, 5)]
    begun = turns[0][: 12 + size] + turns[1][: 12 + size]
    chunk = 1 + size
    rest = b"".join(
        turn[at : at + chunk] for at in range(12 + size, len(turns[0]), chunk) for turn in turns
    )
    reader = ChunkReader()
    reader.chunk_bytes = size
    reader.receive_data(begun + rest)
    with pytest.raises(RtmpError) as caught:
        reader.next_message()
    assert caught.value.code == ErrorCode.TOO_MANY_TINY_CHUNKS


def test_what_is_no_run_costs_no_more_in_a_large_read(client) -> None:
    size = 5
    turn = b"\xc4" + bytes(size) + b"\xc5" + bytes(size)
    sent = b"".join(
        client.chunks(bytes(size), csid=csid, size=size, length=MAX_MESSAGE_BYTES)
        for csid in (4, 5)
    )
    sent += turn * 60_000

    def took_s(step: int) -> float:
        reader = ChunkReader()
        reader.chunk_bytes = size
        began = time.thread_time()
        for at in range(0, len(sent), step):
            reader.receive_data(sent[at : at + step])
            assert reader.next_message() is None
        return time.thread_time() - began

    in_parts_s = min(took_s(4096) for _ in range(2))
    assert took_s(len(sent)) < 4 * in_parts_s


def test_silent_audio_in_minimal_chunks_is_no_flood(client) -> None:
    silence = b"\xaf\x01\x01\x18\x20\x07"
    count = 30_000
    reader = ChunkReader()
    reader.receive_data(client.chunks(silence, type_id=8) + (b"\xc4" + silence) * count)
    seen = 0
    while reader.next_message() is not None:
        seen += 1
    assert seen == count + 1


def test_any_split_gives_the_same_messages(client) -> None:
    rng = random.Random(7)
    sent, wanted = b"", []
    for n in range(60):
        payload = rng.randbytes(rng.choice([0, 1, 5, 128, 700, 3000]))
        csid = rng.choice([3, 4, 6, 90])
        time = rng.choice([n, 0xFFFFFF + n])
        extended = time.to_bytes(4, "big") if time >= 0xFFFFFF and n % 2 else b""
        sent += client.chunks(payload, csid=csid, time=time, extended_on_form_3=extended)
        wanted.append((time, payload))
    for _ in range(20):
        reader, got, at = ChunkReader(), [], 0
        while at < len(sent):
            step = rng.choice([1, 3, 50, 129, 1460])
            reader.receive_data(memoryview(sent)[at : at + step])
            at += step
            while (message := reader.next_message()) is not None:
                got.append((message.timestamp_ms, bytes(message.payload)))
        assert got == wanted
