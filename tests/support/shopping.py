"""A shop for tests of the API: a seller with a stream, tickets, buyers who pay, webhooks."""

from dataclasses import dataclass
from typing import Any

import trio.testing

from actors.ports import PspNotice
from storage import Put
from support.webhooks import WEBHOOK_PATH, signed, webhook

PRICE = {"amount": 1500, "currency": "EUR"}


@dataclass
class Shop:
    """``stage`` and its callers are those of the API's tests, on a store without a thread:

    with one, nobody could tell when all is done.
    """

    stage: Any
    seller: Any
    stream_id: str

    async def offer(self, **changes: Any) -> Any:
        """Put a ticket on sale."""
        body = {"kind": "ticket", "title": "Sunday", "price": PRICE, "stream_id": self.stream_id}
        return await self.seller.ok("POST", "/products", body | changes, 201)

    async def record_show(self, show_id: str = "shw_" + "0" * 26) -> str:
        """Write what the stream's actor writes when a show ends; gives the show's id."""
        store = self.stage.house.store
        row = await store.get("streams", self.stream_id)
        await store.commit(Put("streams", row.id, row.doc | {"show": show_id}, row.version))
        return show_id

    async def order(self, buyer: Any, *product_ids: str) -> Any:
        """Order products, and pay nothing yet."""
        items = [{"product_id": product_id} for product_id in product_ids]
        return await buyer.ok("POST", "/orders", {"items": items}, 201)

    async def buy(self, buyer: Any, *product_ids: str) -> Any:
        """Order products, and pay; gives the order as it is then."""
        order = await self.order(buyer, *product_ids)
        await self.deliver(self.stage.psp.pay(order["payment"]["id"]))
        return await buyer.ok("GET", f"/orders/{order['id']}")

    async def refund(self, caller: Any, order: Any, **body: Any) -> Any:
        """Ask for money back; gives the refund."""
        path = f"/marketplace/orders/{order['id']}/refund"
        return (await caller.ok("POST", path, body, 202))["refund"]

    async def settle(self, refund: Any, status: Any = "succeeded") -> None:
        """Have the bank confirm a refund, or not, and the provider say so."""
        await self.deliver(self.stage.psp.settle(refund["id"], status))

    async def deliver(self, notice: PspNotice) -> None:
        """Send a webhook, and wait until all that follows is done."""
        body = webhook(notice)
        response = await self.stage.guest.call(
            "POST", WEBHOOK_PATH, data=body, headers=signed(body)
        )
        assert response.status_code == 200, await response.get_data()
        await self.settled()

    async def settled(self) -> None:
        """Wait until nobody has anything to do."""
        await trio.testing.wait_all_tasks_blocked()


async def open_shop(stage: Any, name: str = "Ada") -> Shop:
    """Make a seller with a ticketed stream."""
    seller = await stage.user(name)
    body = {"title": "Sunday session", "access": "ticket"}
    stream = await seller.ok("POST", "/streams", body, 201)
    return Shop(stage, seller, stream["id"])
