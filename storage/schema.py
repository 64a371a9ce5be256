"""What Bandstand stores, declared once for every engine.

To add an index, add a line to its collection below, and to ``fields`` what it names. Each engine
makes missing indexes and drops undeclared ones when it opens, so old data needs nothing else.
Once a version has been released, also add a ``Migration`` line: its number is what stops an
older program from opening data that a newer one has written. A change of the documents
themselves is a migration with ``rewrites``.
"""

from storage.declaring import Collection, Migration, Schema, by, unique

SCHEMA = Schema(
    collections=(
        Collection(
            "users",
            fields={"email": str},
            indexes=(unique("email"),),
        ),
        Collection(
            "refresh_tokens",
            fields={"user": str, "expires_at": int},
            indexes=(by("user", "expires_at"),),
        ),
        Collection("logouts", fields={"at": int}, indexes=(by("at"),)),
        Collection(
            "streams",
            fields={
                "owner": str,
                "on_air": bool,
                "key_hash": str,
                "created_at": int,
                "started_at": int,
            },
            indexes=(
                unique("key_hash"),
                by("created_at"),
                by("owner", "created_at"),
                by("on_air", "started_at"),
            ),
        ),
        Collection("stream_events", fields={"sequence": int}, indexes=(by("sequence"),)),
        Collection(
            "hook_endpoints",
            fields={"stream": str, "created_at": int, "due_at": int},
            indexes=(by("stream", "created_at"), by("due_at")),
        ),
        Collection("hook_lines", fields={}, indexes=()),
        Collection("forwards", fields={}, indexes=()),
        Collection(
            "rooms",
            fields={
                "owner": str,
                "created_at": int,
                "first": str,
                "second": str,
                "spoken_at": int,
            },
            indexes=(
                by("owner", "created_at"),
                by("first", "spoken_at"),
                by("second", "spoken_at"),
            ),
        ),
        Collection(
            "blocks",
            fields={"by": str, "at": int},
            indexes=(by("by", "at"),),
        ),
        Collection("block_counts", fields={}, indexes=()),
        Collection("room_settings", fields={}, indexes=()),
        Collection(
            "room_roles",
            fields={"room": str, "at": int},
            indexes=(by("room", "at"),),
        ),
        Collection(
            "room_sanctions",
            fields={"room": str, "kind": str, "at": int},
            indexes=(by("room", "at"), by("room", "kind", "at")),
        ),
        Collection(
            "room_pending",
            fields={"room": str, "at": int},
            indexes=(by("room", "at"),),
        ),
        Collection(
            "room_audit",
            fields={"room": str, "at": int},
            indexes=(by("room", "at"),),
        ),
        Collection(
            "room_events",
            fields={"room": str, "kind": str, "offset": int, "user": str, "client_id": str},
            indexes=(
                unique("room", "offset"),
                unique("room", "user", "client_id"),
                by("room", "kind", "offset"),
                by("room", "kind", "user", "offset"),
            ),
        ),
        Collection(
            "room_reports",
            fields={"room": str, "at": int},
            indexes=(by("room", "at"),),
        ),
        Collection(
            "room_purges",
            fields={"room": str, "user": str, "before": int},
            indexes=(unique("room", "user"), by("before")),
        ),
        Collection("reactions", fields={}, indexes=()),
        Collection(
            "reaction_sums",
            fields={"room": str, "offset": int},
            indexes=(by("room", "offset"),),
        ),
        Collection(
            "products",
            fields={"seller": str, "stream": str, "cancelling": bool, "created_at": int},
            indexes=(
                by("created_at"),
                by("seller", "created_at"),
                by("stream", "created_at"),
                by("cancelling", "created_at"),
            ),
        ),
        Collection(
            "orders",
            fields={
                "buyer": str,
                "seller": str,
                "payment_id": str,
                "idempotency_key": str,
                "created_at": int,
                "due_at": int,
            },
            indexes=(
                unique("payment_id"),
                unique("buyer", "idempotency_key"),
                by("created_at"),
                by("buyer", "created_at"),
                by("seller", "created_at"),
                by("due_at"),
            ),
        ),
        Collection(
            "refunds",
            fields={"order": str, "psp_id": str, "created_at": int},
            indexes=(unique("psp_id"), by("order", "created_at"), by("created_at")),
        ),
        Collection(
            "licences",
            fields={
                "order": str,
                "product": str,
                "user": str,
                "stream": str,
                "recording": str,
                "status": str,
                "created_at": int,
                "revoked_at": int,
            },
            indexes=(
                by("order", "created_at"),
                by("user", "product", "status", "created_at"),
                by("user", "stream", "status", "created_at"),
                by("user", "recording", "status", "created_at"),
                by("product", "status", "created_at"),
                by("stream", "revoked_at"),
            ),
        ),
        Collection(
            "transfers",
            fields={"order": str, "seller": str, "created_at": int},
            indexes=(by("order", "created_at"), by("seller", "created_at")),
        ),
        Collection(
            "journal",
            fields={"cause": str, "order": str, "seller": str, "at": int},
            indexes=(unique("cause"), by("order", "at"), by("seller", "at"), by("at")),
        ),
        Collection(
            "balances",
            fields={"seller": str, "currency": str},
            indexes=(unique("seller", "currency"),),
        ),
        Collection("payout_accounts", fields={}, indexes=()),
        Collection(
            "inbox",
            fields={"state": str, "received_at": int},
            indexes=(by("state", "received_at"),),
        ),
        Collection(
            "order_events",
            fields={"order": str, "seq": int},
            indexes=(unique("order", "seq"),),
        ),
    ),
    migrations=(
        Migration(1, "the first collections"),
        Migration(2, "products, orders and their money"),
        Migration(3, "more kinds of a room's events, and reactions"),
        Migration(4, "who keeps order in a room, and how"),
        Migration(5, "direct rooms, and who has blocked whom"),
        Migration(6, "who has signed out everywhere"),
        Migration(7, "webhooks out"),
        Migration(8, "forwards to other servers"),
    ),
)
"""What Bandstand stores. Times are int64 milliseconds since 1970."""
