import pytest
from support.coded import coded_frames

from media.codecs import AudioInfo, CodecError, packet_samples, read_audio_config
from media.codecs.ac3 import MAX_FRAMES_IN_PACKET, ac3_record, ac3_samples, parse_ac3_record
from media.frames import AudioConfig, AudioFrame, Codec


def ac3(rate: int = 0, size_code: int = 0, bsid: int = 8, acmod: int = 2, lfe: int = 0) -> bytes:
    """A sync frame's head; with code 0 it has 128 bytes at 48 kHz."""
    levels = (acmod & 1 and acmod != 1) + (acmod >> 2) + (acmod == 2)
    tail = acmod << 13 | lfe << (12 - 2 * levels)
    head = b"\x0b\x77\0\0" + bytes([rate << 6 | size_code, bsid << 3])
    return head + tail.to_bytes(2, "big")


def eac3(
    kind: int = 0, substream: int = 0, size: int = 64, rate: int = 0, blocks: int = 3,
    acmod: int = 2, lfe: int = 0, bsid: int = 16,
) -> bytes:  # fmt: skip
    words = size // 2 - 1
    head = bytes([kind << 6 | substream << 3 | words >> 8, words & 0xFF])
    head += bytes([rate << 6 | blocks << 4 | acmod << 1 | lfe, bsid << 3, 0])
    return (b"\x0b\x77" + head).ljust(size, b"\0")


@pytest.mark.parametrize(("codec", "name"), [("ac3", "ac-3"), ("eac3", "ec-3")])
@pytest.mark.parametrize(("layout", "channels"), [("mono", 1), ("stereo", 2), ("5.1(side)", 6)])
def test_what_ffmpeg_writes_is_read(codec: str, name: str, layout: str, channels: int) -> None:
    config, *frames = coded_frames(None, codec, 1, layout=layout)
    assert isinstance(config, AudioConfig)
    assert read_audio_config(config) == AudioInfo(name, 48_000, channels, channels)
    packets = [f.data for f in frames if isinstance(f, AudioFrame)]
    assert {packet_samples(Codec(codec), packet) for packet in packets} == {1536}
    assert {ac3_record(packet) for packet in packets} == {config.record}


@pytest.mark.parametrize("acmod", range(8))
@pytest.mark.parametrize("lfe", [0, 1])
def test_channels(acmod: int, lfe: int) -> None:
    channels = [2, 1, 2, 3, 3, 4, 4, 5][acmod] + lfe
    for frame in (ac3(acmod=acmod, lfe=lfe), eac3(acmod=acmod, lfe=lfe)):
        assert parse_ac3_record(ac3_record(frame)).channels == channels


@pytest.mark.parametrize(
    ("frame", "rate"),
    [
        (ac3(), 48_000),
        (ac3(rate=1), 44_100),
        (ac3(rate=2), 32_000),
        (eac3(rate=1), 44_100),
    ],
)
def test_sample_rates(frame: bytes, rate: int) -> None:
    assert parse_ac3_record(ac3_record(frame)).sample_rate == rate
    assert ac3_samples(frame) == 1536


@pytest.mark.parametrize(
    ("rate", "size_code", "size"),
    [(0, 0, 128), (0, 37, 2560), (1, 0, 138), (1, 1, 140), (1, 20, 834), (2, 36, 3840)],
)
def test_frames_follow_each_other_by_their_size(rate: int, size_code: int, size: int) -> None:
    frame = ac3(rate, size_code).ljust(size, b"\0")
    assert ac3_samples(frame * 2) == 3072
    assert ac3_samples(frame + frame[:5]) == 1536


def test_only_the_first_substream_lasts() -> None:
    six = b"".join(eac3(blocks=0) + eac3(1) + eac3(0, 1) for _ in range(6))
    assert ac3_samples(six) == 6 * 256
    assert ac3_samples(eac3(2, blocks=2)) == 768


@pytest.mark.parametrize(
    ("packet", "words"),
    [
        (b"", "header"),
        (ac3()[:6], "header"),
        (b"\x77" + ac3()[1:], "begin as one"),
        (ac3(bsid=17), "version 17"),
        (ac3(rate=3), "reserved"),
        (ac3(size_code=38), "reserved"),
        (eac3(kind=3), "reserved"),
        (eac3(rate=3, blocks=0), "24 kHz or less"),
        (eac3(blocks=0) * (MAX_FRAMES_IN_PACKET + 1), "more frames"),
        (eac3() + bytes(64), "begin as one"),
        (eac3(1) + eac3(0, 1), "first substream"),
    ],
)
def test_packets_that_are_none(packet: bytes, words: str) -> None:
    with pytest.raises(CodecError, match=words):
        ac3_samples(packet)


@pytest.mark.parametrize(
    "record", [b"", b"\0\0\2", b"\0\3\2\0", b"\0\0\2\2", b"\0\0\x08\0", b"\0\0\2\0\0"]
)
def test_bad_records(record: bytes) -> None:
    with pytest.raises(CodecError):
        parse_ac3_record(record)
