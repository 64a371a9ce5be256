"""Webhooks as the payment provider sends them: Hyperswitch's shape, signed."""

import hashlib
import hmac
import json
from typing import Any

from actors.ports import PspNotice

WEBHOOK_SECRET = b"what the provider signs with"
WEBHOOK_PATH = "/api/v1/webhooks/hyperswitch"


def webhook(notice: PspNotice) -> bytes:
    """Write a notice as the provider would."""
    members: dict[str, Any] = {
        "payment_id": notice.payment_id or None,
        "amount": notice.amount,
        "currency": notice.currency,
        "status": notice.status,
    }
    if notice.kind == "refund":
        members["refund_id"] = notice.refund_id
    if notice.kind == "payment" and notice.status == "succeeded":
        members["amount_received"] = notice.amount
    return json.dumps(
        {
            "merchant_id": "merchant",
            "event_id": notice.event_id,
            "event_type": notice.event_type,
            "content": {"type": f"{notice.kind}_details", "object": members},
        }
    ).encode()


def signed(body: bytes, secret: bytes = WEBHOOK_SECRET) -> dict[str, str]:
    """Give the headers that the provider sends with a body."""
    signature = hmac.new(secret, body, hashlib.sha512).hexdigest()
    return {"X-Webhook-Signature-512": signature, "Content-Type": "application/json"}
