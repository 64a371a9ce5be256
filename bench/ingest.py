"""CPU of ingest: our server and nginx with libnginx-mod-rtmp, each with the same publishers.

Both are pushed to at once, in one run, by ffmpeg from one file (3 Mbit/s, H.264 and AAC), and
both cut HLS. Prints each one's share of a core per stream, and the ratio.

    python -m bench.ingest [--publishers 12] [--seconds 30]
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil

SOURCE_S = 20
SETTLE_S = 8.0
HTTP, RTMP, NGINX_RTMP = 18_080, 19_350, 19_351
START_TIMEOUT_S = 20.0

NGINX_CONFIG = """
load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
daemon off;
master_process off;
worker_processes 1;
error_log {folder}/error.log warn;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
rtmp {{
  server {{
    listen 127.0.0.1:{port};
    chunk_size 4096;
    application live {{
      live on;
      hls on;
      hls_path {folder}/hls;
      hls_fragment 2s;
      hls_playlist_length 20s;
    }}
  }}
}}
"""


def main() -> None:
    """Run the comparison and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--publishers", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=30.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        source = make_source(folder)
        ours = stack.enter_context(running(serve_command(), serve_environment(folder)))
        nginx = stack.enter_context(running(nginx_command(folder)))
        urls = our_urls(asked.publishers)
        urls += [f"rtmp://127.0.0.1:{NGINX_RTMP}/live/s{n}" for n in range(asked.publishers)]
        pushes = [stack.enter_context(running(push_command(source, url))) for url in urls]
        time.sleep(SETTLE_S)
        shares = measure([ours, nginx], asked.seconds)
        assert all(push.poll() is None for push in pushes), "a publisher was dropped"
        live = httpx.get(f"http://127.0.0.1:{HTTP}/api/v1/streams?live=true&limit=100").json()
        assert len(live["items"]) == asked.publishers
        for name, share in zip(("bandstand", "nginx-rtmp"), shares, strict=True):
            print(f"{name:<12} {100 * share / asked.publishers:.2f} % of a core per stream")
        print(f"{'ratio':<12} {shares[0] / shares[1]:.2f} (ours to nginx-rtmp's)")


def make_source(folder: Path) -> Path:
    """Encode the file that every publisher loops over."""
    path = folder / "source.flv"
    picture = ["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30,noise=alls=12:allf=t"]
    tune = ["-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000"]
    rate = ["-b:v", "2900k", "-minrate", "2900k", "-maxrate", "2900k", "-bufsize", "2900k"]
    video = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "60", "-pix_fmt", "yuv420p", *rate]
    head = ["ffmpeg", "-hide_banner", "-v", "error", "-nostdin", "-y"]
    command = [*head, *picture, *tune, "-t", str(SOURCE_S), *video, "-c:a", "aac", str(path)]
    subprocess.run(command, check=True)
    return path


def push_command(source: Path, url: str) -> list[str]:
    """Push the file round and round in real time, as it is."""
    head = ["ffmpeg", "-hide_banner", "-v", "error", "-nostdin", "-re", "-stream_loop", "-1"]
    return [*head, "-i", str(source), "-c", "copy", "-f", "flv", url]


def serve_command() -> list[str]:
    """Our server, as it is deployed."""
    return [sys.executable, "-m", "server.cli", "serve"]


def serve_environment(folder: Path) -> dict[str, str]:
    """Keep the run to itself."""
    return {
        "BANDSTAND_DATA": str(folder / "data"),
        "BANDSTAND_HTTP": f"127.0.0.1:{HTTP}",
        "BANDSTAND_RTMP": f"127.0.0.1:{RTMP}",
    }


def nginx_command(folder: Path) -> list[str]:
    """The peer: one worker, with HLS output."""
    (folder / "hls").mkdir()
    config = folder / "nginx.conf"
    config.write_text(NGINX_CONFIG.format(folder=folder, port=NGINX_RTMP))
    return ["nginx", "-p", str(folder), "-c", str(config)]


def our_urls(count: int) -> list[str]:
    """Make an account and its streams once the server answers."""
    api = f"http://127.0.0.1:{HTTP}/api/v1"
    body = {"email": "bench@example.com", "password": "correct horse", "name": "Bench"}
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            answer = httpx.post(f"{api}/auth/register", json=body, timeout=START_TIMEOUT_S)
            break
        except httpx.ConnectError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    urls = []
    for number in range(count):
        title = {"title": f"Stream {number}"}
        made = httpx.post(f"{api}/streams", json=title, headers=headers).json()
        urls.append(f"{made['rtmp_url']}/{made['stream_key']}")
    return urls


def measure(processes: list["subprocess.Popen[bytes]"], seconds: float) -> list[float]:
    """Give each process' CPU time as a share of one core, over the same seconds."""
    watched = [psutil.Process(process.pid) for process in processes]
    before = [sum(process.cpu_times()[:2]) for process in watched]
    began = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    after = [sum(process.cpu_times()[:2]) for process in watched]
    return [(now - then) / took for now, then in zip(after, before, strict=True)]


@contextlib.contextmanager
def running(
    command: list[str], environment: dict[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a child for the length of the block."""
    env = None if environment is None else {**os.environ, **environment}
    process = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(START_TIMEOUT_S)


if __name__ == "__main__":
    main()
