import pytest
from support.coded import coded_frames

from media.codecs import AudioInfo, CodecError, packet_samples, read_audio_config
from media.codecs.flac import (
    flac_samples,
    flac_streaminfo,
    largest_block_samples,
    parse_flac_streaminfo,
    sample_bits,
)
from media.frames import AudioConfig, AudioFrame, Codec


def streaminfo(
    smallest: int = 4096, largest: int = 4096, rate: int = 44_100, channels: int = 2, bits: int = 24
) -> bytes:
    fields = rate << 44 | (channels - 1) << 41 | (bits - 1) << 36
    sizes = smallest.to_bytes(2, "big") + largest.to_bytes(2, "big") + bytes(6)
    return sizes + fields.to_bytes(8, "big") + bytes(16)


@pytest.mark.parametrize(("layout", "channels"), [("mono", 1), ("stereo", 2), ("5.1", 6)])
def test_what_ffmpeg_writes_is_read(layout: str, channels: int) -> None:
    config, *frames = coded_frames(None, "flac", 1, layout=layout)
    assert isinstance(config, AudioConfig)
    assert read_audio_config(config) == AudioInfo("fLaC", 48_000, channels, channels)
    assert sample_bits(config.record) == 16
    packets = [f.data for f in frames if isinstance(f, AudioFrame)]
    counts = [packet_samples(Codec.FLAC, packet) for packet in packets]
    assert sum(counts) == 48_000
    assert set(counts[:-1]) == {largest_block_samples(config.record)}


def test_streaminfo_with_and_without_what_stands_before() -> None:
    bare = streaminfo()
    assert flac_streaminfo(bare) == bare
    assert flac_streaminfo(b"\x80\0\0\x22" + bare) == bare
    assert flac_streaminfo(b"\0\0\0\x22" + bare + b"\x84\0\0\4more") == bare
    assert flac_streaminfo(b"fLaC\x80\0\0\x22" + bare) == bare
    assert parse_flac_streaminfo(bare) == AudioInfo("fLaC", 44_100, 2, 2)
    assert sample_bits(bare) == 24


@pytest.mark.parametrize(
    ("frame", "samples"),
    [
        (b"\xff\xf8\x19\0\0\0", 192),
        (b"\xff\xf8\x29\0\0\0", 576),
        (b"\xff\xf8\x59\0\0\0", 4608),
        (b"\xff\xf8\x89\0\0\0", 256),
        (b"\xff\xf9\xc9\0\0\0", 4096),
        (b"\xff\xf8\xf9\0\0\0", 32_768),
        (b"\xff\xf8\x69\0\x7f\x63", 100),
        (b"\xff\xf8\x79\0\x7f\x10\0", 4097),
        (b"\xff\xf9\x79\0\xfe\1\2\3\4\5\6\x0f\xff", 4096),
    ],
)
def test_block_sizes(frame: bytes, samples: int) -> None:
    assert flac_samples(frame) == samples


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xff\xf8\x19\0\0",
        b"\xff\xf0\x19\0\0\0",
        b"\xff\xf8\x09\0\0\0",
        b"\xff\xf8\x79\0\x7f\x10",
        b"\xff\xf8\x69\0\xbf\x10",
        b"\xff\xf8\x69\0\xff\x10",
        b"\xff\xf8\x69\0\xfe\x10",
    ],
)
def test_frames_that_are_none(frame: bytes) -> None:
    with pytest.raises(CodecError):
        flac_samples(frame)


def test_cut_short() -> None:
    whole = b"fLaC\x80\0\0\x22" + streaminfo()
    for end in range(len(whole)):
        with pytest.raises(CodecError):
            parse_flac_streaminfo(flac_streaminfo(whole[:end])[: max(0, end - 8)])


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (streaminfo(rate=0), "rate of 0"),
        (streaminfo(smallest=15), "15 to 4096"),
        (streaminfo(smallest=4097), "4097 to 4096"),
        (streaminfo(largest=11_026), "longer than 250 ms"),
        (streaminfo() + b"x", "35 bytes"),
    ],
)
def test_bad_streaminfo_says_why(record: bytes, words: str) -> None:
    with pytest.raises(CodecError, match=words):
        parse_flac_streaminfo(record)
