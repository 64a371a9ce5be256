"""A show that the segmenter cut, fetched through the edge the way a player does, and decoded."""

import io
import math
from typing import Any
from urllib.parse import urljoin

import av
import numpy as np

from media.frames import AudioConfig, AudioFrame, Codec, Frame
from media.hls import Segmenter

STREAM = "str_01JD0000000000000000000000"
RATE = 48_000
SECONDS = 12


def encode_tone() -> list[Frame]:
    """Some seconds of a tone, as the AAC frames that an encoder would push."""
    target = io.BytesIO()
    with av.open(target, "w", format="flv") as output:
        sounds = output.add_stream("aac", rate=RATE)
        sounds.layout = "mono"
        for second in range(SECONDS):
            times = np.arange(second * RATE, (second + 1) * RATE) / RATE
            wave = (0.3 * np.sin(2 * math.pi * 440 * times)).astype(np.float32)
            sound = av.AudioFrame.from_ndarray(wave[np.newaxis], "fltp", "mono")
            sound.sample_rate, sound.pts = RATE, second * RATE
            output.mux(sounds.encode(sound))
        output.mux(sounds.encode(None))
    target.seek(0)
    with av.open(target) as source:
        frames: list[Frame] = [
            AudioConfig(Codec.AAC, bytes(source.streams.audio[0].codec_context.extradata or b""))
        ]
        for packet in source.demux():
            if packet.dts is not None and packet.time_base is not None:
                frames.append(
                    AudioFrame(round(packet.dts * packet.time_base * 1000), bytes(packet))
                )
    return frames


def uris(playlist: str) -> list[str]:
    return [line for line in playlist.splitlines() if line and not line.startswith("#")]


async def test_a_player_plays_the_show(open_stage: Any) -> None:
    segmenter = Segmenter("shw_01JD0000000000000000000001")
    segmenter.push(encode_tone(), now_ms=1_700_000_000_000)
    segmenter.end()
    async with open_stage() as stage:
        stage.window.publish(segmenter.window())
        index = await stage.http.get(f"/live/{STREAM}/index.m3u8")
        playlist_url = urljoin(str(index.url), uris(index.text)[-1])
        playlist = await stage.http.get(playlist_url)
        assert playlist.text.endswith("#EXT-X-ENDLIST\n")
        assert stage.sessions.count(STREAM) == 1
        init = playlist.text.partition('#EXT-X-MAP:URI="')[2].partition('"')[0]
        names = [init, *uris(playlist.text)]
        assert len(names) > 2
        files = [await stage.http.get(urljoin(playlist_url, name)) for name in names]
    assert {answer.status_code for answer in files} == {200}
    assert {answer.headers["content-type"] for answer in files} == {"audio/mp4"}
    with av.open(io.BytesIO(b"".join(answer.content for answer in files))) as show:
        heard = sum(frame.samples for frame in show.decode(audio=0))
    assert abs(heard / RATE - SECONDS) < 0.1
