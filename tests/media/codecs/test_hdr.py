"""What real encoders write of HDR reaches EXT-X-STREAM-INF's VIDEO-RANGE."""

import io
from fractions import Fraction

import av
import pytest
from support import coded
from support.shows import read_flv

from media.codecs import read_video_config
from media.frames import VideoConfig

PQ, HLG, BT_2020 = 16, 18, 9
SIZE = (322, 182)
X265 = {"preset": "medium", "x265-params": "log-level=none:pools=1:bframes=4:scaling-list=default"}
LAYERED = {**X265, "x265-params": X265["x265-params"] + ":temporal-layers=3"}
SVT_AV1 = coded.VIDEO_ENCODERS["av1"][1]


def first_config(encoder: str, options: dict[str, str], transfer: int) -> VideoConfig:
    target = io.BytesIO()
    with av.open(target, "w", format="flv") as output:
        stream = output.add_stream(encoder, rate=Fraction(30_000, 1001), options=dict(options))
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p10le"
        context = stream.codec_context
        context.color_primaries, context.color_trc, context.colorspace = BT_2020, transfer, BT_2020
        for number in range(6):
            picture = av.VideoFrame(*SIZE, "yuv420p10le")
            picture.pts, picture.time_base = number, Fraction(1001, 30_000)
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    config = read_flv(target.getvalue())[0]
    assert isinstance(config, VideoConfig)
    return config


@pytest.mark.parametrize(("transfer", "wanted"), [(PQ, "PQ"), (HLG, "HLG")])
@pytest.mark.parametrize(
    ("encoder", "options", "codec"),
    [
        ("libx265", X265, "hvc1.2.4.L60.90"),
        ("libx265", LAYERED, "hvc1.2.4.L60.90"),
        ("libsvtav1", SVT_AV1, "av01.0.00M.10.0.110.09.{}.09.0"),
    ],
)
def test_ten_bits_of_bt_2020(
    encoder: str, options: dict[str, str], codec: str, transfer: int, wanted: str
) -> None:
    info = read_video_config(first_config(encoder, options, transfer))
    assert (info.width, info.height, info.video_range) == (*SIZE, wanted)
    assert info.codec == codec.format(transfer)
    if encoder == "libx265":
        assert info.fps == pytest.approx(29.97, abs=0.01)
