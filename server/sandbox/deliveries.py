"""Sends the webhooks that are due, again and again until the shop has taken each."""

import math
from collections.abc import AsyncIterator, Mapping
from typing import Protocol

import httpx
import structlog
import trio

from server.sandbox.bank import Bank
from server.sandbox.webhooks import SIGNATURE_HEADER, acknowledged, failed, sign
from storage import Conflict, Document, Put, Row

DELIVERY_TIMEOUT_S = 5.0
"""For one attempt, from the connection to the answer's head."""
DELIVERIES_AT_ONCE_COUNT = 16

log = structlog.get_logger()


class Post(Protocol):
    """Posts bodies to a URL."""

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int | None:
        """Make one attempt: the answer's status, or None where none came. It never raises."""
        ...

    async def aclose(self) -> None:
        """Give up what it holds."""
        ...


class HttpPost:
    """``Post`` over HTTP. The answer's body is left unread, and no redirect is followed."""

    def __init__(self) -> None:
        limits = httpx.Limits(max_connections=DELIVERIES_AT_ONCE_COUNT)
        self._client = httpx.AsyncClient(
            timeout=DELIVERY_TIMEOUT_S, limits=limits, trust_env=False, follow_redirects=False
        )

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int | None:
        """Make one attempt."""
        request = self._client.build_request("POST", url, content=body, headers=dict(headers))
        request.stream = _OnePiece(body)
        try:
            answer = await self._client.send(request, stream=True)
            await answer.aclose()
        except httpx.HTTPError:
            return None
        return answer.status_code

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


class _OnePiece(httpx.AsyncByteStream):
    """A body, without the async generator that httpx's own leaves open where it is cancelled."""

    def __init__(self, body: bytes) -> None:
        self._left = [body]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()


class Deliveries:
    """The outbox of webhooks, which is the store: what is due there is sent, also after a crash."""

    def __init__(self, bank: Bank, post: Post) -> None:
        self._bank = bank
        self._post = post
        self._in_flight: dict[str, trio.Event] = {}

    async def start_due(self, nursery: trio.Nursery) -> float:
        """Begin to send what is due; return the seconds until the next is.

        When one has been sent, ``bank.webhook_due`` rings.
        """
        rows = await self._bank.store.find(
            "webhooks",
            {},
            sort="due_at",
            limit=DELIVERIES_AT_ONCE_COUNT + len(self._in_flight),
        )
        for row in rows:
            if row.id in self._in_flight:
                continue
            wait_ms: int = row.doc["due_at"] - self._bank.clock.now_ms()
            if wait_ms > 0:
                return wait_ms / 1000
            if len(self._in_flight) >= DELIVERIES_AT_ONCE_COUNT:
                return math.inf
            # Entered before the task begins, or the next look would start it once more.
            self._in_flight[row.id] = trio.Event()
            nursery.start_soon(self._send_if_due, row.id)
        return math.inf

    async def deliver_now(self, webhook_id: str) -> None:
        """Make one attempt even before its time, or wait for the one that is under way."""
        if (under_way := self._in_flight.get(webhook_id)) is not None:
            await under_way.wait()
            return
        self._in_flight[webhook_id] = trio.Event()
        await self._send(webhook_id, latest_ms=None)

    async def _send_if_due(self, webhook_id: str) -> None:
        await self._send(webhook_id, latest_ms=self._bank.clock.now_ms())

    async def _send(self, webhook_id: str, latest_ms: int | None) -> None:
        """Read it anew, for another task may have sent it since it was found; then send it."""
        try:
            row = await self._bank.store.get("webhooks", webhook_id)
            due_at = row.doc.get("due_at") if row else None
            if row and due_at is not None and (latest_ms is None or due_at <= latest_ms):
                after = await self._attempt(row)
                await self._bank.store.commit(Put("webhooks", row.id, after, row.version))
        except Conflict:
            log.debug("webhook_sent_anew", webhook=webhook_id)  # it was made due again meanwhile
        finally:
            self._in_flight.pop(webhook_id).set()
            self._bank.webhook_due.ring()

    async def _attempt(self, row: Row) -> Document:
        config = self._bank.config
        body = row.doc["body"].encode()
        headers = {
            "Content-Type": "application/json",
            SIGNATURE_HEADER: sign(config.webhook_secret, body),
        }
        status = None
        with trio.move_on_after(DELIVERY_TIMEOUT_S):
            status = await self._post(config.webhook_url, body, headers)
        now_ms = self._bank.clock.now_ms()
        if status is not None and 200 <= status < 300:
            return acknowledged(row.doc, status, now_ms)
        log.info(
            "webhook_not_taken", event_type=row.doc["event_type"], webhook=row.id, status=status
        )
        return failed(row.doc, status, now_ms, config.retry_factor)
