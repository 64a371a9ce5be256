import av
import numpy as np
import pytest
from support.coded import coded_frames

from media.codecs import packet_samples, read_audio_config
from media.frames import AudioConfig, AudioFrame
from media.hls.silence import silent_aac_frame, silent_packet

# AudioSpecificConfig of AAC-LC at 48 kHz with each channel configuration.
CONFIGS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 8: 7}


@pytest.mark.parametrize(("channels", "layout"), CONFIGS.items())
def test_it_decodes_to_silence(channels, layout):
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = (2 << 11 | 3 << 7 | layout << 3).to_bytes(2, "big")
    frame = silent_aac_frame(channels)
    decoded = [out for _ in range(4) for out in decoder.decode(av.Packet(frame))]
    assert len(decoded) >= 3
    for out in decoded:
        assert out.samples == 1024
        assert out.layout.nb_channels == channels
        # PyAV counts a ninth plane behind eight, so each is read by itself.
        for plane in out.planes[:channels]:
            assert not np.frombuffer(plane, np.float32).any()


OTHERS = [
    ("opus", "mono"), ("opus", "stereo"), ("opus", "5.1"), ("flac", "mono"), ("flac", "stereo"),
    ("flac", "5.1"), ("mp3", "mono"), ("mp3", "stereo"), ("ac3", "mono"), ("ac3", "stereo"),
    ("ac3", "5.1(side)"), ("eac3", "stereo"), ("eac3", "5.1(side)"),
]  # fmt: skip


@pytest.mark.parametrize(("codec", "layout"), OTHERS)
def test_a_tone_goes_silent_and_comes_back(codec, layout):
    """Silent packets among real ones decode without an error, to as much silence as they say."""
    config, *frames = coded_frames(None, codec, 1, layout=layout)
    assert isinstance(config, AudioConfig)
    info = read_audio_config(config)
    silence = silent_packet(config, info)
    packets = [frame.data for frame in frames if isinstance(frame, AudioFrame)][:10]
    decoder = av.CodecContext.create(codec, "r")
    if codec in ("opus", "flac"):
        decoder.extradata = config.record
        decoder.sample_rate, decoder.layout = info.sample_rate, layout
    quiet = 24
    played = [
        out
        for packet in [*packets, *[silence] * quiet, *packets]
        for out in decoder.decode(av.Packet(packet))
    ]
    assert {out.layout.nb_channels for out in played} == {info.channels}
    sound = np.concatenate([out.to_ndarray().astype(float).reshape(-1) for out in played])
    lasting = quiet * packet_samples(config.codec, silence) * info.channels
    middle = sound[(len(sound) - lasting) // 2 :][:lasting]
    loudest = np.abs(sound).max()
    assert loudest > 0
    # Overlapping windows and the way back into the tone take a packet or two.
    assert np.abs(middle[lasting // 3 : 2 * lasting // 3]).max() < loudest / 1000
    assert np.abs(sound[-lasting // 4 :]).max() > loudest / 2
