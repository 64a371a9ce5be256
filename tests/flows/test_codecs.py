"""Each codec from an encoder to a listener: pushed over RTMP, read by ffprobe and by a browser."""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import httpx
import pytest
from playwright.sync_api import Page
from support.browser import chromium
from support.coded import SIZE, write_show
from support.encoders import H264, PICTURE, TUNE, running, wait_until
from support.live_server import Account, LiveServer, live_server

SHOW_SECONDS = 4
PICTURES = 25 * SHOW_SECONDS
PLAY_DEADLINE_MS = 10_000
RUN_TIMEOUT_S = 60
END_TIMEOUT_S = 20
X265 = {"preset": "ultrafast", "x265-params": "log-level=none:pools=1"}

# Plays an address with the server's own hls.js until the sound or picture has moved on, or failed.
PLAY = """async ([url, module, deadlineMs]) => {
  const { default: Hls } = await import(module);
  const video = document.createElement("video");
  video.muted = true;
  document.body.replaceChildren(video);
  const workerPath = new URL("hls.worker.js", new URL(module, location.href)).href;
  const hls = new Hls({ workerPath });
  const outcome = await new Promise((resolve) => {
    hls.on(Hls.Events.ERROR, (_, data) => data.fatal && resolve(data.details));
    video.addEventListener("timeupdate", () => video.currentTime > 0.5 && resolve("plays"));
    setTimeout(() => resolve("stalls"), deadlineMs);
    hls.loadSource(url);
    hls.attachMedia(video);
    video.play().catch(() => undefined);
  });
  const { currentTime, videoWidth, webkitAudioDecodedByteCount } = video;
  hls.destroy();
  return { outcome, at: currentTime, width: videoWidth, sound: webkitAudioDecodedByteCount > 0 };
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("codecs")) as server:
        yield server


@pytest.fixture(scope="module")
def ada(server: LiveServer) -> Account:
    return server.register("Ada")


@dataclass(frozen=True)
class Listener:
    """A browser's page on the server, and where its hls.js is."""

    page: Page
    module: str

    def play(self, url: str) -> dict[str, Any]:
        heard: dict[str, Any] = self.page.evaluate(PLAY, [url, self.module, PLAY_DEADLINE_MS])
        return heard


@pytest.fixture(scope="module")
def listener(server: LiveServer) -> Iterator[Listener]:
    with chromium() as browser:
        page = browser.new_page()
        page.goto(server.url)
        module = re.search(r"/[^\"']*hls\.min[^\"']*\.mjs", page.content())
        assert module is not None, "the page names its hls.js"
        yield Listener(page, module[0])


def push(server: LiveServer, ada: Account, video: str | None, audio: str | None) -> str:
    """A whole show by FFmpeg's RTMP, as fast as it is taken; the address of its playlist."""
    channel = server.make_stream(ada, f"{video} {audio}")
    write_show(channel.push_url, video, audio, SHOW_SECONDS)
    wait_until(lambda: server.status(channel) == "ended", "the show is over", END_TIMEOUT_S)
    return channel.hls_url


