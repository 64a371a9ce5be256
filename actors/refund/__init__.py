"""Orders and their money: one actor per order, behind pure machines and a ledger."""

from actors.refund.actor import PSP_WAIT_S, RefundActor
from actors.refund.books import Books
from actors.refund.calls import Calls
from actors.refund.case import Terms
from actors.refund.errors import OrderError
from actors.refund.events import AccountNamed, PaymentResolved, RefundResolved
from actors.refund.messages import (
    CreateOrder,
    Drive,
    Instruct,
    Notified,
    RefundMessage,
    RefundOpened,
    RequestRefund,
    StartPayment,
)
from actors.refund.replay import replay_matches
from actors.refund.tools import RefundTools

__all__ = [
    "PSP_WAIT_S",
    "AccountNamed",
    "Books",
    "Calls",
    "CreateOrder",
    "Drive",
    "Instruct",
    "Notified",
    "OrderError",
    "PaymentResolved",
    "RefundActor",
    "RefundMessage",
    "RefundOpened",
    "RefundResolved",
    "RefundTools",
    "RequestRefund",
    "StartPayment",
    "Terms",
    "replay_matches",
]
