"""The answers that the door and the edge give themselves, without an app: errors in JSON."""

import json
from http import HTTPStatus

from actors.ids import new_id


def error_body(code: str, message: str) -> tuple[bytes, str]:
    """Make the body of an error answer, and the request's id that stands in it."""
    request_id = new_id("req")
    error = {"code": code, "message": message, "details": {}, "request_id": request_id}
    return json.dumps({"error": error}).encode(), request_id


def status_line(status: int) -> str:
    """Write the first line of an answer, such as ``HTTP/1.1 404 Not Found`` (no line end)."""
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"


def refusal(status: int, code: str, message: str) -> bytes:
    """Write a whole answer that refuses a request and announces the connection's end."""
    body, request_id = error_body(code, message)
    head = (
        f"{status_line(status)}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\n"
        "Access-Control-Allow-Origin: *\r\n"
        f"X-Request-Id: {request_id}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
