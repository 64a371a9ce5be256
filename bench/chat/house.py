"""The house of a storm: the real server on data of its own, one stream, and what it has kept."""

import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx

from actors.services import AccessTokens
from bench.money.processes import Process, free_port
from server.clock import SystemClock
from server.secrets import Secrets
from storage import MAX_FIND_ROWS, Row, open_sqlite

OWNER = {"email": "owner@example.com", "password": "correct horse", "name": "Owner"}
EVENTS = "room_events"


@dataclass
class House:
    """It keeps its ports and its data over restarts."""

    folder: Path

    def __post_init__(self) -> None:
        self.port = free_port()
        secret = secrets.token_urlsafe(48)
        settings = {
            "DATA": str(self.data),
            "HTTP": f"127.0.0.1:{self.port}",
            "RTMP": f"127.0.0.1:{free_port()}",
            "SECRET": secret,
            "PSP_URL": "off",
        }
        self.tokens = AccessTokens(Secrets(secret.encode()).token_signing, SystemClock())
        self.process = Process(
            [sys.executable, "-m", "server.cli", "serve"],
            {f"BANDSTAND_{name}": value for name, value in settings.items()},
            self.folder / "house.log",
            f"{self.url}/healthz",
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    async def make_room(self) -> str:
        """Make an account and its stream, whose room it is."""
        async with httpx.AsyncClient(base_url=f"{self.url}/api/v1", trust_env=False) as client:
            made = await client.post("/auth/register", json=OWNER)
            token = made.raise_for_status().json()["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            stream = await client.post("/streams", json={"title": "A storm"}, headers=headers)
            return str(stream.raise_for_status().json()["id"])

    async def read_events(self, room: str) -> list[Row]:
        """Read the room's events from the store, which the server must have left."""
        rows: list[Row] = []
        async with open_sqlite(self.data) as store:
            while True:
                after = (rows[-1].doc["offset"] + 1, "") if rows else None
                page = await store.find(
                    EVENTS, {"room": room}, sort="offset", after=after, limit=MAX_FIND_ROWS
                )
                rows += page
                if len(page) < MAX_FIND_ROWS:
                    return rows

    def crashes(self) -> list[str]:
        """Give the lines of its log that tell of a crash."""
        bad = ("actor_crashed", "unhandled_error", "connection_failed", "Traceback")
        lines = self.process.log.read_text(errors="replace").splitlines()
        return [line for line in lines if any(word in line for word in bad)]
