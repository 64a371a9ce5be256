"""The house and the payment provider as processes of their own, each on its own data."""

import os
import secrets
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import trio

from actors.services import AccessTokens, Principal
from server.clock import SystemClock
from server.secrets import Secrets

READY_TIMEOUT_S = 60.0
READY_POLL_S = 0.03
STOP_TIMEOUT_S = 40.0
API_KEY = "bench_api_key"
WEBHOOK_SECRET = "bench_webhook_secret"
SECRET = secrets.token_urlsafe(48)
FEE_BPS = 250
WEBHOOK_PATH = "/api/v1/webhooks/hyperswitch"


class Process:
    """A command that is started again and again; what it logs is appended to one file."""

    def __init__(self, command: list[str], env: dict[str, str], log: Path, ready_url: str) -> None:
        self.log = log
        self._command = command
        self._env = {k: v for k, v in os.environ.items() if not k.startswith("BANDSTAND_")} | env
        self._ready_url = ready_url
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id, while there is one."""
        assert self._process is not None
        return self._process.pid

    def spawn(self) -> None:
        """Start it; it is not ready yet."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._env, stderr=log, stdout=log, cwd=self.log.parent
            )

    async def ready(self) -> None:
        """Wait until it answers."""
        with trio.fail_after(READY_TIMEOUT_S):
            async with httpx.AsyncClient(trust_env=False, timeout=READY_TIMEOUT_S) as client:
                while not await self._answers(client):  # noqa: ASYNC110 - another process has no event
                    await trio.sleep(READY_POLL_S)

    async def _answers(self, client: httpx.AsyncClient) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(f"ended by itself: see {self.log}")
        try:
            await client.get(self._ready_url)
        except httpx.TransportError:
            return False
        return True

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        self.spawn()
        await self.ready()

    async def kill(self) -> None:
        """End it as a power cut would."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """Ask it to end, and give its exit code."""
        return await self._end(signal.SIGTERM)

    def kill_if_running(self) -> None:
        """Leave nothing behind."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    async def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return await trio.to_thread.run_sync(self._process.wait, STOP_TIMEOUT_S)


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@dataclass
class Town:
    """The house, its provider, and where to reach both; they keep their ports over restarts."""

    folder: Path
    settle_delay_s: float = 0.4
    delivers: bool = True
    """Whether the provider sends its webhooks, or keeps them."""
    house_port: int = field(default_factory=free_port)
    rtmp_port: int = field(default_factory=free_port)
    psp_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.house = Process(
            [sys.executable, "-m", "server.cli", "serve"],
            self._settings(),
            self.folder / "house.log",
            f"{self.house_url}/healthz",
        )
        self.psp = Process(
            [sys.executable, "-m", "server.cli", "sandbox", *self._psp_arguments()],
            {},
            self.folder / "psp.log",
            f"{self.psp_url}/control/status",
        )
        self.faults_file.write_text("[]")

    @property
    def house_url(self) -> str:
        return f"http://127.0.0.1:{self.house_port}"

    @property
    def psp_url(self) -> str:
        return f"http://127.0.0.1:{self.psp_port}/sandbox"

    @property
    def data(self) -> Path:
        """The data folder of the house."""
        return self.folder / "data"

    @property
    def faults_file(self) -> Path:
        """The fault script that the provider reads when it starts."""
        return self.folder / "faults.json"

    def token(self, principal: Principal) -> str:
        """An access token, as the house itself would give out."""
        signing = Secrets(SECRET.encode()).token_signing
        return AccessTokens(signing, SystemClock()).issue(principal)

    def _settings(self) -> dict[str, str]:
        settings = {
            "DATA": str(self.data),
            "HTTP": f"127.0.0.1:{self.house_port}",
            "RTMP": f"127.0.0.1:{self.rtmp_port}",
            "SECRET": SECRET,
            "PSP_URL": self.psp_url,
            "PSP_API_KEY": API_KEY,
            "PSP_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "PAYOUT_URL": self.psp_url,
            "PAYOUT_API_KEY": API_KEY,
            "PLATFORM_FEE_BPS": str(FEE_BPS),
            "TRANSFER_DELAY_S": "0",
        }
        return {f"BANDSTAND_{name}": value for name, value in settings.items()}

    def _psp_arguments(self) -> list[str]:
        arguments = {
            "http": f"127.0.0.1:{self.psp_port}",
            "data": str(self.folder / "psp"),
            "webhook-url": f"{self.house_url}{WEBHOOK_PATH}" if self.delivers else "",
            "webhook-secret": WEBHOOK_SECRET,
            "api-key": API_KEY,
            "faults": str(self.faults_file),
            "settle-delay": str(self.settle_delay_s),
        }
        return [part for name, value in arguments.items() for part in (f"--{name}", value)]
