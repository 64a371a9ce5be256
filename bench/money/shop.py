"""Clients of the house over real sockets: they ask again where no answer came, as people do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import trio

from actors.ids import new_id
from actors.services import Principal
from bench.money.processes import Town

OPERATOR = Principal("operator", "Operator", admin=True)
CURRENCY = "EUR"
CALL_TIMEOUT_S = 20.0
PATIENCE_S = 60.0
"""How long somebody asks again."""
AGAIN_S = 0.2
LATER = (500, 503, 504)
"""Not 502: the provider has said no, and that is an answer."""
MAX_CONNECTIONS = 100
PRICES = ((1500, None), (777, 200), (1, 100_000), (333, 50))
"""Price and seats of each seller's products: round and odd shares, and seats that run out."""
SELLERS = ("acct_good", "acct_fine", "acct_broke", None)
"""Their payout accounts: one cannot give anything back, one has none."""


@dataclass(frozen=True)
class Offer:
    """A product of a seller."""

    id: str
    seller: Principal
    amount: int


class Shop:
    """The house as its clients see it."""

    def __init__(self, town: Town) -> None:
        self.town = town
        limits = httpx.Limits(max_connections=MAX_CONNECTIONS)
        self._client = httpx.AsyncClient(trust_env=False, timeout=CALL_TIMEOUT_S, limits=limits)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def call(
        self,
        who: Principal,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = CALL_TIMEOUT_S,
    ) -> httpx.Response | None:
        """Ask once; None where the connection was lost."""
        url = f"{self.town.house_url}/api/v1{path}"
        sent = {"Authorization": f"Bearer {self.town.token(who)}", **(headers or {})}
        try:
            return await self._client.request(
                method, url, json=body, headers=sent, timeout=timeout_s
            )
        except httpx.TransportError:
            return None

    async def send_form(self, url: str, form: Mapping[str, str]) -> httpx.Response | None:
        """Send a form to a page of the provider once; None where the connection was lost."""
        try:
            return await self._client.post(url, data=form)
        except httpx.TransportError:
            return None

    async def insist(
        self,
        who: Principal,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response | None:
        """Ask until there is an answer that is not "later"; None where patience ends."""
        with trio.move_on_after(PATIENCE_S):
            while True:
                answer = await self.call(who, method, path, body, headers)
                if answer is not None and answer.status_code not in LATER:
                    return answer
                await trio.sleep(AGAIN_S)
        return None

    async def must(self, who: Principal, method: str, path: str, body: Any = None) -> Any:
        """Ask for what has to be given."""
        answer = await self.insist(who, method, path, body)
        assert answer is not None, f"{method} {path}: no answer"
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()


async def open_shop(shop: Shop) -> list[list[Offer]]:
    """Have each seller offer their products; gives them seller by seller."""
    return [await _open_stall(shop, number, account) for number, account in enumerate(SELLERS)]


async def _open_stall(shop: Shop, number: int, account: str | None) -> list[Offer]:
    seller = person(f"Seller {number}")
    if account is not None:
        await shop.must(seller, "PUT", "/sellers/me/payout-account", {"account": account})
    stream = {"title": f"Show {number}", "access": "ticket"}
    stream_id = (await shop.must(seller, "POST", "/streams", stream))["id"]
    offers = []
    for amount, capacity in PRICES:
        body = {
            "kind": "ticket",
            "title": f"Ticket of {amount}",
            "price": {"amount": amount, "currency": CURRENCY},
            "stream_id": stream_id,
            "capacity": capacity,
        }
        made = await shop.must(seller, "POST", "/products", body)
        offers.append(Offer(made["id"], seller, amount))
    return offers


def person(name: str) -> Principal:
    """Make somebody new."""
    return Principal(new_id("usr"), name, admin=False)
