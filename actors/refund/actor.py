"""The actor of an order: decides one event after another, commits each, and does what it wants.

It awaits its own commits: nothing may be decided before the last decision is kept, so the mailbox
is the queue. Calls to the provider run in child tasks, and their outcome comes back as a message.
"""

from dataclasses import dataclass, replace
from typing import assert_never

import structlog
import trio

from actors.kernel import Actor, Ask
from actors.ports import Clock
from actors.refund.books import Books
from actors.refund.calls import Calls
from actors.refund.case import Case, Terms
from actors.refund.clerk import Clerk, TakenBefore
from actors.refund.documents import Receipt
from actors.refund.errors import OrderError
from actors.refund.events import (
    Created,
    Disregarded,
    Event,
    JobPostponed,
    JobStarted,
    PaymentHeard,
    Recovered,
    RefundRequested,
)
from actors.refund.hearing import heard_from_call, heard_from_webhook
from actors.refund.jobs import AT_WILL, Job, JobKind
from actors.refund.machine import IllegalTransition
from actors.refund.messages import (
    CreateOrder,
    Drive,
    Instruct,
    JobEnded,
    Notified,
    RefundMessage,
    RequestRefund,
    StartPayment,
    WaitOver,
)
from actors.refund.payment_machine import PaymentStatus
from actors.refund.refund_machine import RefundStatus
from actors.refund.transfer_machine import TransferStatus
from actors.refund.waiting import Waiting
from actors.services.sales import payout_account
from storage.api import Conflict, Store, StoreUnavailable

PSP_WAIT_S = 10.0
"""How long a requester waits for the provider's word; after that, the refund goes on by itself."""
NEAR_S = 60.0
"""A job that is due within this time the actor does by itself; others are the sweep's."""
STORE_RETRY_S = 1.0

MOVES_MONEY = frozenset({JobKind.SUBMIT_REFUND, JobKind.SEND_TRANSFER, JobKind.REVERSE_TRANSFER})
"""Calls that are noted before they are made: after a crash, they may have been."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RefundTools:
    """What all orders' actors share."""

    store: Store
    books: Books
    calls: Calls
    clock: Clock
    terms: Terms


