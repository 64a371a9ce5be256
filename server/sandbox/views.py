"""Documents as the wire shows them, as far as a shop without cards of its own needs them.

After Hyperswitch's ``PaymentsResponse``, ``RefundResponse`` and ``DisputeResponse`` (version 1).
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from server.sandbox.config import PREFIX
from storage import Document

MERCHANT_ID = "bandstand"
CONNECTOR = "sandbox"

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

View = dict[str, Any]


def iso8601(unix_ms: int) -> str:
    """Write a time as Hyperswitch does: ``2026-01-31T20:00:00.000Z``."""
    time = EPOCH + timedelta(milliseconds=unix_ms)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def payment_view(payment_id: str, doc: Document, public_url: str) -> View:
    """Show a payment, with the page where it is paid."""
    declined = doc["status"] == "failed"
    return {
        "payment_id": payment_id,
        "merchant_id": MERCHANT_ID,
        "status": doc["status"],
        "amount": doc["amount"],
        "net_amount": doc["amount"],
        "amount_capturable": 0,
        "amount_received": doc["captured"],
        "currency": doc["currency"],
        "description": doc["description"],
        "return_url": doc["return_url"],
        "metadata": json.loads(doc["metadata"]),
        "capture_method": "automatic",
        "connector": CONNECTOR,
        "payment_link": {
            "link": f"{public_url}{PREFIX}/pay/{payment_id}",
            "payment_link_id": f"plink_{payment_id}",
        },
        "error_code": "card_declined" if declined else None,
        "error_message": "The payment was declined on the sandbox's page" if declined else None,
        "created": iso8601(doc["created_at"]),
        "updated": iso8601(doc["updated_at"]),
    }


def refund_view(refund_id: str, doc: Document) -> View:
    """Show a refund; ``connector_refund_id`` is the provider's own id of it."""
    return {
        "refund_id": refund_id,
        "payment_id": doc["payment"],
        "connector_refund_id": doc["connector_refund_id"],
        "amount": doc["amount"],
        "currency": doc["currency"],
        "status": doc["status"],
        "reason": doc["reason"],
        "metadata": json.loads(doc["metadata"]),
        "error_code": doc["error_code"],
        "error_message": doc["error_message"],
        "connector": CONNECTOR,
        "created_at": iso8601(doc["created_at"]),
        "updated_at": iso8601(doc["updated_at"]),
    }


def dispute_view(dispute_id: str, doc: Document) -> View:
    """Show a dispute; its amount is a text, as Hyperswitch has it."""
    return {
        "dispute_id": dispute_id,
        "payment_id": doc["payment"],
        "attempt_id": f"{doc['payment']}_1",
        "amount": str(doc["amount"]),
        "currency": doc["currency"],
        "dispute_stage": "dispute",
        "dispute_status": doc["status"],
        "connector": CONNECTOR,
        "connector_status": doc["status"],
        "connector_dispute_id": dispute_id,
        "created_at": iso8601(doc["created_at"]),
        "connector_updated_at": iso8601(doc["updated_at"]),
    }
