import pytest
from support.coded import coded_frames

from media.codecs import AudioInfo, CodecError, packet_samples, read_audio_config
from media.codecs.opus import opus_samples, parse_opus_head, stream_counts
from media.frames import AudioConfig, AudioFrame, Codec

STEREO = b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0"
SURROUND = b"OpusHead\x01\x06\x38\x01\x80\xbb\0\0\0\0\x01\x04\x02\0\4\1\2\3\5"


@pytest.mark.parametrize(("layout", "channels"), [("mono", 1), ("stereo", 2), ("5.1", 6)])
def test_what_libopus_writes_is_read(layout: str, channels: int) -> None:
    config, *frames = coded_frames(None, "opus", 1, layout=layout)
    assert isinstance(config, AudioConfig)
    assert read_audio_config(config) == AudioInfo("Opus", 48_000, channels, channels)
    packets = [f.data for f in frames if isinstance(f, AudioFrame)]
    assert sum(packet_samples(Codec.OPUS, packet) for packet in packets) == 48_000 + 960


@pytest.mark.parametrize(
    ("record", "counts"),
    [(STEREO, (1, 1)), (STEREO[:9] + b"\1" + STEREO[10:], (1, 0)), (SURROUND, (4, 2))],
)
def test_streams(record: bytes, counts: tuple[int, int]) -> None:
    assert stream_counts(record) == counts
    assert parse_opus_head(record).channels == record[9]


@pytest.mark.parametrize(
    ("packet", "samples"),
    [
        (b"\x00", 480),  # SILK: 10, 20, 40, 60 ms
        (b"\x08", 960),
        (b"\x10", 1920),
        (b"\x58", 2880),
        (b"\x60", 480),  # hybrid: 10, 20 ms
        (b"\x68", 960),
        (b"\x80", 120),  # CELT: 2.5, 5, 10, 20 ms
        (b"\x88", 240),
        (b"\xfc\xff\xfe", 960),
        (b"\xf9", 1920),  # two frames
        (b"\xfa", 1920),
        (b"\xfb\x06", 5760),  # as many as the next byte says
        (b"\x83\xb0", 5760),
    ],
)
def test_durations(packet: bytes, samples: int) -> None:
    assert opus_samples(packet) == samples


@pytest.mark.parametrize("packet", [b"", b"\xfb", b"\xfb\x00", b"\xfb\x07", b"\x1b\x03"])
def test_packets_that_are_none(packet: bytes) -> None:
    with pytest.raises(CodecError):
        opus_samples(packet)


@pytest.mark.parametrize("whole", [STEREO, SURROUND], ids=["stereo", "surround"])
def test_cut_short(whole: bytes) -> None:
    for end in range(len(whole)):
        with pytest.raises(CodecError):
            parse_opus_head(whole[:end])


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (b"OpusTags" + STEREO[8:], "identification"),
        (b"OpusHead\x10" + STEREO[9:], "version"),
        (STEREO[:9] + b"\0" + STEREO[10:], "0 channels"),
        (STEREO[:9] + b"\3" + STEREO[10:], "3 channels"),
        (SURROUND[:9] + b"\x09" + SURROUND[10:] + bytes(3), "9 channels"),
        (SURROUND[:19] + b"\0\0" + SURROUND[21:], "0 streams"),
        (SURROUND[:19] + b"\1\2" + SURROUND[21:], "1 streams"),
        (SURROUND[:19] + b"\3\2" + SURROUND[21:], "3 streams for 6"),
    ],
)
def test_bad_heads_say_why(record: bytes, words: str) -> None:
    with pytest.raises(CodecError, match=words):
        parse_opus_head(record)
