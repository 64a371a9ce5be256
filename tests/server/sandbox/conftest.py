"""A sandbox on real sockets, a shop that takes its webhooks, and the same in virtual time."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from quart import request
from quart_trio import QuartTrio
from support.inline_store import InlineWriter

from server.door import Door
from server.sandbox import SCHEMA, FaultScript, Sandbox, SandboxConfig, serve_sandbox
from server.sandbox.faults import FaultRule
from storage import Store
from storage.sqlite.connection import open_connection
from storage.sqlite.engine import SqliteStore

KEY, SECRET, PAYOUT_KEY = "the_api_key", "the_webhook_secret", "the_payout_key"
WAIT_TIMEOUT_S = 20
RETURN_URL = "https://shop.example/orders?from=pay"


def script(*rules: dict[str, Any], seed: int = 0) -> FaultScript:
    return FaultScript(seed=seed, rules=tuple(FaultRule(**rule) for rule in rules))


@dataclass
class Shop:
    """Takes webhooks over HTTP, or refuses them with another status."""

    url: str = ""
    status: int = 200
    taken: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    news: trio.Event = field(default_factory=trio.Event)

    async def take(self) -> tuple[str, int]:
        body = await request.get_data()
        expected = hmac.new(SECRET.encode(), body, hashlib.sha512).hexdigest()
        assert request.headers["X-Webhook-Signature-512"] == expected
        assert request.headers["Content-Type"] == "application/json"
        (self.taken if self.status == 200 else self.refused).append(json.loads(body))
        self.news.set()
        self.news = trio.Event()
        return "", self.status

    async def wait(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many webhooks were taken."""
        return await self._wait(self.taken, count)

    async def wait_refused(self, count: int) -> list[dict[str, Any]]:
        return await self._wait(self.refused, count)

    async def _wait(self, which: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
        with trio.fail_after(WAIT_TIMEOUT_S):
            while len(which) < count:
                await self.news.wait()
        return which

    def types(self) -> list[str]:
        return [event["event_type"] for event in self.taken]


@dataclass
class Caller:
    """A client of a running sandbox."""

    url: str
    http: httpx.AsyncClient
    shop: Shop

    async def psp(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        options = {} if body is None else {"json": body}
        answer = await self.http.request(
            method, f"{self.url}{path}", headers={"api-key": KEY}, **options
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    async def fails(self, method: str, path: str, body: Any = None, status: int = 400) -> str:
        answer = await self.psp(method, path, body, status)
        assert set(answer) == {"error"}
        assert set(answer["error"]) == {"type", "code", "message"}
        return str(answer["error"]["code"])

    async def stripe(
        self, method: str, path: str, form: Any = None, *, key: str = "", status: int = 200
    ) -> Any:
        headers = {"Authorization": f"Bearer {PAYOUT_KEY}"} | (
            {"Idempotency-Key": key} if key else {}
        )
        answer = await self.http.request(method, f"{self.url}/v1{path}", headers=headers, data=form)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def payment(self, payment_id: str = "pay_1", amount: int = 1200) -> Any:
        body = {
            "payment_id": payment_id,
            "amount": amount,
            "currency": "EUR",
            "return_url": RETURN_URL,
        }
        return await self.psp("POST", "/payments", body)

    async def pay(self, payment_id: str = "pay_1") -> Any:
        answer = await self.http.post(f"{self.url}/pay/{payment_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def paid(self, payment_id: str = "pay_1", amount: int = 1200) -> None:
        await self.payment(payment_id, amount)
        await self.pay(payment_id)

    async def refund(
        self, refund_id: str = "ref_1", amount: int | None = None, reason: str = "", **more: Any
    ) -> Any:
        return await self.psp("POST", "/refunds", refund_body(refund_id, amount, reason), **more)

    async def truth(self, kind: str) -> list[dict[str, Any]]:
        answer = await self.psp("GET", f"/control/truth?kind={kind}")
        items: list[dict[str, Any]] = answer[kind]["items"]
        return items


def refund_body(
    refund_id: str = "ref_1", amount: int | None = None, reason: str = ""
) -> dict[str, Any]:
    body: dict[str, Any] = {"payment_id": "pay_1", "refund_id": refund_id, "reason": reason}
    return body | {"refund_type": "instant"} | ({} if amount is None else {"amount": amount})


OpenSandbox = Callable[..., AbstractAsyncContextManager[Caller]]


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    shop = Shop()
    app = QuartTrio("shop", static_folder=None)
    app.add_url_rule("/hook", view_func=shop.take, methods=["POST"])
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    shop.url = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}/hook"

    async def nothing(*_: Any) -> None:
        raise AssertionError

    door = Door(listeners, edge=nothing, gateway=nothing, app=app)
    async with trio.open_nursery() as nursery:
        await nursery.start(door.run)
        yield shop
        await door.drain(1)


@pytest.fixture
def open_sandbox(tmp_path: Path, shop: Shop) -> OpenSandbox:
    @asynccontextmanager
    async def opened(**settings: Any) -> AsyncIterator[Caller]:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        origin = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
        config = sandbox_config(public_url=origin, webhook_url=shop.url, **settings)
        async with trio.open_nursery() as nursery, httpx.AsyncClient(trust_env=False) as http:

            async def serve(task_status: Any) -> None:
                await serve_sandbox(
                    listeners, tmp_path / "sandbox", config, task_status=task_status
                )

            end = await nursery.start(serve)
            yield Caller(f"{origin}/sandbox", http, shop)
            end()

    return opened


@pytest.fixture
async def sandbox(open_sandbox: OpenSandbox) -> AsyncIterator[Caller]:
    async with open_sandbox() as caller:
        yield caller


def sandbox_config(**settings: Any) -> SandboxConfig:
    defaults: dict[str, Any] = {
        "public_url": "http://sandbox.example",
        "webhook_url": "http://shop.example/hook",
        "api_key": KEY,
        "webhook_secret": SECRET,
        "payout_key": PAYOUT_KEY,
        "settle_delay_s": 0,
        "retry_factor": 1,
    }
    return SandboxConfig(**(defaults | settings))


class TrioClock:
    """Wall time that follows the (virtual) clock of trio."""

    def now_ms(self) -> int:
        return 1_800_000_000_000 + round(trio.current_time() * 1000)


@dataclass
class Mailbox:
    """A shop without sockets: notes each attempt and when, and answers as it is told."""

    answers: list[int | None] = field(default_factory=list)
    silent_s: float = 0.0
    got: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int | None:
        self.got.append((trio.current_time(), json.loads(body)))
        answer = self.answers.pop(0) if self.answers else 200
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await trio.sleep(self.silent_s)
        finally:
            self.at_once -= 1
        return answer

    async def aclose(self) -> None:
        await trio.lowlevel.checkpoint()

    def times(self) -> list[float]:
        return [round(at, 3) for at, _ in self.got]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_connection(tmp_path / "inline.sqlite3", SCHEMA) as connection:
        yield SqliteStore(InlineWriter(connection), SCHEMA)  # type: ignore[arg-type]  # its methods


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def make_sandbox(store: Store, mailbox: Mailbox) -> Callable[..., Sandbox]:
    def make(**settings: Any) -> Sandbox:
        return Sandbox(store, sandbox_config(**settings), clock=TrioClock(), post=mailbox)

    return make


@pytest.fixture
def rules() -> Callable[..., FaultScript]:
    return script


@pytest.fixture
def body_of() -> Callable[..., dict[str, Any]]:
    return refund_body
