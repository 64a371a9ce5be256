"""Signatures, by which an endpoint knows that a webhook is ours, and not an old one repeated."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence

SIGNATURE_HEADER = "Bandstand-Signature"
SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"  # noqa: S105 - what tells such secrets from others


def new_secret() -> str:
    """Return a new secret: its prefix, and 43 characters that need no escape anywhere."""
    return SECRET_PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def signature(signing: Sequence[str], unix_s: int, body: bytes) -> str:
    """Return the header's value: ``t=UNIX_SECONDS,v1=HEX``, one ``v1`` for each secret.

    Each is the HMAC-SHA256, in lower-case hex, of the time in digits, a full stop and the exact
    bytes of the body. The key is the whole secret as text, with its prefix.
    """
    signed = str(unix_s).encode() + b"." + body
    digests = (hmac.new(each.encode(), signed, hashlib.sha256).hexdigest() for each in signing)
    return ",".join([f"t={unix_s}", *(f"v1={digest}" for digest in digests)])
