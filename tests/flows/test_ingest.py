"""Real encoders push, real players read."""

import json
import re
import ssl
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import httpx
import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from support.certificates import write_certificate
from support.encoders import ffmpeg_push, gstreamer_push, running, wait_until
from support.live_server import LiveServer, live_server

READ_SECONDS = 30
RUN_TIMEOUT_S = 90
# FFmpeg 5 reads the same EXT-X-MAP anew at each reload of a live playlist, its own ones too.
REREADS = re.compile(r"\[mov.*Found duplicated MOOV Atom\. Skipped it\n( *Last message rep.*\n)?")


def ffmpeg_read(url: str, seconds: int) -> list[str]:
    head = ["ffmpeg", "-hide_banner", "-nostdin", "-v", "warning", "-i", url]
    # In the show's own time base: in frames of 1/25 s, two of a late encoder would round to one.
    return [*head, "-t", str(seconds), "-enc_time_base", "-1", "-f", "null", "-"]


def read_by_ffmpeg(url: str, seconds: int) -> str:
    """Decode so many seconds of the stream; gives all that ffmpeg had to warn of."""
    done = run(ffmpeg_read(url, seconds))
    assert done.returncode == 0
    return warnings_in(done.stdout + done.stderr)


def warnings_in(said: str) -> str:
    return REREADS.sub("", said)


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, timeout=RUN_TIMEOUT_S, check=False
    )


def probe(url: str) -> list[dict[str, object]]:
    command = ["ffprobe", "-v", "warning", "-show_streams", "-of", "json", url]
    done = run(command)
    assert (done.returncode, done.stderr) == (0, "")
    streams: list[dict[str, object]] = json.loads(done.stdout)["streams"]
    return streams


@pytest.mark.ffmpeg
def test_ffmpeg_pushes_and_ffmpeg_reads_without_a_warning(server: LiveServer) -> None:
    """A show with a picture and one of sound alone, side by side, for 30 s."""
    ada = server.register("Ada")
    picture, sound = server.make_stream(ada, "Picture"), server.make_stream(ada, "Sound")
    seconds = READ_SECONDS + 20
    with (
        running(ffmpeg_push(picture.push_url, seconds)),
        running(ffmpeg_push(sound.push_url, seconds, video=False)),
    ):
        server.wait_live(picture)
        server.wait_live(sound)
        with running(ffmpeg_read(sound.hls_url, READ_SECONDS)) as listener:
            assert read_by_ffmpeg(picture.hls_url, READ_SECONDS) == ""
            said, _ = listener.communicate(timeout=RUN_TIMEOUT_S)
            assert warnings_in(said) == ""
            assert listener.returncode == 0
        codecs = {stream["codec_name"]: stream for stream in probe(picture.hls_url)}
        assert (codecs["h264"]["width"], codecs["h264"]["height"]) == (640, 360)
        assert codecs["aac"]["sample_rate"] == "48000"
        assert {stream["codec_name"] for stream in probe(sound.hls_url)} == {"aac"}


@pytest.mark.ffmpeg
@pytest.mark.gstreamer
def test_gstreamer_pushes(server: LiveServer) -> None:
    channel = server.make_stream(server.register("Ada"))
    with running(gstreamer_push(channel.push_url, 20)):
        server.wait_live(channel)
        assert read_by_ffmpeg(channel.hls_url, 8) == ""
        assert {stream["codec_name"] for stream in probe(channel.hls_url)} == {"h264", "aac"}


def push_by_pyav(url: str, seconds: int, until: Callable[[], bool]) -> None:
    """Encode and push as fast as the server takes it."""
    with av.open(url, "w", format="flv") as output:
        video = output.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        video.options = {"preset": "ultrafast", "tune": "zerolatency"}
        video.codec_context.gop_size = 50
        audio = output.add_stream("aac", rate=48_000)
        for number in range(25 * seconds):
            picture = av.VideoFrame(320, 180, "yuv420p")
            for plane in picture.planes:
                plane.update(bytes([number % 250]) * plane.buffer_size)
            picture.pts, picture.time_base = number, Fraction(1, 25)
            output.mux(video.encode(picture))
            sound = av.AudioFrame(format="fltp", layout="stereo", samples=1920)
            for plane in sound.planes:
                plane.update(bytes(plane.buffer_size))
            sound.sample_rate, sound.pts, sound.time_base = (
                48_000,
                1920 * number,
                Fraction(1, 48_000),
            )
            output.mux(audio.encode(sound))
        wait_until(until, "the show is seen")


