"""A crowd that buys, declines, leaves and wants money back, whatever happens to the house."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import trio

from actors.ids import new_id
from actors.services import Principal
from bench.money.faults import ask_psp
from bench.money.shop import Offer, Shop, person

PAID_WAIT_S = 8.0
SETTLED_WAIT_S = 5.0
LOOK_S = 0.25
FATES = (("pay", 72), ("decline then pay", 10), ("decline", 6), ("leave", 12))
REASONS = (
    ("", 74),
    ("sandbox:fail", 8),
    ("sandbox:decline", 6),
    ("sandbox:refuse", 6),
    ("sandbox:review", 6),
)
REFUNDING_PERCENT = 75
TWICE_AT_ONCE_PERCENT = 35
DISPUTING_PERCENT = 8
VERDICTS = ("won", "lost")
BANK_WAIT_S = 1.5
AGAIN_PERCENT = 50
MAX_REFUNDS = 3


@dataclass
class Acknowledged:
    """What the house, or the provider, has said yes to: it may not be lost."""

    orders: dict[str, Any] = field(default_factory=dict)
    order_of_key: dict[str, str] = field(default_factory=dict)
    paid: set[str] = field(default_factory=set)
    """Payments of which the provider said that it has taken the money."""
    completed: set[str] = field(default_factory=set)
    refunds: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Order and amount of each refund that was answered with 202."""
    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    """Answers that nobody should get."""


