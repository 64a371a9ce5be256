"""The sender's side of webhooks: from the outbox into the lines, and what came of each try."""

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from actors.ids import new_id
from actors.ports import Clock
from actors.services.hooks.endpoints import ENDPOINTS, LINES, HookError
from actors.services.hooks.events import (
    EVENT_PREFIX,
    OUTBOX,
    PING,
    STREAM_DELETED,
    Event,
    read_event,
)
from actors.services.hooks.line import RETRY_FOR_MS, Answer, Line, Waiting, read_line, write_line
from actors.services.sealing import SealBroken, Sealing
from storage.api import Conflict, Cursor, Delete, Document, Put, Row, Store

PAGE_ROWS = 100
GONE_STATUS = 410
SECRET_LOST = "The server's own secret was changed: make a new one for this webhook, and enable it."  # noqa: S105 - says why

Render = Callable[[Event], str]
"""Writes an event as the body that is sent."""


@dataclass(frozen=True, slots=True)
class Due:
    """An endpoint that has something to be sent to it at ``due_at``, and whose it is."""

    id: str
    owner: str
    due_at: int


@dataclass(frozen=True, slots=True)
class Job:
    """An event to send now. ``secrets`` sign it, the newest first."""

    endpoint: str
    url: str
    secrets: tuple[str, ...]
    waiting: Waiting


class Outbox:
    """What is to be sent, as the store has it; two that write at once see to it by versions."""

    def __init__(self, store: Store, sealing: Sealing, clock: Clock, render: Render) -> None:
        self._store = store
        self._sealing = sealing
        self._clock = clock
        self._render = render

    async def fan_out(self) -> None:
        """Put each event that was kept into the lines of those who want it. StoreError.

        A stream's events come in their order, for they are read by its own count of them.
        """
        while True:
            rows = await self._store.find(OUTBOX, {}, sort="sequence", limit=PAGE_ROWS)
            for row in rows:
                await self._distribute(row)
            if len(rows) < PAGE_ROWS:
                return

    async def due(self, after: Cursor | None) -> tuple[list[Due], Cursor | None]:
        """Return a page of endpoints that something waits for, the longest due first."""
        rows = await self._store.find(ENDPOINTS, {}, sort="due_at", after=after, limit=PAGE_ROWS)
        page = [Due(row.id, row.doc["owner"], row.doc["due_at"]) for row in rows]
        more = len(rows) == PAGE_ROWS
        return page, (page[-1].due_at, page[-1].id) if more else None

    async def next_job(self, endpoint_id: str) -> Job | None:
        """Return what is to be sent to an endpoint now. StoreError, SealBroken."""
        row = await self._store.get(ENDPOINTS, endpoint_id)
        line_row = await self._store.get(LINES, endpoint_id)
        if row is None or line_row is None or not row.doc["enabled"]:
            return None
        waiting = read_line(line_row.doc).next()
        if waiting is None or waiting.due_at > self._clock.now_ms():
            return None
        return Job(row.id, row.doc["url"], self._secrets(row), waiting)

    async def ping_job(self, endpoint_id: str, body: Callable[[str, int], str]) -> Job:
        """Return a ping to send now; ``body`` writes it from its id and time.

        HookError.
        """
        row = await self._store.get(ENDPOINTS, endpoint_id)
        if row is None:
            raise HookError("webhook_not_found", "There is no such webhook.")
        try:
            secrets = self._secrets(row)
        except SealBroken:
            raise HookError("webhook_secret_lost", SECRET_LOST) from None
        event_id, now_ms = new_id(EVENT_PREFIX), self._clock.now_ms()
        waiting = Waiting(event_id, PING, body(event_id, now_ms), now_ms)
        return Job(row.id, row.doc["url"], secrets, waiting)

    async def settle(self, job: Job, answer: Answer) -> None:
        """Write down what came of sending an event. StoreError, but for Conflict."""
        dice = random.random()  # noqa: S311 - spreads retries, guards nothing
        while True:
            row = await self._store.get(ENDPOINTS, job.endpoint)
            line_row = await self._store.get(LINES, job.endpoint)
            if row is None or line_row is None:
                return
            now_ms = self._clock.now_ms()
            line = read_line(line_row.doc).tried(job.waiting, answer, now_ms, dice)
            doc = _judged(row.doc, line, answer, now_ms)
            if await self._commit(_writes(row, doc, line_row, line)):
                return

    async def switch_off(self, endpoint_id: str) -> None:
        """Stop an endpoint for which nothing can be signed. StoreError."""
        row = await self._store.get(ENDPOINTS, endpoint_id)
        line_row = await self._store.get(LINES, endpoint_id)
        if row is not None and line_row is not None:
            off = _switched_off(row.doc, SECRET_LOST, self._clock.now_ms())
            await self._store.commit(*_writes(row, off, line_row, read_line(line_row.doc)))

    async def settle_ping(self, job: Job, answer: Answer) -> None:
        """Write down what came of a ping. StoreError, but for Conflict."""
        while True:
            line_row = await self._store.get(LINES, job.endpoint)
            if line_row is None:
                return
            now_ms = self._clock.now_ms()
            line = read_line(line_row.doc).pinged(job.waiting.event, answer, now_ms)
            if await self._commit([Put(LINES, line_row.id, write_line(line), line_row.version)]):
                return

    async def _distribute(self, kept: Row) -> None:
        event = read_event(kept)
        body = "" if event.type == STREAM_DELETED else self._render(event)
        while True:
            ops: list[Put | Delete] = [Delete(OUTBOX, kept.id, kept.version)]
            rows = await self._store.find(
                ENDPOINTS, {"stream": event.stream}, sort="created_at", limit=PAGE_ROWS
            )
            for row in rows:
                ops += await self._joining(row, event, body)
            if await self._commit(ops) or await self._store.get(OUTBOX, kept.id) is None:
                return

    async def _joining(self, row: Row, event: Event, body: str) -> list[Put | Delete]:
        """Give what an event changes at one endpoint."""
        wanted = row.doc["enabled"] and event.type in row.doc["events"]
        if not wanted and event.type != STREAM_DELETED:
            return []
        line_row = await self._store.get(LINES, row.id)
        assert line_row is not None, "an endpoint and its line come and go in one commit"
        line = read_line(line_row.doc)
        if event.type == STREAM_DELETED:
            return _writes(row, row.doc | {"orphaned": True}, line_row, line)
        line = line.join(event.id, event.type, body, self._clock.now_ms())
        return _writes(row, row.doc, line_row, line)

    async def _commit(self, ops: Sequence[Put | Delete]) -> bool:
        try:
            await self._store.commit(*ops)
        except Conflict:
            return False
        return True

    def _secrets(self, row: Row) -> tuple[str, ...]:
        secrets = [self._sealing.open(row.doc["secret_sealed"], row.id)]
        if row.doc.get("old_secret_until", 0) > self._clock.now_ms():
            with suppress(SealBroken):  # then it was replaced for this very reason
                secrets.append(self._sealing.open(row.doc["old_secret_sealed"], row.id))
        return tuple(secrets)


