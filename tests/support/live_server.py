"""The whole server as its users have it: a process of its own, reached over real sockets."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from support.encoders import wait_until

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30


@dataclass
class Account:
    id: str
    token: str


@dataclass
class Channel:
    """A stream of somebody's, with what its encoder needs."""

    id: str
    push_url: str
    hls_url: str
    page_url: str


@dataclass
class LiveServer:
    data: Path
    settings: dict[str, str] = field(default_factory=dict)
    http: str = ""
    rtmp: str = ""
    log: list[str] = field(default_factory=list)
    _process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start on ports that the system chooses (or the same ones again) and wait for them."""
        env = {name: value for name, value in os.environ.items() if name != "PORT"}
        env |= {
            "BANDSTAND_DATA": str(self.data),
            "BANDSTAND_HTTP": self.http or "127.0.0.1:0",
            "BANDSTAND_RTMP": self.rtmp or "127.0.0.1:0",
        }
        env |= self.settings
        command = [sys.executable, "-m", "server.cli", "serve"]
        self._process = subprocess.Popen(
            command, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        ready = threading.Event()
        threading.Thread(target=self._read_log, args=(self._process, ready), daemon=True).start()
        assert ready.wait(START_TIMEOUT_S), "\n".join(self.log)
        assert self.http, "\n".join(self.log)

    def _read_log(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stderr is not None
        with process.stderr as lines:
            for line in lines:
                self.log.append(line.rstrip())
                if '"listening"' in line:
                    event = json.loads(line)
                    self.http, self.rtmp = event["http"], event["rtmp"]
                    ready.set()
        ready.set()  # it ended before it listened; start() shows why

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self) -> int:
        assert self._process is not None
        return self._process.wait(STOP_TIMEOUT_S)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> int:
        self.signal(signal.SIGTERM)
        return self.wait()

    @property
    def url(self) -> str:
        return f"http://{self.http}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def events(self, name: str) -> list[dict[str, Any]]:
        """The log's lines of one event."""
        parsed = (json.loads(line) for line in list(self.log) if line.startswith("{"))
        return [event for event in parsed if event.get("event") == name]

    def call(
        self, method: str, path: str, *, token: str | None = None, body: object = None
    ) -> httpx.Response:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx.request(
            method, f"{self.url}{path}", headers=headers, json=body, timeout=START_TIMEOUT_S
        )

    def register(self, name: str) -> Account:
        body = {"email": f"{name.lower()}@example.com", "password": "correct horse", "name": name}
        answer = self.call("POST", "/api/v1/auth/register", body=body)
        assert answer.status_code == 201, answer.text
        return Account(answer.json()["user"]["id"], answer.json()["access_token"])

    def make_stream(self, account: Account, title: str = "A show") -> Channel:
        answer = self.call("POST", "/api/v1/streams", token=account.token, body={"title": title})
        assert answer.status_code == 201, answer.text
        made = answer.json()
        push_url = f"{made['rtmp_url']}/{made['stream_key']}"
        return Channel(made["id"], push_url, made["hls_url"], made["page_url"])

    def status(self, channel: Channel) -> str:
        return str(self.call("GET", f"/api/v1/streams/{channel.id}").json()["status"])

    def wait_live(self, channel: Channel) -> None:
        wait_until(lambda: self.status(channel) == "live", "the stream is live")


@contextmanager
def live_server(data: Path, **settings: str) -> Iterator[LiveServer]:
    server = LiveServer(data, settings)
    try:
        server.start()
        yield server
    finally:
        if server._process is not None and server._process.poll() is None:
            server.kill()