class Crowd:
    """So many people at a time, each with a story of their own."""

    def __init__(self, shop: Shop, stalls: Sequence[Sequence[Offer]], seed: int) -> None:
        self._shop = shop
        self._stalls = stalls
        self._draw = random.Random(seed)
        self._leaving = trio.Event()
        self.acknowledged = Acknowledged()

    async def come(self, people: int, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Let people come one after another, so many at once, until told to leave."""
        async with trio.open_nursery() as nursery:
            for _ in range(people):
                nursery.start_soon(self._come_again_and_again)
            task_status.started()

    def leave(self) -> None:
        """Who is here ends what they are at; nobody else comes."""
        self._leaving.set()

    async def _come_again_and_again(self) -> None:
        while not self._leaving.is_set():
            await self._visit(person("Buyer"))

    async def _visit(self, buyer: Principal) -> None:
        order = await self._order(buyer)
        fate = self._choose(FATES)
        if order is None or fate == "leave":
            return
        if fate.startswith("decline"):
            await self._pay(order, "decline")
        if fate.endswith("pay"):
            await self._pay(order, "pay")
            if await self._wait_until(buyer, order["id"], {"completed"}, PAID_WAIT_S):
                self.acknowledged.completed.add(order["id"])
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._want_money_back, buyer, order)
                    nursery.start_soon(self._go_to_the_bank, order)

    async def _order(self, buyer: Principal) -> Any:
        """Order under one key, until the answer is clear."""
        offers = self._draw.choice(self._stalls)
        chosen = self._draw.sample(list(offers), self._draw.choice((1, 1, 2, 3)))
        body = {"items": [{"product_id": each.id} for each in chosen]}
        key = new_id("key")
        answer = await self._shop.insist(buyer, "POST", "/orders", body, {"Idempotency-Key": key})
        said = self._note("order", answer)
        if said is not None:
            known = self.acknowledged.order_of_key.setdefault(key, said["id"])
            self._must(known == said["id"], f"key {key} has orders {known} and {said['id']}")
            self.acknowledged.orders[said["id"]] = said
        elif answer is not None and answer.json()["error"]["code"] not in ("sold_out",):
            self._must(False, f"order: {answer.status_code} {answer.text}")
        return said

    async def _pay(self, order: Any, action: str) -> None:
        """Go to the provider's page; it takes the money once, however often it is asked."""
        url = order["payment"]["pay_url"]
        with trio.move_on_after(PAID_WAIT_S):
            while True:
                answer = await self._shop.send_form(url, {"action": action})
                if answer is not None and answer.status_code < 500:
                    break
                await trio.sleep(LOOK_S)
            self.acknowledged.answers[f"pay {answer.status_code}"] += 1
            if action == "pay" and answer.status_code == 200:
                self.acknowledged.paid.add(order["payment"]["id"])

    async def _want_money_back(self, buyer: Principal, order: Any) -> None:
        if self._draw.randrange(100) >= REFUNDING_PERCENT:
            return
        for _ in range(MAX_REFUNDS):
            await self._ask_for_refund(buyer, order)
            if self._draw.randrange(100) >= AGAIN_PERCENT:
                return
            ended = {"completed", "partially_refunded", "refunded"}
            if not await self._wait_until(buyer, order["id"], ended, SETTLED_WAIT_S):
                return

    async def _go_to_the_bank(self, order: Any) -> None:
        """Have the bank take the money back, at first, and in the end or not."""
        if self._draw.randrange(100) >= DISPUTING_PERCENT:
            return
        payment = {"payment_id": order["payment"]["id"]}
        amount = self._draw.choice((order["amount"], self._draw.randint(1, order["amount"])))
        steps = ({"status": "opened", "amount": amount}, {"status": self._draw.choice(VERDICTS)})
        for step in steps:
            await trio.sleep(self._draw.uniform(0, BANK_WAIT_S))
            try:
                await ask_psp(self._shop.town, "POST", "/control/disputes", payment | step)
            except httpx.HTTPError:
                self.acknowledged.answers["dispute not made"] += 1
                return
            self.acknowledged.answers[f"dispute {step['status']}"] += 1

    async def _ask_for_refund(self, buyer: Principal, order: Any) -> None:
        bodies = [self._refund_body(order)]
        if self._draw.randrange(100) < TWICE_AT_ONCE_PERCENT:
            bodies.append(self._draw.choice((bodies[0], self._refund_body(order))))
        async with trio.open_nursery() as nursery:
            for body in bodies:
                nursery.start_soon(self._refund, buyer, order, body)

    def _refund_body(self, order: Any) -> Any:
        body: dict[str, Any] = {}
        if reason := self._choose(REASONS):
            body["reason"] = reason
        how = self._draw.choice(("all", "all", "amount", "items"))
        if how == "amount":
            body["amount"] = self._draw.randint(1, order["amount"])
        elif how == "items":
            item = self._draw.choice(order["items"])
            body["items"] = [{"product_id": item["product_id"]}]
        return body

    async def _refund(self, who: Principal, order: Any, body: Any) -> None:
        """Ask; where the connection is lost, ask once more."""
        path = f"/marketplace/orders/{order['id']}/refund"
        answer = await self._shop.call(who, "POST", path, body)
        if answer is None:
            self.acknowledged.answers["refund lost"] += 1
            answer = await self._shop.insist(who, "POST", path, body)
        said = self._note("refund", answer)
        if said is not None:
            refund = said["refund"]
            self.acknowledged.refunds[refund["id"]] = (order["id"], refund["amount"])

    async def _wait_until(
        self, who: Principal, order_id: str, statuses: set[str], timeout_s: float
    ) -> bool:
        with trio.move_on_after(timeout_s):
            while True:
                answer = await self._shop.call(who, "GET", f"/orders/{order_id}")
                if answer is not None and answer.status_code == 404:
                    self._must(False, f"order {order_id} was acknowledged and is not known")
                if answer is not None and answer.is_success and answer.json()["status"] in statuses:
                    return True
                await trio.sleep(LOOK_S)
        return False

    def _note(self, what: str, answer: Any) -> Any:
        """Count an answer; gives its body where it is a yes."""
        if answer is None:
            self.acknowledged.answers[f"{what} no answer"] += 1
            return None
        body = answer.json()
        code = "" if answer.is_success else f" {body['error']['code']}"
        self.acknowledged.answers[f"{what} {answer.status_code}{code}"] += 1
        return body if answer.is_success else None

    def _must(self, true: bool, otherwise: str) -> None:
        if not true:
            self.acknowledged.faults.append(otherwise)

    def _choose(self, weighted: Sequence[tuple[str, int]]) -> str:
        names, weights = zip(*weighted, strict=True)
        return str(self._draw.choices(names, weights)[0])
