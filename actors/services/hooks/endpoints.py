"""The endpoints of a stream's webhooks, as its owner makes, sees and changes them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import trio

from actors.ids import is_id, new_id
from actors.ports import Clock
from actors.services.hooks.address import good_url
from actors.services.hooks.events import EVENT_TYPES
from actors.services.hooks.line import Line, Try, read_line, write_line
from actors.services.hooks.signing import new_secret
from actors.services.public_addresses import names_private_address
from actors.services.sealing import Sealing
from actors.services.streams import Stream
from storage.api import Conflict, Delete, Document, Put, Row, Store

ENDPOINTS = "hook_endpoints"
LINES = "hook_lines"
ENDPOINT_PREFIX = "whk"
MAX_ENDPOINTS_PER_STREAM = 5
ROTATION_OVERLAP_MS = 24 * 3_600_000
"""How long a secret that was replaced signs beside the new one."""
MAX_ROUNDS = 5
"""How often a write is tried that others came before."""

Plan = Callable[[Row], Awaitable[list[Put | Delete]]]
"""Changes an endpoint's document, and gives the writes of one commit."""


class HookError(Exception):
    """Codes: webhook_not_found, too_many_webhooks, invalid_url, private_address,
    webhook_secret_lost.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a stream's events are sent. Times are Unix milliseconds.

    ``disabled_reason`` says why it is off; ``failing_since`` is set while nothing is taken.
    """

    id: str
    stream: str
    url: str
    events: tuple[str, ...]
    enabled: bool
    created_at: int
    disabled_reason: str | None
    disabled_at: int | None
    failing_since: int | None


@dataclass(frozen=True, slots=True)
class History:
    """The latest tries, the newest first, and how many events wait."""

    tries: tuple[Try, ...]
    waiting: int


