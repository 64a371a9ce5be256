"""The opening handshake: a request's head in, a 101 or a refusal out (RFC 6455, section 4.2)."""

import binascii
import math
from base64 import b64decode
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from wsproto.utilities import generate_accept_token

from server.door import RequestHead, error_body, status_line
from server.gateway.addresses import TooMuch
from server.gateway.encoding import ENCODINGS, Encoding

KEY_BYTES = 16
VERSION = b"13"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The connection speaks WebSocket once ``response`` is sent."""

    encoding: Encoding
    response: bytes


class Refused(Exception):
    """No WebSocket for this request; ``response`` says why, and the connection closes."""

    def __init__(self, status: int, code: str, message: str, *headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.response = _error_response(status, code, message, headers)


def accept(head: RequestHead, origins: Collection[str]) -> Accepted:
    """Check a request. Refused, unless it is a handshake in one of our subprotocols.

    ``origins`` are those that may call us besides the host itself, such as https://stage.example.
    No extension is ever accepted: compressed frames could not be shared.
    """
    if head.method != "GET" or head.version != "1.1" or not _wants_websocket(head):
        upgrade = "Upgrade: websocket"
        raise Refused(426, "upgrade_required", "Here is only a WebSocket.", upgrade)
    if head.header(b"sec-websocket-version") != VERSION:
        version = f"Sec-WebSocket-Version: {VERSION.decode()}"
        raise Refused(426, "version_unsupported", "WebSocket's version is 13.", version)
    key = head.header(b"sec-websocket-key") or b""
    if not _is_key(key):
        raise Refused(400, "bad_request", "Sec-WebSocket-Key is 16 bytes in base64.")
    if not _is_welcome(head, origins):
        raise Refused(403, "forbidden_origin", "Pages of this origin may not connect.")
    for name in _tokens(head, b"sec-websocket-protocol"):
        if (encoding := ENCODINGS.get(name)) is not None:
            return Accepted(encoding, _switch(key, name))
    known = ", ".join(ENCODINGS)
    raise Refused(400, "subprotocol_required", f"The subprotocols are {known}.")


def refuse_full() -> Refused:
    """Refuse because there are as many connections as may be, or the server goes."""
    return Refused(503, "busy", "No more connections now.", "Retry-After: 5")


def refuse_address(too_much: TooMuch) -> Refused:
    """Refuse because there is too much from the client's address."""
    # Whole seconds, rounded up (RFC 9110, section 10.2.3).
    retry_after = f"Retry-After: {math.ceil(too_much.retry_after_s)}"
    return Refused(429, too_much.code, too_much.message, retry_after)


def _wants_websocket(head: RequestHead) -> bool:
    connection = [token.lower() for token in _tokens(head, b"connection")]
    upgrade = [token.lower() for token in _tokens(head, b"upgrade")]
    return "upgrade" in connection and "websocket" in upgrade


def _tokens(head: RequestHead, name: bytes) -> list[str]:
    values = [value.decode("latin-1") for each, value in head.headers if each == name]
    return [token.strip() for value in values for token in value.split(",")]


def _is_key(key: bytes) -> bool:
    try:
        return len(b64decode(key, validate=True)) == KEY_BYTES
    except binascii.Error:
        return False


def _is_welcome(head: RequestHead, origins: Collection[str]) -> bool:
    origin = head.header(b"origin")
    if origin is None:  # not a browser: nothing of anybody's is lent to it
        return True
    text = origin.decode("latin-1").lower()
    if text in origins:
        return True
    try:
        authority = urlsplit(text).netloc
    except ValueError:
        return False
    host = (head.header(b"host") or b"").decode("latin-1").lower()
    return bool(authority) and authority == host


def _switch(key: bytes, subprotocol: str) -> bytes:
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\nSec-WebSocket-Protocol: %b\r\n\r\n"
        % (generate_accept_token(key), subprotocol.encode())
    )


def _error_response(status: int, code: str, message: str, headers: tuple[str, ...]) -> bytes:
    body, request_id = error_body(code, message)
    lines = [
        status_line(status),
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        f"X-Request-Id: {request_id}",
        "Connection: close",
        *headers,
        "\r\n",
    ]
    return "\r\n".join(lines).encode() + body
