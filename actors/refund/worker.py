"""The worker does what an order wants done: it begins jobs that are due, and wakes for the next.

Each call runs in a child task of the order's actor, and its outcome comes back as ``JobEnded``.
"""

import trio

from actors.kernel import Context
from actors.refund.case import Case
from actors.refund.clerk import Clerk
from actors.refund.events import Disregarded, Event, JobPostponed, JobStarted
from actors.refund.jobs import AT_WILL, Job, JobKind
from actors.refund.machine import IllegalTransition
from actors.refund.messages import Drive, JobEnded, RefundMessage
from actors.refund.tools import RefundTools
from actors.refund.transfer_machine import TransferStatus
from actors.services.sales import payout_account

NEAR_S = 60.0
"""A job that is due within this time the actor does by itself; others are the sweep's."""

MOVES_MONEY = frozenset({JobKind.SUBMIT_REFUND, JobKind.SEND_TRANSFER, JobKind.REVERSE_TRANSFER})
"""Calls that are noted before they are made: after a crash, they may have been."""


class Worker:
    """Does the jobs of one order, which is there. It belongs to the actor, as the clerk does."""

    def __init__(self, clerk: Clerk, tools: RefundTools, context: Context[RefundMessage]) -> None:
        self._clerk = clerk
        self._tools = tools
        self._context = context
        self._running: set[str] = set()
        self._timer = trio.CancelScope()

    @property
    def busy(self) -> bool:
        """Whether a call is under way."""
        return bool(self._running)

    def job(self, key: str) -> Job | None:
        """Return what is now to be done under this key."""
        return next((job for job in self._case.order.jobs if job.key == key), None)

    async def begin_due(self) -> None:
        """Begin what is due by now, and wake the actor for what is next. StoreUnavailable."""
        now_ms = self._tools.clock.now_ms()
        for job in self._case.order.jobs:
            if job.due_at <= now_ms:
                await self._begin(job)
        waiting = [job.due_at for job in self._case.order.jobs if job.key not in self._running]
        if waiting:
            self.wake_in(max(0.0, (min(waiting) - now_ms) / 1000))

    async def drive(self, *, force: bool) -> int:
        """Begin what is due, or with ``force`` all that harms no one early. StoreUnavailable."""
        begun = 0
        for job in self._case.order.jobs:
            due = job.due_at <= self._tools.clock.now_ms()
            if due or (force and job.kind in AT_WILL):
                begun += await self._begin(job)
        return begun

    def begin_creating(self) -> None:
        """Somebody waits for the payment: try now, whenever it was to be tried again."""
        for job in self._case.order.jobs:
            if job.kind is JobKind.CREATE_PAYMENT and job.key not in self._running:
                self._run(job)

    async def take(self, job: Job, event: Event) -> bool:
        """Take in a job's event; one that cannot be is kept as that, and the job put off."""
        try:
            await self._clerk.take(event)
        except IllegalTransition as error:
            await self._clerk.take(Disregarded(str(error), job.key))
            await self._clerk.take(JobPostponed(job.key, "an operator has to look at it"))
            return False
        return True

    def ended(self, job: Job) -> None:
        """A call's outcome has been taken in: the job may be begun again."""
        self._running.discard(job.key)

    def wake_in(self, delay_s: float) -> None:
        """Have the actor look for what is due, in place of when it would have."""
        self._timer.cancel()
        if delay_s <= NEAR_S:
            self._timer = self._context.after(delay_s, Drive())

    @property
    def _case(self) -> Case:
        case = self._clerk.case
        assert case is not None
        return case

    async def _begin(self, job: Job) -> bool:
        """Begin a job, unless it is under way or has been dropped meanwhile."""
        current = self.job(job.key)
        if current is None or job.key in self._running:
            return False
        account = ""
        if job.kind in MOVES_MONEY:
            if job.kind is JobKind.SEND_TRANSFER:
                account = await payout_account(self._tools.store, self._case.order.seller) or ""
                if not account:
                    no_account = "the seller has no payout account"
                    await self._clerk.take(JobPostponed(job.key, no_account))
                    return False
            started = await self.take(job, JobStarted(job.key))
            current = self.job(job.key)
            if not started or current is None or self._is_scheduled(job):
                return False  # there is nothing to send, or not yet
        self._run(current, account)
        return True

    def _is_scheduled(self, job: Job) -> bool:
        transfer = self._case.transfer(job.subject)
        return transfer is not None and transfer.status is TransferStatus.SCHEDULED

    def _run(self, job: Job, account: str = "") -> None:
        self._running.add(job.key)
        self._context.spawn(self._call, job, self._case, account)

    async def _call(self, job: Job, case: Case, account: str) -> None:
        answer = await self._tools.calls.make(job, case, account)
        await self._context.me.tell(JobEnded(job, answer))
