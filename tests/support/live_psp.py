"""The sandbox as a process of its own beside a live server, and what people do with both."""

import hashlib
import hmac
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from actors.ids import new_id
from actors.services import AccessTokens, Principal
from server.clock import SystemClock
from server.secrets import Secrets
from support.encoders import wait_until
from support.live_server import START_TIMEOUT_S, STOP_TIMEOUT_S, Account, LiveServer

API_KEY = "sandbox_key"
WEBHOOK_SECRET = "sandbox_secret"
WEBHOOK_PATH = "/api/v1/webhooks/hyperswitch"
SETTLE_DELAY_S = 0.2
RETRY_FACTOR = 0.005
OPERATOR = Principal("operator", "Operator", admin=True)
PRICE = 1500
HTTP = httpx.Client(trust_env=False, timeout=START_TIMEOUT_S)
"""Shared, for a new one reads all certificates of the machine."""


@dataclass
class LivePsp:
    """Its truth outlives it: started again, it goes on with the same data at the same address."""

    data: Path
    webhook_url: str
    http: str = "127.0.0.1:0"
    log: list[str] = field(default_factory=list)
    _process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        arguments = {
            "http": self.http,
            "data": str(self.data),
            "webhook-url": self.webhook_url,
            "api-key": API_KEY,
            "webhook-secret": WEBHOOK_SECRET,
            "settle-delay": str(SETTLE_DELAY_S),
            "retry-factor": str(RETRY_FACTOR),
        }
        command = [sys.executable, "-m", "server.cli", "sandbox"]
        command += [part for name, value in arguments.items() for part in (f"--{name}", value)]
        self._process = subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        ready = threading.Event()
        threading.Thread(target=self._read_log, args=(self._process, ready), daemon=True).start()
        assert ready.wait(START_TIMEOUT_S), "\n".join(self.log)

    def _read_log(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stderr is not None
        with process.stderr as lines:
            for line in lines:
                self.log.append(line.rstrip())
                if '"listening"' in line:
                    self.http = json.loads(line)["http"]
                    ready.set()
        ready.set()

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(STOP_TIMEOUT_S)

    @property
    def url(self) -> str:
        return f"http://{self.http}/sandbox"

    def ask(self, method: str, path: str, body: object = None, **query: str) -> Any:
        """Ask its dashboard."""
        answer = HTTP.request(
            method,
            f"{self.url}/control/{path}",
            json=body,
            params=query,
            headers={"api-key": API_KEY},
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def misbehave(self, *rules: dict[str, Any]) -> None:
        """Begin another fault script; without a rule, behave."""
        self.ask("PUT", "faults", list(rules))

    def fired(self) -> list[int]:
        """How often each rule of the script has fired."""
        return list(self.ask("GET", "status")["faults_fired"])

    def truth(self, kind: str, payment_id: str) -> list[dict[str, Any]]:
        """All that it has of one kind about a payment."""
        items = self.ask("GET", "truth", kind=kind)[kind]["items"]
        named = "id" if kind == "payments" else "payment"
        return [item for item in items if item[named] == payment_id]

    def settled_refund(self, payment_id: str) -> bool:
        """Whether the payment has a refund that is over."""
        refunds = self.truth("refunds", payment_id)
        return bool(refunds) and all("settle_at" not in refund for refund in refunds)


def signed(body: str) -> dict[str, str]:
    """Give the headers of a webhook."""
    signature = hmac.new(WEBHOOK_SECRET.encode(), body.encode(), hashlib.sha512).hexdigest()
    return {"X-Webhook-Signature-512": signature, "Content-Type": "application/json"}


@dataclass
class Market:
    """A house, its provider, a seller with a ticket, and a buyer."""

    server: LiveServer
    psp: LivePsp
    seller: Account
    product: str

    def buyer(self) -> Account:
        """Make somebody who has bought nothing yet."""
        return self._account(Principal(new_id("usr"), "Buyer", admin=False))

    def _account(self, principal: Principal) -> Account:
        secret = Secrets((self.server.data / "secret").read_bytes().strip())
        token = AccessTokens(secret.token_signing, SystemClock()).issue(principal)
        return Account(principal.user_id, token)

    def ask(
        self, who: Account, method: str, path: str, body: object = None, *, key: str | None = None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {who.token}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        url = f"{self.server.url}/api/v1{path}"
        return HTTP.request(method, url, json=body, headers=headers)

    def order(self, who: Account, key: str | None = None) -> Any:
        answer = self.try_order(who, key)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def try_order(self, who: Account, key: str | None = None) -> httpx.Response:
        body = {"items": [{"product_id": self.product}]}
        return self.ask(who, "POST", "/orders", body, key=key)

    def pay(self, order: Any, action: str = "pay") -> None:
        url = order["payment"]["pay_url"]
        answer = HTTP.post(url, data={"action": action})
        assert answer.status_code == 200, answer.text

    def refund(self, who: Account, order: Any, reason: str = "") -> httpx.Response:
        return self.ask(
            who, "POST", f"/marketplace/orders/{order['id']}/refund", {"reason": reason}
        )

    def show(self, who: Account, order: Any) -> Any:
        answer = self.ask(who, "GET", f"/orders/{order['id']}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wait(self, who: Account, order: Any, status: str) -> Any:
        """Wait until the order is at a status; nobody helps."""
        wait_until(lambda: self.show(who, order)["status"] == status, f"the order is {status}")
        return self.show(who, order)

    def bought(self, who: Account) -> Any:
        order = self.order(who)
        self.pay(order)
        return self.wait(who, order, "completed")

    def sweep(self) -> None:
        """The operator helps."""
        answer = self.ask(self._account(OPERATOR), "POST", "/admin/sweep")
        assert answer.status_code == 200, answer.text

    def differences(self) -> Any:
        """What the house finds where it compares its money with the provider's."""
        answer = self.ask(self._account(OPERATOR), "GET", "/admin/reconciliation")
        assert answer.status_code == 200, answer.text
        return answer.json()["differences"]


@contextmanager
def open_market(folder: Path, **settings: str) -> Iterator[Market]:
    """Start both, on ports of their own, and end them."""
    house = f"127.0.0.1:{free_port()}"
    psp = LivePsp(folder / "psp", f"http://{house}{WEBHOOK_PATH}")
    try:
        psp.start()
        providers = {
            "BANDSTAND_PSP_URL": psp.url,
            "BANDSTAND_PSP_API_KEY": API_KEY,
            "BANDSTAND_PSP_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "BANDSTAND_PAYOUT_URL": psp.url,
            "BANDSTAND_PAYOUT_API_KEY": API_KEY,
            "BANDSTAND_PLATFORM_FEE_BPS": "250",
            "BANDSTAND_TRANSFER_DELAY_S": "0",
        }
        server = LiveServer(folder / "data", providers | settings, http=house)
        try:
            server.start()
            yield _opened(server, psp)
        finally:
            if server._process is not None and server._process.poll() is None:
                server.kill()
    finally:
        psp.kill()


def _opened(server: LiveServer, psp: LivePsp) -> Market:
    seller = server.register("Seller")
    market = Market(server, psp, seller, "")
    market.ask(seller, "PUT", "/sellers/me/payout-account", {"account": "acct_good"})
    stream = market.ask(seller, "POST", "/streams", {"title": "A show", "access": "ticket"}).json()
    body = {
        "kind": "ticket",
        "title": "A ticket",
        "price": {"amount": PRICE, "currency": "EUR"},
        "stream_id": stream["id"],
        "capacity": 1000,
    }
    made = market.ask(seller, "POST", "/products", body)
    assert made.status_code == 201, made.text
    market.product = made.json()["id"]
    return market


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