def _judged(doc: Document, line: Line, answer: Answer, now_ms: int) -> Document:
    """Tell how an endpoint stands after a try."""
    after = dict(doc)
    if answer.taken:
        after.pop("failing_since", None)
        return after
    since_ms = after.setdefault("failing_since", now_ms)
    reason = None
    if answer.status == GONE_STATUS:
        reason = "It answered 410 Gone."
    elif now_ms - since_ms >= RETRY_FOR_MS:
        reason = f"It has taken nothing for a day; the last time: {answer.error}."
    if reason is not None and after["enabled"]:
        return _switched_off(after, reason, now_ms)
    return after


def _switched_off(doc: Document, reason: str, now_ms: int) -> Document:
    return doc | {"enabled": False, "disabled_reason": reason, "disabled_at": now_ms}


def _writes(row: Row, doc: Document, line_row: Row, line: Line) -> list[Put | Delete]:
    """Write an endpoint and its line; one whose stream is gone goes when nothing more is sent."""
    following = line.next() if doc["enabled"] else None
    if following is None and doc.get("orphaned"):
        return [Delete(ENDPOINTS, row.id, row.version), Delete(LINES, row.id, line_row.version)]
    after = {name: value for name, value in doc.items() if name != "due_at"}
    if following is not None:
        after["due_at"] = following.due_at
    return [
        Put(ENDPOINTS, row.id, after, row.version),
        Put(LINES, row.id, write_line(line), line_row.version),
    ]
