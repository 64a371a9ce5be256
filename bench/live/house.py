"""The house of a chaos: the real server on data of its own, with a stream for each publisher."""

import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.money.processes import Process, free_port

OWNER = {"email": "owner@example.com", "password": "correct horse", "name": "Owner"}
REQUEST_TIMEOUT_S = 20.0
BAD_EVENTS = ("actor_crashed", "unhandled_error", "connection_failed", "rtmp_drain_timeout")


@dataclass(frozen=True, slots=True)
class Channel:
    """A stream: where to push to it, and where to listen."""

    number: int
    push_url: str
    index_url: str


class House:
    """The server's process and what it logs."""

    def __init__(self, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        settings = {
            "DATA": str(folder / "data"),
            "HTTP": self.url.removeprefix("http://"),
            "RTMP": f"127.0.0.1:{free_port()}",
            "PSP_URL": "off",
        }
        self.process = Process(
            [sys.executable, "-m", "server.cli", "serve"],
            {f"BANDSTAND_{name}": value for name, value in settings.items()},
            folder / "house.log",
            f"{self.url}/healthz",
        )

    async def open_channels(self, count: int) -> list[Channel]:
        """Make an account and its streams."""
        api = f"{self.url}/api/v1"
        async with httpx.AsyncClient(
            base_url=api, trust_env=False, timeout=REQUEST_TIMEOUT_S
        ) as client:
            answer = await client.post("/auth/register", json=OWNER)
            token = answer.raise_for_status().json()["access_token"]
            channels = []
            for number in range(count):
                made = await client.post(
                    "/streams",
                    json={"title": f"Stream {number}"},
                    headers={"Authorization": f"Bearer {token}"},
                )
                made.raise_for_status()
                told = made.json()
                push_url = f"{told['rtmp_url']}/{told['stream_key']}"
                channels.append(Channel(number, push_url, told["hls_url"]))
            return channels

    def statuses(self) -> Counter[str]:
        """How often a stream became each status, as the log tells it."""
        return Counter(event["status"] for event in self._events("stream_status"))

    def crashes(self) -> list[str]:
        """Give the lines of its log that tell of a crash."""
        lines = self.process.log.read_text(errors="replace").splitlines()
        return [line for line in lines if any(word in line for word in (*BAD_EVENTS, "Traceback"))]

    def _events(self, name: str) -> list[dict[str, str]]:
        lines = self.process.log.read_text(errors="replace").splitlines()
        parsed = (json.loads(line) for line in lines if line.startswith("{"))
        return [event for event in parsed if event.get("event") == name]
