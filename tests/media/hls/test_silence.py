import av
import numpy as np
import pytest

from media.hls.silence import silent_aac_frame

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