class Endpoints:
    """The owner's side of webhooks. Without ``private``, only public addresses are taken."""

    def __init__(self, store: Store, sealing: Sealing, clock: Clock, *, private: bool) -> None:
        self._store = store
        self._sealing = sealing
        self._clock = clock
        self._private = private
        self._adding = trio.Lock()

    async def add(
        self, stream: Stream, url: str, events: Sequence[str] | None, *, enabled: bool
    ) -> tuple[Endpoint, str]:
        """Make an endpoint; give it and its secret, which nobody can read again. HookError."""
        good = self._url(url)
        async with self._adding:
            if len(await self._rows(stream.id)) >= MAX_ENDPOINTS_PER_STREAM:
                most = f"A stream has at most {MAX_ENDPOINTS_PER_STREAM} webhooks."
                raise HookError("too_many_webhooks", most)
            endpoint_id, secret = new_id(ENDPOINT_PREFIX), new_secret()
            doc: Document = {
                "stream": stream.id,
                "owner": stream.owner,
                "url": good,
                "events": _in_order(events),
                "enabled": enabled,
                "created_at": self._clock.now_ms(),
                "secret_sealed": self._sealing.seal(secret, endpoint_id),
            }
            if not enabled:
                doc |= self._off()
            await self._store.commit(
                Put(ENDPOINTS, endpoint_id, doc, 0), Put(LINES, endpoint_id, write_line(Line()), 0)
            )
        return read_endpoint(Row(endpoint_id, 1, doc)), secret

    async def of_stream(self, stream_id: str) -> list[Endpoint]:
        """Return a stream's endpoints, the oldest first."""
        return [read_endpoint(row) for row in await self._rows(stream_id)]

    async def get(self, stream_id: str, endpoint_id: str) -> Endpoint:
        """Return one endpoint. HookError."""
        return read_endpoint(await self._row(stream_id, endpoint_id))

    async def change(
        self,
        stream_id: str,
        endpoint_id: str,
        *,
        url: str | None = None,
        events: Sequence[str] | None = None,
        enabled: bool | None = None,
    ) -> Endpoint:
        """Change what is not None. HookError, Conflict.

        What waits goes to the new URL. One that is enabled, also where it was so already, has
        what waits sent at once.
        """
        fields: Document = {}
        if url is not None:
            fields["url"] = self._url(url)
        if events is not None:
            fields["events"] = _in_order(events)

        async def plan(row: Row) -> list[Put | Delete]:
            row.doc.update(fields)
            switched = [] if enabled is None else await self._switch(row, enabled=enabled)
            return [Put(ENDPOINTS, row.id, row.doc, row.version), *switched]

        return read_endpoint(await self._rewrite(stream_id, endpoint_id, plan))

    async def rotate(self, stream_id: str, endpoint_id: str) -> tuple[Endpoint, str]:
        """Make a new secret; the old one signs beside it for a day. HookError, Conflict."""
        secret = new_secret()

        async def plan(row: Row) -> list[Put | Delete]:
            row.doc["old_secret_sealed"] = row.doc["secret_sealed"]
            row.doc["old_secret_until"] = self._clock.now_ms() + ROTATION_OVERLAP_MS
            row.doc["secret_sealed"] = self._sealing.seal(secret, row.id)
            return [Put(ENDPOINTS, row.id, row.doc, row.version)]

        return read_endpoint(await self._rewrite(stream_id, endpoint_id, plan)), secret

    async def remove(self, stream_id: str, endpoint_id: str) -> None:
        """Take an endpoint away, with all that waits for it. HookError, Conflict."""

        async def plan(row: Row) -> list[Put | Delete]:
            line = await self._store.get(LINES, row.id)
            gone = [] if line is None else [Delete(LINES, line.id, line.version)]
            return [Delete(ENDPOINTS, row.id, row.version), *gone]

        await self._rewrite(stream_id, endpoint_id, plan)

    async def history(self, stream_id: str, endpoint_id: str) -> History:
        """Return what was tried of late. HookError."""
        await self._row(stream_id, endpoint_id)
        row = await self._store.get(LINES, endpoint_id)
        line = Line() if row is None else read_line(row.doc)
        return History(line.tries[::-1], len(line.waiting))

    async def _rewrite(self, stream_id: str, endpoint_id: str, plan: Plan) -> Row:
        """Commit what ``plan`` makes of an endpoint, read anew where others came before."""
        rounds = 0
        while True:
            row = await self._row(stream_id, endpoint_id)
            try:
                await self._store.commit(*await plan(row))
            except Conflict:
                rounds += 1
                if rounds == MAX_ROUNDS:
                    raise
            else:
                return row

    async def _switch(self, row: Row, *, enabled: bool) -> list[Put]:
        """Turn an endpoint on or off in ``row.doc``; give the writes that go with it."""
        row.doc["enabled"] = enabled
        for name in ("disabled_reason", "disabled_at", "failing_since", "due_at"):
            row.doc.pop(name, None)
        if not enabled:
            row.doc.update(self._off())
            return []
        line_row = await self._store.get(LINES, row.id)
        if line_row is None:
            return []
        now_ms = self._clock.now_ms()
        line = read_line(line_row.doc).hurried(now_ms)
        if line.waiting:
            row.doc["due_at"] = now_ms
        return [Put(LINES, row.id, write_line(line), line_row.version)]

    def _off(self) -> Document:
        return {"disabled_reason": "Switched off.", "disabled_at": self._clock.now_ms()}

    def _url(self, text: str) -> str:
        try:
            url = good_url(text)
        except ValueError as error:
            raise HookError("invalid_url", f"url: {error}") from None
        if not self._private and names_private_address(url):
            raise HookError("private_address", "url: must be an address of the public internet")
        return url

    async def _rows(self, stream_id: str) -> list[Row]:
        return await self._store.find(
            ENDPOINTS, {"stream": stream_id}, sort="created_at", limit=MAX_ENDPOINTS_PER_STREAM
        )

    async def _row(self, stream_id: str, endpoint_id: str) -> Row:
        known = is_id(endpoint_id, ENDPOINT_PREFIX)
        row = await self._store.get(ENDPOINTS, endpoint_id) if known else None
        if row is None or row.doc["stream"] != stream_id:
            raise HookError("webhook_not_found", "There is no such webhook.")
        return row


def read_endpoint(row: Row) -> Endpoint:
    """Read a document of the collection."""
    doc = row.doc
    return Endpoint(
        id=row.id,
        stream=doc["stream"],
        url=doc["url"],
        events=tuple(doc["events"]),
        enabled=doc["enabled"],
        created_at=doc["created_at"],
        disabled_reason=doc.get("disabled_reason"),
        disabled_at=doc.get("disabled_at"),
        failing_since=doc.get("failing_since"),
    )


def _in_order(events: Sequence[str] | None) -> list[str]:
    """All events, or those that are wanted, each once."""
    return [each for each in EVENT_TYPES if events is None or each in events]
