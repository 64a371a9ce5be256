"""The points at which a process can end so that it matters, and a process that ends at one.

A point is just before a commit, just before a call to somebody outside, and just after one, when
what it did is done and nobody has heard of it.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Any, TypeVar

import trio

from actors.ports import (
    LicenceChanged,
    NewPayment,
    NewRefund,
    NotKnown,
    PaymentState,
    RefundState,
    Refused,
    TransferState,
    Unclear,
)
from storage.api import Delete, Put
from support.faulty_store import FaultyStore
from support.late_world import LateGates, LatePayouts, LatePsp

A = TypeVar("A")


class Points:
    """Counts the points that are passed; whoever comes to one of ``ends`` stays there for ever."""

    def __init__(self, ends: Collection[int] = ()) -> None:
        self.names: list[str] = []
        self.ended = trio.Event()
        self._ends = ends

    async def here(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) - 1 in self._ends:
            self.ended.set()
            await trio.sleep_forever()

    async def around(self, name: str, call: Callable[[], Awaitable[A]]) -> A:
        await self.here(f"before {name}")
        answer = await call()
        await self.here(f"after {name}")
        return answer


class PointedStore(FaultyStore):
    points: Points

    async def commit(self, *ops: Put | Delete) -> None:
        await self.points.here(f"before the commit of {_what(ops)}")
        await super().commit(*ops)


class PointedPsp(LatePsp):
    points: Points

    async def create_payment(self, payment: NewPayment) -> PaymentState | Refused | Unclear:
        call = super().create_payment
        return await self.points.around("create_payment", lambda: call(payment))

    async def get_payment(self, payment_id: str) -> PaymentState | NotKnown | Unclear:
        call = super().get_payment
        return await self.points.around("get_payment", lambda: call(payment_id))

    async def create_refund(self, refund: NewRefund) -> RefundState | Refused | Unclear:
        call = super().create_refund
        return await self.points.around("create_refund", lambda: call(refund))

    async def get_refund(self, refund_id: str) -> RefundState | NotKnown | Unclear:
        call = super().get_refund
        return await self.points.around("get_refund", lambda: call(refund_id))


class PointedPayouts(LatePayouts):
    points: Points

    async def send_transfer(
        self, transfer_id: str, account: str, amount: int, currency: str
    ) -> TransferState | Refused | Unclear:
        call = super().send_transfer
        return await self.points.around(
            "send_transfer", lambda: call(transfer_id, account, amount, currency)
        )

    async def get_transfer(self, transfer_id: str) -> TransferState | NotKnown | Unclear:
        call = super().get_transfer
        return await self.points.around("get_transfer", lambda: call(transfer_id))

    async def reverse_transfer(
        self, key: str, psp_id: str, amount: int
    ) -> TransferState | Refused | Unclear:
        call = super().reverse_transfer
        return await self.points.around("reverse_transfer", lambda: call(key, psp_id, amount))


class PointedGates(LateGates):
    points: Points

    async def licence_changed(self, change: LicenceChanged) -> None:
        call = super().licence_changed
        await self.points.around("licence_changed", lambda: call(change))


def _what(ops: tuple[Any, ...]) -> str:
    events = [op.doc["event"]["kind"] for op in ops if op.collection == "order_events"]
    return events[0] if events else "a webhook"
