"""The provider's webhooks: is one genuine, and what does it say (design page "Money").

The caller verifies the exact bytes first and reads them after.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from actors.ports import PspNotice
from server.psp.fields import (
    MAX_CODE_CHARS,
    BadField,
    Members,
    amount,
    currency,
    identifier,
    needed,
    remark,
    word,
)
from server.psp.hyperswitch_answers import captured
from server.psp.strict_json import BadJson, read_object

SIGNATURE_HEADER = "X-Webhook-Signature-512"
MAX_WEBHOOK_BYTES = 256 * 1024
MAX_WEBHOOK_DEPTH = 32

Kind = Literal["payment", "refund", "dispute"]


class BadNotice(Exception):
    """A webhook that cannot be used: ``invalid_request`` or ``missing_refund_id``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def verify(body: bytes, signature: str | None, secrets: Sequence[bytes]) -> bool:
    """Tell whether one of ``secrets`` signed this very body: lowercase hex of HMAC-SHA512.

    Whatever else stands in the header is no signature, and no error. It takes as long for a wrong
    signature as for a right one.
    """
    given = (signature or "").encode(errors="replace")
    genuine = False
    for secret in secrets:  # the new and the old one while they are rotated; no early way out
        expected = hmac.new(secret, body, hashlib.sha512).hexdigest().encode()
        genuine |= hmac.compare_digest(expected, given)
    return genuine


def is_refund_event(payload: Mapping[str, object]) -> bool:
    """Tell refunds from payments: by the event's type, or by a refund id, flat or nested."""
    event_type = payload.get("event_type")
    named = isinstance(event_type, str) and "refund" in event_type.lower()
    return named or bool(_flattened(payload).get("refund_id"))


def read_notice(body: bytes) -> PspNotice:
    """Read a webhook of any of the shapes in use: flat, ``object.*``, ``content.object.*``.

    An event without an id of its own has the body's SHA-256 for it. Where the object has no
    status, the event's type says it. BadNotice.
    """
    if len(body) > MAX_WEBHOOK_BYTES:
        raise BadNotice("invalid_request", f"longer than {MAX_WEBHOOK_BYTES} bytes")
    try:
        return _notice(read_object(body, MAX_WEBHOOK_DEPTH), body)
    except (BadJson, BadField) as error:
        raise BadNotice("invalid_request", str(error)) from None


def _notice(payload: Members, body: bytes) -> PspNotice:
    event_id = identifier(payload, "event_id") or f"sha256:{hashlib.sha256(body).hexdigest()}"
    event_type = word(payload, "event_type")
    members = _flattened(payload)
    kind = _kind(payload, event_type, members)
    if kind is None:
        return PspNotice(event_id, "other", event_type, "")
    refund_id = identifier(members, "refund_id") if kind == "refund" else ""
    if kind == "refund" and not refund_id:
        raise BadNotice("missing_refund_id", "a refund's event without refund_id")
    payment_id = identifier(members, "payment_id")
    dispute_id = identifier(members, "dispute_id") if kind == "dispute" else ""
    if kind == "dispute":
        needed(dispute_id, "dispute_id")
    if kind != "refund":
        needed(payment_id, "payment_id")
    status = _status(kind, event_type, members)
    return PspNotice(
        event_id,
        kind,
        event_type,
        status,
        payment_id=payment_id,
        refund_id=refund_id,
        dispute_id=dispute_id,
        amount=_amount(kind, status, members),
        currency=currency(members, "currency"),
        error_code=remark(members, "error_code", MAX_CODE_CHARS),
        error_message=remark(members, "error_message"),
        # A payment calls it "updated".
        updated_at=remark(members, "updated_at") or remark(members, "updated"),
    )


def _kind(payload: Members, event_type: str, members: Members) -> Kind | None:
    if is_refund_event(payload):
        return "refund"
    if event_type.startswith("dispute_") or members.get("dispute_id"):
        return "dispute"
    if event_type.startswith("payment_") or members.get("payment_id"):
        return "payment"
    return None


def _status(kind: Kind, event_type: str, members: Members) -> str:
    if kind == "dispute":
        named = event_type if event_type.startswith("dispute_") else word(members, "dispute_status")
        return named.removeprefix("dispute_")
    said = re.search(rf"{kind}[._](\w+)", event_type)
    return word(members, "status") or (said.group(1) if said else "")


def _amount(kind: Kind, status: str, members: Members) -> int | None:
    if kind == "payment":
        return captured(status, members)
    return amount(members, "amount", digits=kind == "dispute")


def _flattened(payload: Members) -> dict[str, object]:
    """Bring the members of the nested objects to the top; the innermost that has one counts."""
    content = _object(payload, "content")
    merged = dict(payload)
    for each in (_object(payload, "object"), _object(content, "object")):
        merged.update((name, value) for name, value in each.items() if value is not None)
    return merged


def _object(payload: Members, name: str) -> Members:
    value = payload.get(name)
    return value if isinstance(value, dict) else {}
