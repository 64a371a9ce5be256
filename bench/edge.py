"""The HLS edge beside nginx: the same playlist and the same segment, in one run.

Run ``python bench/edge.py`` where nginx and wrk are installed. It prints requests per second of
both, by the clock and by the server's own CPU time (which other load on the machine disturbs less),
and their ratios: the aim is 0.7 or better. Each server is one process on loopback.
"""

import argparse
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil
import trio

from actors.ids import new_id
from actors.stream import Board
from media.hls import Window
from server.clock import SystemClock
from server.door import Door, PrependedStream, RequestHead
from server.edge import HlsEdge, Sessions, TicketedSessions

RUN_S = 5
START_TIMEOUT_S = 5
START_POLL_S = 0.05
CONNECTIONS_COUNT = 32
PLAYLIST_BYTES = 2 * 1024
SEGMENT_BYTES = 1024 * 1024
PLAYLIST = b"#EXTM3U\n".ljust(PLAYLIST_BYTES, b"#")
SEGMENT = bytes(SEGMENT_BYTES)
NGINX_CONF = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    types {{ application/vnd.apple.mpegurl m3u8; video/mp4 m4s; }}
    sendfile on;
    tcp_nodelay on;
    keepalive_requests 100000000;
    open_file_cache max=100;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/files;
        add_header Access-Control-Allow-Origin *;
        add_header Cache-Control max-age=3;
    }}
}}
"""


async def serve() -> None:
    """Serve one stream, and print the port and both paths."""
    board, sessions = Board(), Sessions(b"k" * 32)
    stream_id, show_id = new_id("str"), new_id("shw")
    window = Window(
        show_id=show_id,
        renditions=MappingProxyType({}),
        target_duration_s=6,
        last_msn=1,
        ended=False,
        playlists=MappingProxyType({"video": PLAYLIST}),
        media=MappingProxyType({"video/seg-1.m4s": SEGMENT}),
        index="",
    )
    board.open(stream_id).window.publish(window)
    ticketed_sessions = TicketedSessions(b"k" * 32, SystemClock(), per_licence=3)

    async def gateway(stream: PrependedStream, head: RequestHead) -> None:
        return None

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for _ in ("startup", "shutdown"):
            await send({"type": f"{(await receive())['type']}.complete"})

    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    edge = HlsEdge(board, sessions, ticketed_sessions)
    door = Door(listeners, edge=edge, gateway=gateway, app=app)
    async with trio.open_nursery() as nursery:
        await nursery.start(door.run)
        folder = f"/live/{stream_id}/{show_id}"
        print(listeners[0].socket.getsockname()[1])
        print(f"{folder}/~{sessions.new(stream_id)}/video/media.m3u8")
        print(f"{folder}/video/seg-1.m4s", flush=True)


@contextmanager
def running_edge() -> Iterator[tuple[int, list[str]]]:
    """Run our edge; gives its process id, and the URLs of playlist and segment."""
    with subprocess.Popen(
        [sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port, *paths = (process.stdout.readline().strip() for _ in range(3))
        try:
            yield process.pid, [f"http://127.0.0.1:{port}{path}" for path in paths]
        finally:
            process.kill()


@contextmanager
def running_nginx(port: int) -> Iterator[tuple[int, list[str]]]:
    """Run nginx; gives its process id, and the URLs of playlist and segment."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        files = Path(folder, "files")
        files.mkdir()
        Path(files, "media.m3u8").write_bytes(PLAYLIST)
        Path(files, "seg-1.m4s").write_bytes(SEGMENT)
        conf = Path(folder, "nginx.conf")
        conf.write_text(NGINX_CONF.format(folder=folder, port=port))
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        with subprocess.Popen([nginx, "-p", folder, "-c", conf]) as process:
            try:
                wait_for_listener(port)
                names = ("media.m3u8", "seg-1.m4s")
                yield process.pid, [f"http://127.0.0.1:{port}/{name}" for name in names]
            finally:
                process.terminate()


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_for_listener(port: int) -> None:
    """Try to connect until it succeeds: nginx says nothing when it is ready."""
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(START_POLL_S)
        else:
            return


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests per second of the clock, and per second of the server's CPU time."""

    clock: float
    cpu: float


def cpu_time_s(pid: int) -> float:
    """CPU time of a process and its children (nginx works in a child)."""
    process = psutil.Process(pid)
    times = [each.cpu_times() for each in (process, *process.children())]
    return sum(each.user + each.system for each in times)


def load(pid: int, url: str) -> Rates:
    """Load one URL with wrk."""
    before_s = cpu_time_s(pid)
    command = ["wrk", "-t1", f"-c{CONNECTIONS_COUNT}", f"-d{RUN_S}s", url]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    spent_s = cpu_time_s(pid) - before_s
    if "Non-2xx" in report:
        sys.exit(f"{url} does not answer 200:\n{report}")
    found = re.search(r"(\d+) requests in [\s\S]+Requests/sec:\s+([\d.]+)", report)
    assert found is not None, report
    return Rates(clock=float(found[2]), cpu=int(found[1]) / spent_s)


def main() -> None:
    """Measure both servers, one after the other, and print a line for each file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true", help="only serve (used by itself)")
    arguments = parser.parse_args()
    if arguments.serve:
        trio.run(serve)
        return
    with running_edge() as (our_pid, ours), running_nginx(free_port()) as (pid, theirs):
        for name, our_url, their_url in zip(("playlist", "segment"), ours, theirs, strict=True):
            nginx, edge = load(pid, their_url), load(our_pid, our_url)
            print(
                f"{name}: edge {edge.clock:,.0f}/s, nginx {nginx.clock:,.0f}/s, "
                f"ratio {edge.clock / nginx.clock:.2f}; by CPU time edge {edge.cpu:,.0f}/s, "
                f"nginx {nginx.cpu:,.0f}/s, ratio {edge.cpu / nginx.cpu:.2f}"
            )


if __name__ == "__main__":
    main()