@pytest.mark.ffmpeg
def test_pyav_pushes(server: LiveServer) -> None:
    channel = server.make_stream(server.register("Ada"))

    def seen() -> bool:
        return server.status(channel) == "live" and b"avc1" in httpx.get(channel.hls_url).content

    push_by_pyav(channel.push_url, 12, seen)
    wait_until(lambda: server.status(channel) == "ended", "PyAV said goodbye")
    # A show that has ended stays readable to its end.
    streams = {stream["codec_name"]: stream for stream in probe(channel.hls_url)}
    assert (streams["h264"]["width"], streams["h264"]["height"]) == (320, 180)
    assert "aac" in streams


@pytest.mark.ffmpeg
def test_the_encoder_is_told_in_words_why_it_is_refused(server: LiveServer) -> None:
    channel = server.make_stream(server.register("Ada"))
    wrong = channel.push_url[:-4] + "0000"
    done = run(ffmpeg_push(wrong, 5))
    assert done.returncode != 0
    assert "Unknown stream key" in done.stderr

    with running(ffmpeg_push(channel.push_url, 30)):
        server.wait_live(channel)
        second = run(ffmpeg_push(channel.push_url, 5))
        assert second.returncode != 0
        assert "already live" in second.stderr
        assert server.status(channel) == "live"


@pytest.mark.ffmpeg
def test_the_end_and_the_drop_of_a_show(server: LiveServer) -> None:
    ada = server.register("Ada")
    ended, dropped = server.make_stream(ada, "Ended"), server.make_stream(ada, "Dropped")
    with running(ffmpeg_push(dropped.push_url, 60)) as encoder:
        with running(ffmpeg_push(ended.push_url, 6)) as polite:
            assert polite.wait(60) == 0
        wait_until(lambda: server.status(ended) == "ended", "a goodbye ends the show")
        playlist = _media_playlist(ended.hls_url)
        assert playlist.rstrip().endswith("#EXT-X-ENDLIST")
        server.wait_live(dropped)
        encoder.kill()
        wait_until(lambda: server.status(dropped) == "interrupted", "a drop interrupts the show")
    with running(ffmpeg_push(dropped.push_url, 30)):
        server.wait_live(dropped)
        wait_until(
            lambda: "#EXT-X-DISCONTINUITY\n" in _media_playlist(dropped.hls_url), "it goes on"
        )
        after = _media_playlist(dropped.hls_url)
        assert "#EXT-X-ENDLIST" not in after
        assert after.count("#EXT-X-DISCONTINUITY\n") == 1


def _media_playlist(url: str) -> str:
    """The first variant's media playlist, as a player finds it."""
    master = httpx.get(url)
    assert master.status_code == 200, master.text
    first = next(line for line in master.text.splitlines() if not line.startswith("#"))
    return httpx.get(str(httpx.URL(url).join(first))).text


@pytest.mark.ffmpeg
def test_ffmpeg_pushes_over_tls_while_the_certificate_is_renewed(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    write_certificate(cert, key, "first.example")
    settings = {"RTMPS": "127.0.0.1:0", "TLS_CERT": str(cert), "TLS_KEY": str(key)}
    with live_server(
        tmp_path / "data", **{f"BANDSTAND_{name}": value for name, value in settings.items()}
    ) as server:
        rtmps = server.events("listening")[0]["rtmps"]
        channel = server.make_stream(server.register("Ada"))
        url = channel.push_url.replace(f"rtmp://{server.rtmp}", f"rtmps://{rtmps}")
        assert url.startswith("rtmps:")
        with running(ffmpeg_push(url, 12)):
            server.wait_live(channel)
            write_certificate(cert, key, "second.example")
            pem = ssl.get_server_certificate(host_and_port(rtmps))
            assert common_name(pem) == "second.example"
            assert read_by_ffmpeg(channel.hls_url, 5) == ""


def host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


def common_name(pem: str) -> str:
    subject = x509.load_pem_x509_certificate(pem.encode()).subject
    return str(subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
