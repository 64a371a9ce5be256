import av
import numpy as np
import pytest
from support.bits import BitWriter

from media.codecs import AudioInfo, CodecError
from media.codecs.aac import MAX_AUDIO_CONFIG_BYTES, parse_audio_specific_config


def aac(*fields: tuple[int, int]) -> bytes:
    return BitWriter().put(*fields).done()


PCE = (
    (0, 4), (1, 2), (4, 4),  # tag, LC, 44.1 kHz
    (2, 4), (0, 4), (1, 4), (1, 2), (0, 3), (0, 4),  # two front, one back, one LFE
    (1, 1), (2, 4), (0, 1), (1, 1), (3, 3),  # a mono and a matrix mixdown
    (0, 1), (0, 4), (1, 1), (0, 4), (1, 1), (1, 4), (0, 4),  # single, pair; pair; LFE
    (0, 2), (0, 8),
)  # fmt: skip

PCE_OF_FIVE_PAIRS = (
    (0, 4), (1, 2), (4, 4),
    (5, 4), (0, 4), (0, 4), (0, 2), (0, 3), (0, 4),  # all of them in front
    (0, 1), (0, 1), (0, 1),
    *[(1, 1), (0, 4)] * 5,
)  # fmt: skip


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        (bytes.fromhex("1210"), AudioInfo("mp4a.40.2", 44_100, 2, 2, 1024)),
        (bytes.fromhex("1190"), AudioInfo("mp4a.40.2", 48_000, 2, 2, 1024)),
        (bytes.fromhex("118856e500"), AudioInfo("mp4a.40.2", 48_000, 1, 1, 1024)),
        # Explicit: object type 5 or 29, with the output's rate after the core's.
        (
            aac((5, 5), (6, 4), (2, 4), (3, 4), (2, 5), (0, 3)),
            AudioInfo("mp4a.40.5", 48_000, 2, 2, 2048),
        ),
        (
            aac((29, 5), (7, 4), (1, 4), (4, 4), (2, 5), (0, 3)),
            AudioInfo("mp4a.40.29", 44_100, 2, 1, 2048),
        ),
        # Explicit and backward compatible: the sync extension after an LC configuration.
        (
            aac((2, 5), (7, 4), (2, 4), (0, 3), (0x2B7, 11), (5, 5), (1, 1), (4, 4)),
            AudioInfo("mp4a.40.5", 44_100, 2, 2, 2048),
        ),
        (
            aac(
                *((2, 5), (7, 4), (1, 4), (0, 3), (0x2B7, 11), (5, 5), (1, 1), (4, 4)),
                *((0x548, 11), (1, 1)),
            ),
            AudioInfo("mp4a.40.29", 44_100, 2, 1, 2048),
        ),
        # SBR at the core's own rate adds no samples.
        (
            aac((5, 5), (3, 4), (2, 4), (3, 4), (2, 5), (0, 3)),
            AudioInfo("mp4a.40.5", 48_000, 2, 2, 1024),
        ),
        (aac((2, 5), (4, 4), (2, 4), (1, 1), (0, 2)), AudioInfo("mp4a.40.2", 44_100, 2, 2, 960)),
        (
            aac((2, 5), (15, 4), (37_800, 24), (2, 4), (0, 3)),
            AudioInfo("mp4a.40.2", 37_800, 2, 2, 1024),
        ),
        (aac((2, 5), (4, 4), (6, 4), (0, 3)), AudioInfo("mp4a.40.2", 44_100, 6, 6, 1024)),
        (aac((2, 5), (4, 4), (7, 4), (0, 3)), AudioInfo("mp4a.40.2", 44_100, 8, 8, 1024)),
        (
            aac((2, 5), (4, 4), (2, 4), (0, 1), (1, 1), (9, 14), (0, 1)),
            AudioInfo("mp4a.40.2", 44_100, 2, 2, 1024),
        ),
        (aac((2, 5), (4, 4), (0, 4), (0, 3), *PCE), AudioInfo("mp4a.40.2", 44_100, 6, 6, 1024)),
    ],
)
def test_audio_configs(config: bytes, wanted: AudioInfo) -> None:
    assert parse_audio_specific_config(config) == wanted


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (b"", "cut short"),
        (b"\x12", "cut short"),
        (aac((31, 5), (4, 6), (4, 4), (2, 4), (0, 3)), "object type 36"),
        (aac((2, 5), (13, 4), (2, 4), (0, 3)), "sample rate index 13"),
        (aac((2, 5), (15, 4), (0, 24), (2, 4), (0, 3)), "sample rate of 0"),
        (aac((2, 5), (4, 4), (15, 4), (0, 3)), "channel layout 15"),
        (aac((5, 5), (6, 4), (2, 4), (0, 4), (2, 5), (0, 3)), "96000 Hz out of 24000"),
        (aac((2, 5), (4, 4), (0, 4), (0, 3)), "cut short"),
        (aac((2, 5), (4, 4), (0, 4), (0, 3), *PCE_OF_FIVE_PAIRS), "10 channels"),
        (bytes(MAX_AUDIO_CONFIG_BYTES + 1), "bytes"),
    ],
)
def test_bad_audio_configs_say_why(config: bytes, words: str) -> None:
    with pytest.raises(CodecError, match=words):
        parse_audio_specific_config(config)


def test_what_ffmpeg_encodes_lasts_as_long_as_it_says() -> None:
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 22_050, "mono", "fltp"
    encoder.flags |= 1 << 22  # AV_CODEC_FLAG_GLOBAL_HEADER
    encoder.open()
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
    frame.sample_rate = 22_050
    encoder.encode(frame)
    info = parse_audio_specific_config(bytes(encoder.extradata or b""))
    assert (info.sample_rate, info.channels) == (22_050, 1)
    assert info.samples_per_packet == encoder.frame_size
