"""What the sandbox keeps, in a file of its own: its truth does not come from Bandstand's."""

from storage.declaring import Collection, Migration, Schema, by

SCHEMA = Schema(
    collections=(
        Collection(
            "payments",
            fields={"created_at": int},
            indexes=(by("created_at"),),
        ),
        Collection(
            "refunds",
            fields={"payment": str, "created_at": int, "settle_at": int},
            indexes=(by("payment", "created_at"), by("created_at"), by("settle_at")),
        ),
        Collection(
            "disputes",
            fields={"payment": str, "created_at": int},
            indexes=(by("payment", "created_at"),),
        ),
        Collection(
            "transfers",
            fields={"transfer_group": str, "destination": str, "created_at": int},
            indexes=(
                by("created_at"),
                by("transfer_group", "created_at"),
                by("destination", "created_at"),
                by("transfer_group", "destination", "created_at"),
            ),
        ),
        Collection(
            "keys",
            fields={},
            indexes=(),
        ),
        Collection(
            "webhooks",
            fields={"due_at": int},
            indexes=(by("due_at"),),
        ),
    ),
    migrations=(Migration(1, "the first collections"),),
)
"""Times are int64 milliseconds since 1970.

payments: {amount, currency, description, return_url, metadata (JSON text), status
"requires_payment_method" | "succeeded" | "failed" | "cancelled", captured, refunded (all that has
not failed), refund_count, lost (to disputes), created_at, updated_at}
refunds: {payment, amount, currency, status, reason, metadata, error_code, error_message,
connector_refund_id, created_at, updated_at, settle_at and settles (until it has settled)}
disputes: {payment, amount, currency, status, created_at, updated_at}
transfers: {amount, currency, destination, transfer_group, description, metadata (JSON text),
reversals [{id, amount, created_at}], reversed (sum), created_at}
keys: id SHA-256 of the idempotency key: {request_hash, status, body (JSON text)}, for ever
webhooks: {payment, event_type, body (exact text), state, attempts, copies, created_at, due_at
(while it is to be sent), acknowledged_at?, last_status?}
"""