class RefundActor(Actor[RefundMessage]):
    """Owns every change of one order's payment, refunds, licences and transfers."""

    def __init__(self, order_id: str, tools: RefundTools) -> None:
        self._id = order_id
        self._tools = tools
        self._clerk = Clerk(order_id, tools.books, tools.clock)
        self._running: set[str] = set()
        self._waiting = Waiting()
        self._timer = trio.CancelScope()

    async def started(self) -> None:
        """Load the order, and go on with what the last process left under way."""
        await self._clerk.open()
        case = self._clerk.case
        if case is None:
            return
        submitting = any(each.status is RefundStatus.SUBMITTING for each in case.refunds)
        sending = any(each.status is TransferStatus.SENDING for each in case.transfers)
        if submitting or sending:
            await self._clerk.take(Recovered())
        await self._begin_due_jobs()

    def idle(self) -> bool:
        """Whether nothing is under way, and nobody waits."""
        return not (self._running or self._waiting)

    async def receive(self, message: RefundMessage) -> None:
        """Handle a message, then begin what has become due."""
        try:
            await self._handle(message)
        except OrderError as error:
            assert isinstance(message, Ask), "only who asks can be refused"
            message.reply.refuse(error)
        except StoreUnavailable as error:
            self._put_off(message, error)
        if self._clerk.case is not None:
            self._waiting.answer(self._clerk.case)
        try:
            await self._begin_due_jobs()
        except StoreUnavailable as error:
            log.warning("order_jobs_delayed", order=self._id, error=str(error))
            self._wake_in(STORE_RETRY_S)

    async def _handle(self, message: RefundMessage) -> None:
        case = self._clerk.case
        if isinstance(message, CreateOrder):
            await self._create(message)
        elif case is None:
            if isinstance(message, Ask):
                raise OrderError("order_not_found", "There is no such order.")
        else:
            await self._handle_known(message, case)

    async def _handle_known(self, message: RefundMessage, case: Case) -> None:
        match message:
            case StartPayment():
                self._waiting.for_payment(message.reply)
                self._begin_creating(case)
            case RequestRefund():
                await self._request_refund(message)
            case Instruct(event):
                await self._clerk.take(event)
                message.reply.answer(None)
            case Notified():
                await self._notified(message)
            case Drive():
                message.reply.answer(await self._drive(message, case))
            case JobEnded():
                await self._job_ended(message)
            case WaitOver(refund_id):
                self._waiting.answer_refund(refund_id, case)
            case CreateOrder():
                raise AssertionError("an order is made once")
            case _:
                assert_never(message)

    async def _create(self, message: CreateOrder) -> None:
        created = Created(
            self._id,
            message.cart,
            message.idempotency_key,
            message.request_hash,
            self._tools.terms,
        )
        try:
            await self._clerk.take(created)
        except Conflict as conflict:
            message.reply.refuse(conflict)
        else:
            message.reply.answer(None)

    async def _request_refund(self, message: RequestRefund) -> None:
        await self._clerk.take(
            RefundRequested(
                user_id=message.user_id,
                admin=message.admin,
                reason=message.reason,
                amount=message.amount,
                products=message.products,
                cause=message.cause,
            )
        )
        assert self._clerk.case is not None
        refund = self._clerk.case.open_refund
        assert refund is not None, "it has just been opened"
        self._waiting.for_refund(refund.id, message.reply)
        self.context.after(PSP_WAIT_S, WaitOver(refund.id))

    async def _notified(self, message: Notified) -> None:
        receipt = Receipt(message.notice.event_id, message.inbox_version)
        event = heard_from_webhook(message.notice)
        if event is None:
            await self._clerk.acknowledge(receipt)
            return
        try:
            await self._take_of_webhook(await self._complete(event), receipt)
        except TakenBefore:
            log.debug("webhook_taken_before", order=self._id, event_id=receipt.event_id)

    async def _take_of_webhook(self, event: Event, receipt: Receipt) -> None:
        """Take in a webhook's event; one that cannot be is kept as that."""
        try:
            await self._clerk.take(event, receipt)
        except (IllegalTransition, OrderError) as error:
            await self._clerk.take(Disregarded(str(error), receipt.event_id), receipt)

    async def _job_ended(self, message: JobEnded) -> None:
        job = message.job
        if job.kind is not JobKind.ASK_REFUND or self._job(job.key) is job:
            event = heard_from_call(job, message.answer)
            await self._take_of_job(job, await self._complete(event))
        # Else a webhook was quicker: the answer may be older than it, and proves nothing.
        self._running.discard(job.key)
        if job.kind is JobKind.CREATE_PAYMENT and self._payment_status() is PaymentStatus.NEW:
            self._waiting.refuse_paying(self._id)

    async def _take_of_job(self, job: Job, event: Event) -> bool:
        """Take in a job's event; one that cannot be is kept as that, and the job put off."""
        try:
            await self._clerk.take(event)
        except IllegalTransition as error:
            await self._clerk.take(Disregarded(str(error), job.key))
            await self._clerk.take(JobPostponed(job.key, "an operator has to look at it"))
            return False
        return True

    async def _complete(self, event: Event) -> Event:
        """Add to a payment what has become of its shows by now."""
        case = self._clerk.case
        if isinstance(event, PaymentHeard) and event.word == "succeeded" and case is not None:
            return replace(event, called_off=await self._tools.books.called_off(case.order))
        return event

    async def _drive(self, message: Drive, case: Case) -> int:
        begun = 0
        for job in case.order.jobs:
            due = job.due_at <= self._tools.clock.now_ms()
            if due or (message.force and job.kind in AT_WILL):
                begun += await self._begin(job)
        return begun

    async def _begin_due_jobs(self) -> None:
        case = self._clerk.case
        if case is None:
            return
        now_ms = self._tools.clock.now_ms()
        for job in case.order.jobs:
            if job.due_at <= now_ms:
                await self._begin(job)
        self._wake_for_next(now_ms)

    async def _begin(self, job: Job) -> bool:
        """Begin a job, unless it is under way or has been dropped meanwhile."""
        current = self._job(job.key)
        if current is None or job.key in self._running:
            return False
        account = ""
        if job.kind in MOVES_MONEY:
            if job.kind is JobKind.SEND_TRANSFER:
                account = await self._payout_account() or ""
                if not account:
                    no_account = "the seller has no payout account"
                    await self._clerk.take(JobPostponed(job.key, no_account))
                    return False
            started = await self._take_of_job(job, JobStarted(job.key))
            current = self._job(job.key)
            if not started or current is None or self._is_scheduled(job):
                return False  # there is nothing to send, or not yet
        self._run(current, account)
        return True

    def _run(self, job: Job, account: str = "") -> None:
        self._running.add(job.key)
        self.context.spawn(self._call, job, self._clerk.case, account)

    async def _call(self, job: Job, case: Case, account: str) -> None:
        answer = await self._tools.calls.make(job, case, account)
        await self.context.me.tell(JobEnded(job, answer))

    def _job(self, key: str) -> Job | None:
        case = self._clerk.case
        assert case is not None
        return next((job for job in case.order.jobs if job.key == key), None)

    def _payment_status(self) -> PaymentStatus:
        case = self._clerk.case
        assert case is not None
        return case.order.payment.status

    def _is_scheduled(self, job: Job) -> bool:
        case = self._clerk.case
        assert case is not None
        transfer = case.transfer(job.subject)
        return transfer is not None and transfer.status is TransferStatus.SCHEDULED

    async def _payout_account(self) -> str | None:
        case = self._clerk.case
        assert case is not None
        return await payout_account(self._tools.store, case.order.seller)

    def _begin_creating(self, case: Case) -> None:
        """Somebody waits for the payment: try now, whenever it was to be tried again."""
        for job in case.order.jobs:
            if job.kind is JobKind.CREATE_PAYMENT and job.key not in self._running:
                self._run(job)

    def _wake_for_next(self, now_ms: int) -> None:
        case = self._clerk.case
        assert case is not None
        waiting = [job.due_at for job in case.order.jobs if job.key not in self._running]
        if waiting:
            self._wake_in(max(0.0, (min(waiting) - now_ms) / 1000))

    def _wake_in(self, delay_s: float) -> None:
        self._timer.cancel()
        if delay_s <= NEAR_S:
            self._timer = self.context.after(delay_s, Drive())

    def _put_off(self, message: RefundMessage, error: StoreUnavailable) -> None:
        """Nothing was kept: who asked is told, an outcome is taken in later.

        A webhook is in the inbox, where the sweep finds it.
        """
        log.warning("order_event_delayed", order=self._id, error=str(error))
        if isinstance(message, Ask):
            if not message.reply.settled:
                message.reply.refuse(error)
        elif isinstance(message, JobEnded):
            self.context.after(STORE_RETRY_S, message)