def probe(url: str) -> dict[str, dict[str, Any]]:
    """What ffprobe finds, by codec."""
    entries = "stream=codec_name,width,height,sample_rate,channels,nb_read_packets"
    command = ["ffprobe", "-v", "warning", "-count_packets", "-show_entries", entries]
    done = subprocess.run(
        [*command, "-of", "json", url],
        capture_output=True,
        text=True,
        timeout=RUN_TIMEOUT_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return {stream["codec_name"]: stream for stream in json.loads(done.stdout)["streams"]}


# Packets of each sound codec in a second at 48 kHz.
PACKETS = {"aac": 48_000 / 1024, "opus": 50, "flac": 48_000 / 4608, "ac3": 31.25, "eac3": 31.25,
           "mp3": 48_000 / 1152}  # fmt: skip


@pytest.mark.ffmpeg
@pytest.mark.chromium
@pytest.mark.parametrize(
    ("video", "audio", "codecs", "plays", "picture", "sound"),
    [
        ("h264", "aac", "avc1.42C00A,mp4a.40.2", "plays", True, True),
        ("av1", "opus", "av01.0.00M.08,Opus", "plays", True, True),
        ("vp9", "flac", "vp09.00.10.08,fLaC", "plays", True, True),
        (None, "opus", "Opus", "plays", False, True),
        # Sound alone: Chromium has no HEVC without hardware, and hls.js takes the sound's variant.
        ("hevc", "aac", "hvc1.1.6.L30.90,mp4a.40.2", "plays", False, True),
        # A silent picture: no MP3 in fragmented MP4 by Media Source Extensions.
        ("h264", "mp3", "avc1.42C00A,mp4a.40.34", "plays", True, False),
        (None, "mp3", "mp4a.40.34", "mediaSourceRequiresReset", False, False),
        ("h264", "ac3", "avc1.42C00A,ac-3", "manifestIncompatibleCodecsError", False, False),
        ("h264", "eac3", "avc1.42C00A,ec-3", "manifestIncompatibleCodecsError", False, False),
    ],
)
def test_from_encoder_to_listener(
    server: LiveServer, ada: Account, listener: Listener, video: str | None, audio: str,
    codecs: str, plays: str, picture: bool, sound: bool,
) -> None:  # fmt: skip
    url = push(server, ada, video, audio)
    assert f'CODECS="{codecs}"' in httpx.get(url).text

    found = probe(url)
    assert set(found) == {codec for codec in (video, audio) if codec}
    if video is not None:
        shown = found[video]
        assert (shown["width"], shown["height"]) == SIZE
        assert int(shown["nb_read_packets"]) == PICTURES
    assert (found[audio]["sample_rate"], found[audio]["channels"]) == ("48000", 2)
    packets = int(found[audio]["nb_read_packets"])
    assert packets == pytest.approx(PACKETS[audio] * SHOW_SECONDS, abs=4)

    heard = listener.play(url)
    assert (heard["outcome"], heard["width"] > 0, heard["sound"]) == (plays, picture, sound)
    assert (heard["at"] > 0.5) == (plays == "plays")


@pytest.mark.ffmpeg
def test_the_ffmpeg_program_pushes_mp3_the_old_way(server: LiveServer, ada: Account) -> None:
    channel = server.make_stream(ada, "Old")
    command = ["ffmpeg", "-v", "error", "-nostdin", *PICTURE, *TUNE, "-t", str(SHOW_SECONDS)]
    command += [*H264, "-g", "25", "-c:a", "libmp3lame", "-ar", "44100", "-f", "flv"]
    with running([*command, channel.push_url]) as encoder:
        assert encoder.wait(RUN_TIMEOUT_S) == 0
    wait_until(lambda: server.status(channel) == "ended", "the show is over", END_TIMEOUT_S)
    found = probe(channel.hls_url)
    assert set(found) == {"h264", "mp3"}
    assert found["mp3"]["sample_rate"] == "44100"


def push_two_of_each(url: str) -> None:
    """HEVC and Opus twice, the second ones as tracks beside the first."""
    with av.open(url, "w", format="flv") as output:
        sizes = (SIZE, (64, 48))
        pictures = [output.add_stream("libx265", rate=25, options=X265) for _ in sizes]
        for stream, (width, height) in zip(pictures, sizes, strict=True):
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.codec_context.gop_size = 25
        sounds = [output.add_stream("libopus", rate=48_000, layout="stereo") for _ in range(2)]
        for number in range(PICTURES):
            for stream in pictures:
                picture = av.VideoFrame(stream.width, stream.height, "yuv420p")
                picture.pts, picture.time_base = number, Fraction(1, 25)
                output.mux(stream.encode(picture))
            for stream in sounds:
                sound = av.AudioFrame("flt", "stereo", 1920)
                sound.sample_rate, sound.pts = 48_000, 1920 * number
                sound.time_base = Fraction(1, 48_000)
                output.mux(stream.encode(sound))
        for stream in (*pictures, *sounds):
            output.mux(stream.encode(None))


@pytest.mark.ffmpeg
def test_of_several_tracks_the_first_ones_are_played(server: LiveServer, ada: Account) -> None:
    channel = server.make_stream(ada, "Two of each")
    push_two_of_each(channel.push_url)
    wait_until(lambda: server.status(channel) == "ended", "the show is over", END_TIMEOUT_S)
    found = probe(channel.hls_url)
    assert (found["hevc"]["width"], found["hevc"]["nb_read_packets"]) == (SIZE[0], str(PICTURES))
    assert set(found) == {"hevc", "opus"}
    passed_over = server.events("rtmp_track_passed_over")
    assert sorted((event["media"], event["track"]) for event in passed_over) == [
        ("audio", 1),
        ("video", 1),
    ]
