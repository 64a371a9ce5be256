import pytest
from support.coded import coded_frames

from media.codecs import AudioInfo, CodecError, packet_samples, read_audio_config
from media.codecs.mp3 import MAX_FRAMES_IN_PACKET, mp3_record, mp3_samples, mp3_silence
from media.frames import AudioConfig, AudioFrame, Codec

HEAD = b"\xff\xfb\x94\x64"  # MPEG-1, 128 kbit/s, 48 kHz, joint stereo: 384 bytes


@pytest.mark.parametrize(("layout", "channels"), [("mono", 1), ("stereo", 2)])
def test_what_lame_writes_is_read(layout: str, channels: int) -> None:
    config, *frames = coded_frames(None, "mp3", 1, layout=layout)
    assert isinstance(config, AudioConfig)
    assert read_audio_config(config) == AudioInfo("mp4a.40.34", 48_000, channels, channels)
    packets = [f.data for f in frames if isinstance(f, AudioFrame)]
    assert {packet_samples(Codec.MP3, packet) for packet in packets} == {1152}
    assert {mp3_record(packet) for packet in packets} == {config.record}


@pytest.mark.parametrize(
    ("head", "rate", "samples", "size"),
    [
        (b"\xff\xfb\x94\x00", 48_000, 1152, 384),
        (b"\xff\xfb\x90\x00", 44_100, 1152, 417),
        (b"\xff\xfb\x92\x00", 44_100, 1152, 418),
        (b"\xff\xfa\x98\x00", 32_000, 1152, 576),
        (b"\xff\xf3\x84\x00", 24_000, 576, 192),
        (b"\xff\xe3\x80\x00", 11_025, 576, 417),
    ],
)
def test_headers_of_every_version(head: bytes, rate: int, samples: int, size: int) -> None:
    info = read_audio_config(AudioConfig(Codec.MP3, mp3_record(head)))
    assert info.sample_rate == rate
    frame = head + bytes(size - 4)
    assert mp3_samples(frame) == samples
    assert mp3_samples(frame * 3) == 3 * samples
    assert mp3_samples(frame + frame[:3]) == samples


def test_what_changes_from_frame_to_frame_is_not_in_the_record() -> None:
    # Bit rate, padding, protection and how the two channels are joined.
    assert {mp3_record(h) for h in (HEAD, b"\xff\xfa\xb6\x04", b"\xff\xfb\x14\xb0")} == {
        b"\xff\xfa\x04\x00"
    }
    assert mp3_record(b"\xff\xfb\x94\xc4") == b"\xff\xfa\x04\xc0"


def test_a_free_bit_rate_is_one_frame() -> None:
    assert mp3_samples(b"\xff\xfb\x04\x00" + bytes(1000)) == 1152


@pytest.mark.parametrize("head", [b"\xff\xfa\x04\x00", b"\xff\xf2\x04\xc0", b"\xff\xe2\x08\x00"])
def test_silence_is_one_whole_frame(head: bytes) -> None:
    frame = mp3_silence(head)
    assert mp3_record(frame) == head
    assert mp3_samples(frame * 2) == 2 * mp3_samples(frame)


@pytest.mark.parametrize(
    ("packet", "words"),
    [
        (b"", "header"),
        (HEAD[:3], "header"),
        (b"ID3\x04", "begin as one"),
        (b"\xff\xeb\x94\x64", "begin as one"),
        (b"\xff\xfb\x9c\x64", "begin as one"),
        (b"\xff\xfd\x94\x64", "layer 2"),
        (b"\xff\xff\x94\x64", "layer 1"),
        (b"\xff\xf9\x94\x64", "layer 4"),
        (b"\xff\xfb\xf4\x64", "reserved bit rate"),
        ((HEAD + bytes(380)) * (MAX_FRAMES_IN_PACKET + 1), "more frames"),
        (HEAD + bytes(380) + b"junk", "begin as one"),
    ],
)
def test_packets_that_are_none(packet: bytes, words: str) -> None:
    with pytest.raises(CodecError, match=words):
        mp3_samples(packet)
