"""The servers that a fan-out compares, each a process that says what it is told to say.

Those of our own print their port and then read lines from stdin: how many messages to say at once.
nginx has its messages over HTTP. CPU and memory are read from the system, from outside.
"""

import http.client
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.chat.members import ROOM

MAX_MEMBERS = 10_000
CONTENT = "x" * 200
MESSAGE = json.dumps([{"push": "message", "room": ROOM, "offset": 1, "message": {
    "id": "msg_" + "0" * 26, "offset": 1, "user": {"id": "usr_1", "name": "Somebody"},
    "content": CONTENT, "at": "2025-01-01T00:00:00.000Z"}}])  # fmt: skip
"""What ours sends, for the others to send."""
NCHAN_MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
NCHAN_CONFIG = """
load_module {module};
daemon off;
user root;
worker_processes 1;
worker_rlimit_nofile {files};
error_log {folder}/error.log warn;
pid {folder}/nginx.pid;
events {{ worker_connections {files}; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location = /publish {{ nchan_publisher; nchan_channel_id room;
                           nchan_message_buffer_length 10; }}
    location = /listen {{ nchan_subscriber websocket; nchan_channel_id room;
                          nchan_subscriber_first_message newest; }}
  }}
}}
"""
START_TIMEOUT_S = 10.0


@dataclass
class Own:
    """A server of ours, or one that we wrote around a library."""

    name: str
    process: subprocess.Popen[str]
    port: int
    path: str = "/ws"

    @property
    def pid(self) -> int:
        return self.process.pid

    def say(self, count: int) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()


@dataclass
class Nchan:
    """nginx with nchan; ``pid`` is its one worker's."""

    name: str
    port: int
    pid: int
    publisher: http.client.HTTPConnection
    path: str = "/listen"

    def say(self, count: int) -> None:
        for _ in range(count):
            self.publisher.request("POST", "/publish", MESSAGE, {"Content-Type": "text/plain"})
            self.publisher.getresponse().read()


Served = Own | Nchan
"""A server under test; ``say`` has so many messages said at once."""


@contextmanager
def running(name: str, command: list[str], path: str = "/ws") -> Iterator[Own]:
    """Run one that prints its port."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield Own(name, process, int(process.stdout.readline()), path)
        finally:
            process.kill()


@contextmanager
def running_nchan(folder: Path) -> Iterator[Nchan]:
    """Run nginx with nchan, one worker."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    config = folder / "nginx.conf"
    config.write_text(
        NCHAN_CONFIG.format(module=NCHAN_MODULE, folder=folder, port=port, files=MAX_MEMBERS + 500)
    )
    with subprocess.Popen(["nginx", "-p", str(folder), "-c", str(config)]) as master:
        try:
            worker = _wait_for_worker(master.pid)
            publisher = http.client.HTTPConnection("127.0.0.1", port)
            yield Nchan("nginx with nchan", port, worker, publisher)
        finally:
            master.terminate()
            master.wait(START_TIMEOUT_S)


def _wait_for_worker(master_pid: int) -> int:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if children := psutil.Process(master_pid).children():
            return int(children[0].pid)
        time.sleep(0.05)
    raise TimeoutError("nginx has no worker")


@contextmanager
def all_servers(members: int, folder: Path) -> Iterator[Iterator[Served]]:
    """Give the servers that this machine has, each running while it is looked at."""

    def each() -> Iterator[Served]:
        with running("ours", [sys.executable, "-m", "bench.chat.room"]) as ours:
            yield ours
        with running("websockets", [sys.executable, "-m", "bench.chat.broadcast"]) as theirs:
            yield theirs
        if shutil.which("nginx") and NCHAN_MODULE.exists():
            with running_nchan(folder) as nchan:
                yield nchan
        if shutil.which("gcc"):
            program = folder / "floor"
            source = Path(__file__).with_name("floor.c")
            subprocess.run(["gcc", "-O2", "-Wall", "-o", program, source], check=True)
            with running("bare send in C", [str(program), str(members), MESSAGE], "/") as floor:
                yield floor

    yield each()
