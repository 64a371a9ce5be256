"""What is sent: the bodies of webhooks, and the headers that go with them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from actors.services.hooks import PING, SIGNATURE_HEADER, Event, signature

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
USER_AGENT = "Bandstand-Webhooks"


def event_body(public_url: str) -> Callable[[Event], str]:
    """Give what writes an event; ``public_url`` is what its links begin with."""

    def write(event: Event) -> str:
        facts = dict(event.facts)
        stream = {
            "id": event.stream,
            **facts,
            "started_at": _time(facts["started_at"]),
            "ended_at": _time(facts["ended_at"]),
            "page_url": f"{public_url}/s/{event.stream}",
            "hls_url": f"{public_url}/live/{event.stream}/index.m3u8",
        }
        body = {
            "id": event.id,
            "type": event.type,
            "created_at": _time(event.created_at),
            "sequence": event.sequence,
            "data": {"stream": stream},
        }
        return _json(body)

    return write


def ping_body(event_id: str, now_ms: int, stream_id: str) -> str:
    """Write a ping."""
    data = {"stream": {"id": stream_id}}
    return _json({"id": event_id, "type": PING, "created_at": _time(now_ms), "data": data})


def signed_headers(secrets: tuple[str, ...], now_ms: int, body: bytes) -> dict[str, str]:
    """Give the headers of one try: each is signed anew, with its own time."""
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        SIGNATURE_HEADER: signature(secrets, now_ms // 1000, body),
    }


def _time(unix_ms: int | None) -> str | None:
    """Write a time as the API does: RFC 3339, in UTC."""
    if unix_ms is None:
        return None
    time = EPOCH + timedelta(milliseconds=unix_ms)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
