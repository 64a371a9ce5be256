"""The stream's document: changed at once by its actor, made durable behind it."""

from collections.abc import Callable
from typing import Any

import structlog
import trio

from actors.kernel import Reply
from actors.services.hooks import keep_event, new_event
from storage.api import Delete, Document, Put, Store, StoreUnavailable

log = structlog.get_logger()

COLLECTION = "streams"
RETRY_WRITE_S = 1.0
MAX_UNWRITTEN_EVENTS = 50
"""While nothing can be written; of more, the oldest are lost, and a gap in the count tells it."""


class Record:
    """Coalesces changes into commits, and answers those who wait once theirs is durable.

    Its changes are made by one actor; ``commit`` may run beside it, one at a time. ``announce`` is
    called with the version and the document of each commit, and whether it was taken away, before
    those who wait for it are answered.
    """

    def __init__(
        self,
        store: Store,
        stream_id: str,
        version: int,
        doc: Document,
        announce: Callable[[int, Document, bool], None],
    ) -> None:
        self.doc = doc
        self.deleted = False
        self._announce = announce
        self._store = store
        self._stream_id = stream_id
        self._version = version
        self._waiting: list[Reply[None]] = []
        self._events: list[Put] = []
        self._dirty = trio.Event()
        self._committing = trio.Lock()

    @property
    def durable(self) -> bool:
        """Whether every change is committed."""
        return not (self._dirty.is_set() or self._committing.locked())

    def change(self, reply: Reply[None] | None = None, **fields: Any) -> None:
        """Set ``fields``, remove those that are None, and answer ``reply`` once durable."""
        for name, value in fields.items():
            if value is None:
                self.doc.pop(name, None)
            else:
                self.doc[name] = value
        self._mark(reply)

    def delete(self, reply: Reply[None]) -> None:
        """Take the document away, and answer ``reply`` once that is durable."""
        self.deleted = True
        self._mark(reply)

    def tell(self, event_type: str, now_ms: int) -> None:
        """Have the world outside told what happened: the next commit keeps the event, too."""
        self.doc["events"] = self.doc.get("events", 0) + 1
        event = new_event(event_type, self._stream_id, self.doc["events"], self.doc, now_ms)
        self._events = [*self._events, keep_event(event)][-MAX_UNWRITTEN_EVENTS:]
        self._mark(None)

    async def keep_durable(self) -> None:
        """Commit whatever changes, for as long as it takes; run it beside the actor."""
        while True:
            await self.wait_changed()
            try:
                await self.commit()
            except StoreUnavailable as error:
                log.warning("stream_write_failed", stream=self._stream_id, error=str(error))
                await trio.sleep(RETRY_WRITE_S)

    async def wait_changed(self) -> None:
        """Wait until there is something to commit."""
        await self._dirty.wait()

    async def commit(self) -> None:
        """Make what was changed so far durable.

        StoreUnavailable: those who wait are refused with it, the change stays for the next
        commit. Conflict: another one wrote the document, so this record is stale.
        """
        async with self._committing:
            if not self._dirty.is_set():
                return
            self._dirty = trio.Event()
            waiting, self._waiting = self._waiting, []
            doc, deleted = dict(self.doc), self.deleted
            events, self._events = self._events, []
            try:
                await self._store.commit(self._write(doc, deleted), *events)
            except StoreUnavailable as error:
                self._events = [*events, *self._events][-MAX_UNWRITTEN_EVENTS:]
                self._dirty.set()
                for reply in waiting:
                    reply.refuse(error)
                raise
            self._version += 1
            self._announce(self._version, doc, deleted)
            for reply in waiting:
                reply.answer(None)

    def _write(self, doc: Document, deleted: bool) -> Put | Delete:
        if deleted:
            return Delete(COLLECTION, self._stream_id, self._version)
        return Put(COLLECTION, self._stream_id, doc, self._version)

    def _mark(self, reply: Reply[None] | None) -> None:
        if reply is not None:
            self._waiting.append(reply)
        self._dirty.set()
