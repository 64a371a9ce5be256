"""Sends what waits in the lines: one event at a time to each endpoint, until each is taken."""

import math
from collections import Counter
from collections.abc import Awaitable, Callable

import structlog
import trio

from actors.kernel import Published
from actors.ports import Clock
from actors.services.hooks import Answer, Due, Endpoint, Job, Outbox
from actors.services.sealing import SealBroken
from server.hooks.bodies import ping_body, signed_headers
from server.hooks.post import Poster
from storage import StoreError

MAX_TRIES_AT_ONCE = 16
MAX_TRIES_AT_ONCE_PER_OWNER = 4
"""So that one broadcaster's endpoints that hang hold up nobody else's."""
MAX_PINGS_AT_ONCE = 4
MAX_LOOK_INTERVAL_S = 60.0
"""The wall clock may be set back: no longer than this is slept by it."""
STORE_RETRY_S = 1.0

log = structlog.get_logger()


class PingRefused(Exception):
    """A ping cannot be sent right now: one is under way, or too many are."""


class Sender:
    """The task that sends webhooks. What is under way when it is cancelled is sent once more."""

    def __init__(
        self, outbox: Outbox, poster: Poster, committed: Published[None], clock: Clock
    ) -> None:
        self._outbox = outbox
        self._poster = poster
        self._committed = committed
        self._clock = clock
        self._bell = trio.Event()
        self._looking = trio.Lock()
        self._under_way: dict[str, trio.Event] = {}
        self._owners: Counter[str] = Counter()
        self._pinged_owners: set[str] = set()
        self._nursery: trio.Nursery | None = None

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Send what is due, whatever the store does, until cancelled."""
        async with trio.open_nursery() as self._nursery:
            self._nursery.start_soon(self._listen)
            task_status.started()
            while True:
                self._bell = trio.Event()
                wait_s = await self._look_safely()
                with trio.move_on_after(min(wait_s, MAX_LOOK_INTERVAL_S)):
                    await self._bell.wait()

    def ring(self) -> None:
        """Have a look taken now."""
        self._bell.set()

    async def drain(self, timeout_s: float) -> None:
        """Wait until what is due is sent, but no longer than this."""
        with trio.move_on_after(timeout_s):
            await self._look_safely()
            while self._under_way:
                await next(iter(self._under_way.values())).wait()
                await self._look_safely()

    async def ping(self, endpoint: Endpoint, owner: str) -> Answer:
        """Send a ping now, past the line, and once. PingRefused, HookError, StoreError."""
        if owner in self._pinged_owners or len(self._pinged_owners) >= MAX_PINGS_AT_ONCE:
            raise PingRefused("Another test is under way.")
        self._pinged_owners.add(owner)
        try:
            job = await self._outbox.ping_job(
                endpoint.id, lambda each, now_ms: ping_body(each, now_ms, endpoint.stream)
            )
            answer = await self._post(job)
            await self._outbox.settle_ping(job, answer)
        finally:
            self._pinged_owners.remove(owner)
        return answer

    async def _listen(self) -> None:
        seen = self._committed.version
        while True:
            await self._committed.wait_newer(seen)
            seen = self._committed.version
            self.ring()

    async def _look_safely(self) -> float:
        try:
            async with self._looking:
                await self._outbox.fan_out()
                return await self._start_due()
        except StoreError as error:
            log.warning("webhooks_put_off", reason=repr(error))
            return STORE_RETRY_S

    async def _start_due(self) -> float:
        """Begin to send what is due; give the seconds until something is that is not begun."""
        after = None
        while True:
            page, after = await self._outbox.due(after)
            for due in page:
                wait_ms = due.due_at - self._clock.now_ms()
                if wait_ms > 0:
                    return wait_ms / 1000
                if len(self._under_way) >= MAX_TRIES_AT_ONCE:
                    return math.inf  # the first that ends has a look taken
                self._start(due)
            if after is None:
                return math.inf

    def _start(self, due: Due) -> None:
        assert self._nursery is not None, "drained only while it runs"
        if due.id in self._under_way or self._owners[due.owner] >= MAX_TRIES_AT_ONCE_PER_OWNER:
            return
        self._under_way[due.id] = trio.Event()
        self._owners[due.owner] += 1
        self._nursery.start_soon(self._send, due)

    async def _send(self, due: Due) -> None:
        try:
            job = await self._outbox.next_job(due.id)
            if job is not None:
                answer = await self._post(job)
                await self._persist(lambda: self._outbox.settle(job, answer))
        except SealBroken:
            log.warning("webhook_secret_lost", webhook=due.id)
            await self._persist(lambda: self._outbox.switch_off(due.id))
        except StoreError as error:
            log.warning("webhooks_put_off", reason=repr(error))
            await trio.sleep(STORE_RETRY_S)
        finally:
            self._owners -= Counter((due.owner,))  # one that comes to 0 is dropped
            self._under_way.pop(due.id).set()
            self.ring()

    async def _post(self, job: Job) -> Answer:
        body = job.waiting.body.encode()
        headers = signed_headers(job.secrets, self._clock.now_ms(), body)
        answer = await self._poster.post(job.url, body, headers)
        # No URL, for it may have a secret of the endpoint's own in it.
        log.info(
            "webhook_sent",
            webhook=job.endpoint,
            event_id=job.waiting.event,
            type=job.waiting.type,
            status=answer.status,
            error=answer.error,
            took_ms=answer.took_ms,
        )
        return answer

    async def _persist(self, write: Callable[[], Awaitable[None]]) -> None:
        """Write down before anything else is sent there, or it would be sent without end."""
        while True:
            try:
                await write()
            except StoreError as error:
                log.warning("webhooks_put_off", reason=repr(error))
                await trio.sleep(STORE_RETRY_S)
            else:
                return
