"""Webhooks as they are written down: in the same commit as what they tell of."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, Literal

from actors.ids import new_id
from server.sandbox.bank import Bank
from server.sandbox.faults import Plan, with_wrong_amount
from server.sandbox.views import MERCHANT_ID, iso8601
from storage import Document, Put

SIGNATURE_HEADER = "X-Webhook-Signature-512"

_MINUTE_S, _HOUR_S = 60, 3600
RETRY_DELAYS_S = (
    (_MINUTE_S,)
    + (5 * _MINUTE_S,) * 2
    + (10 * _MINUTE_S,) * 5
    + (_HOUR_S,) * 5
    + (6 * _HOUR_S,) * 3
)
"""Hyperswitch's own: after the last of them, about a day on, a webhook is given up."""

ContentType = Literal["payment_details", "refund_details", "dispute_details"]


def sign(secret: str, body: bytes) -> str:
    """Return the signature: lower-case hex of HMAC-SHA512 of the exact body."""
    return hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()


def announce(bank: Bank, event_type: str, content: ContentType, view: Mapping[str, Any]) -> Put:
    """Write a webhook about a payment, refund or dispute; the fault script may spoil it.

    Ring ``bank.webhook_due`` once it is committed.
    """
    plan = bank.faults.plan("webhook")
    if wrong := plan.get("wrong_amount"):
        view = with_wrong_amount(view, wrong.by)
    event_id = new_id("evt")
    now_ms = bank.clock.now_ms()
    body = {
        "merchant_id": MERCHANT_ID,
        "event_id": event_id,
        "event_type": event_type,
        "content": {"type": content, "object": view},
        "timestamp": iso8601(now_ms),
    }
    doc: Document = {
        "payment": view["payment_id"],
        "event_type": event_type,
        "body": json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        "state": "due",
        "attempts": 0,
        "copies": 0,
        "created_at": now_ms,
    }
    return Put("webhooks", event_id, doc | _schedule(bank, plan, now_ms), 0)


def _schedule(bank: Bank, plan: Plan, now_ms: int) -> Document:
    """Tell when it is sent first: at once, later, or never."""
    if not bank.config.webhook_url:
        return {"state": "kept"}
    if "webhook_lost" in plan:
        return {"state": "lost"}
    held_back = plan.get("webhook_reorder") or plan.get("delay")
    due_at = now_ms + (round(held_back.delay_s * 1000) if held_back else 0)
    duplicate = plan.get("webhook_duplicate")
    return {"due_at": due_at, "copies": duplicate.copies if duplicate else 0}


def acknowledged(doc: Document, status: int, now_ms: int) -> Document:
    """Return what becomes of a webhook that the shop has taken: over, or another copy of it."""
    after = doc | {"attempts": doc["attempts"] + 1, "last_status": status}
    if doc["copies"] > 0:
        return after | {"copies": doc["copies"] - 1, "due_at": now_ms}
    del after["due_at"]
    return after | {"state": "acknowledged", "acknowledged_at": now_ms}


def failed(doc: Document, status: int | None, now_ms: int, retry_factor: float) -> Document:
    """Return what becomes of a webhook that the shop has not taken: sent later, or given up."""
    after = doc | {"attempts": doc["attempts"] + 1, "last_status": status}
    if doc["attempts"] < len(RETRY_DELAYS_S):
        delay_ms = round(RETRY_DELAYS_S[doc["attempts"]] * retry_factor * 1000)
        return after | {"due_at": now_ms + delay_ms}
    del after["due_at"]
    return after | {"state": "given_up"}
