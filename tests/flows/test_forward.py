"""A show is forwarded by a real server to real servers, and read there by real players."""

import json
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from support.encoders import ffmpeg_push, running, wait_until
from support.live_server import Account, Channel, LiveServer, live_server

from media.rtmp import PublishRequested, RtmpConnection

PUSH_SECONDS = 120  # longer than any of this lasts: the encoder is ended by the test
PROBE_TIMEOUT_S = 30
NGINX_MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
NGINX_CONFIG = """
load_module {module};
daemon off;
master_process off;
error_log {folder}/error.log info;
pid {folder}/nginx.pid;
events {{ worker_connections 64; }}
rtmp {{ server {{ listen 127.0.0.1:{port}; application live {{ live on; }} }} }}
"""


def codecs_at(url: str) -> set[tuple[str, int]]:
    """What ffprobe finds, as (codec, width or sample rate)."""
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", url]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=False
    )
    assert done.returncode == 0, done.stderr
    return {
        (each["codec_name"], int(each.get("width") or each["sample_rate"]))
        for each in json.loads(done.stdout)["streams"]
    }


PICTURE_AND_SOUND = {("h264", 640), ("aac", 48_000)}


class Forwarded:
    """A stream of ours with its forwards."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self.ada: Account = server.register("Ada")
        self.channel: Channel = server.make_stream(self.ada)
        self.path = f"/api/v1/streams/{self.channel.id}/forwards"

    def add(self, url: str, key: str) -> str:
        body = {"url": url, "key": key}
        answer = self.server.call("POST", self.path, token=self.ada.token, body=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def view(self, forward_id: str) -> dict[str, Any]:
        path = f"{self.path}/{forward_id}"
        view: dict[str, Any] = self.server.call("GET", path, token=self.ada.token).json()
        return view

    def wait_for(self, forward_id: str, *states: str) -> dict[str, Any]:
        wait_until(lambda: self.view(forward_id)["state"] in states, " or ".join(states))
        return self.view(forward_id)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def nginx_rtmp(folder: Path, port: int) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    config = folder / "nginx.conf"
    config.write_text(NGINX_CONFIG.format(module=NGINX_MODULE, folder=folder, port=port))
    with running(["nginx", "-p", str(folder), "-c", str(config)]):
        wait_until(lambda: accepts(port), "nginx listens")
        yield


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def deaf_server() -> Iterator[int]:
    """A server that takes a show, and then never reads it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: list[socket.socket] = []

        def serve() -> None:
            with suppress(OSError):  # closed: the test is over
                while True:
                    connection, _ = listener.accept()
                    taken.append(connection)
                    take_show(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        for connection in taken:
            connection.close()


def take_show(connection: socket.socket) -> None:
    rtmp = RtmpConnection()
    asked = False
    while not asked and (data := connection.recv(4096)):
        rtmp.receive_data(data)
        while (event := rtmp.next_event()) is not None:
            if isinstance(event, PublishRequested):
                rtmp.accept_publish()
                asked = True
                break
        connection.sendall(rtmp.data_to_send())


@pytest.mark.ffmpeg
def test_another_bandstand_takes_the_show_and_takes_it_again(
    server: LiveServer, tmp_path: Path
) -> None:
    forwarded = Forwarded(server)
    with live_server(tmp_path / "second") as second:
        target = second.make_stream(second.register("Ben"))
        url, _, key = target.push_url.rpartition("/")
        good = forwarded.add(url, key)
        bad = forwarded.add(url, "not-a-key")
        with running(ffmpeg_push(forwarded.channel.push_url, PUSH_SECONDS, gop_frames=25)):
            second.wait_live(target)
            wait_until(lambda: b"avc1" in httpx.get(target.hls_url).content, "it can be played")
            assert codecs_at(target.hls_url) == PICTURE_AND_SOUND
            refused = forwarded.wait_for(bad, "refused")
            assert "Unknown stream key" in refused["error"]
            second.kill()
            lost = forwarded.wait_for(good, "retrying")
            assert lost["error"]
            second.start()
            second.wait_live(target)
            back = forwarded.wait_for(good, "live")
            assert (back["reconnects"], back["error"]) == (1, None)
            server.call(
                "POST",
                f"/api/v1/streams/{forwarded.channel.id}/stop",
                token=forwarded.ada.token,
            )
            wait_until(lambda: second.status(target) == "ended", "the end is told, and no drop")
    assert not any(key in line for line in server.log)


@pytest.mark.ffmpeg
def test_nginx_rtmp_takes_the_show(server: LiveServer, tmp_path: Path) -> None:
    if not NGINX_MODULE.exists() or shutil.which("nginx") is None:
        pytest.skip("nginx with its RTMP module not found: apt install libnginx-mod-rtmp")
    forwarded, port = Forwarded(server), free_port()
    url = f"rtmp://127.0.0.1:{port}/live"
    with (
        nginx_rtmp(tmp_path / "nginx", port),
        running(ffmpeg_push(forwarded.channel.push_url, PUSH_SECONDS, gop_frames=25)),
    ):
        forward = forwarded.add(url, "evening")
        forwarded.wait_for(forward, "live")
        assert codecs_at(f"{url}/evening") == PICTURE_AND_SOUND


@pytest.mark.ffmpeg
def test_a_deaf_target_disturbs_nobody(server: LiveServer) -> None:
    forwarded = Forwarded(server)

    def newest_segment() -> int:
        listed = httpx.get(forwarded.channel.hls_url)
        media = urljoin(forwarded.channel.hls_url, re.findall(r"^[^#].*$", listed.text, re.M)[0])
        return max(map(int, re.findall(r"seg-(\d+)", httpx.get(media).text)))

    with deaf_server() as port:
        forward = forwarded.add(f"rtmp://127.0.0.1:{port}/live", "evening")
        with running(ffmpeg_push(forwarded.channel.push_url, PUSH_SECONDS, gop_frames=25)):
            forwarded.wait_for(forward, "live")
            server.wait_live(forwarded.channel)
            wait_until(
                lambda: b"avc1" in httpx.get(forwarded.channel.hls_url).content, "it can be played"
            )
            before = newest_segment()
            wait_until(lambda: newest_segment() >= before + 3, "the show goes on")
            assert codecs_at(forwarded.channel.hls_url) == PICTURE_AND_SOUND
