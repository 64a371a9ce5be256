"""The actor of an order: decides one event after another, commits each, and does what it wants.

It awaits its own commits: nothing may be decided before the last decision is kept, so the mailbox
is the queue. Calls to the provider run in child tasks, and their outcome comes back as a message.
"""

from dataclasses import replace
from typing import assert_never

import structlog

from actors.kernel import Actor, Ask
from actors.refund.case import Case
from actors.refund.clerk import Clerk, TakenBefore
from actors.refund.documents import Receipt
from actors.refund.errors import OrderError
from actors.refund.events import (
    Created,
    Disregarded,
    Event,
    PaymentHeard,
    Recovered,
    RefundRequested,
)
from actors.refund.hearing import heard_from_call, heard_from_webhook
from actors.refund.jobs import JobKind
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
from actors.refund.tools import RefundTools
from actors.refund.transfer_machine import TransferStatus
from actors.refund.waiting import Waiting
from actors.refund.worker import Worker
from storage.api import Conflict, StoreUnavailable

PSP_WAIT_S = 10.0
"""How long a requester waits for the provider's word; after that, the refund goes on by itself."""
STORE_RETRY_S = 1.0

log = structlog.get_logger()


class RefundActor(Actor[RefundMessage]):
    """Owns every change of one order's payment, refunds, licences and transfers."""

    _worker: Worker

    def __init__(self, order_id: str, tools: RefundTools) -> None:
        self._id = order_id
        self._tools = tools
        self._clerk = Clerk(order_id, tools.books, tools.clock)
        self._waiting = Waiting()

    async def started(self) -> None:
        """Load the order, and go on with what the last process left under way."""
        self._worker = Worker(self._clerk, self._tools, self.context)
        await self._clerk.open()
        case = self._clerk.case
        if case is None:
            return
        submitting = any(each.status is RefundStatus.SUBMITTING for each in case.refunds)
        sending = any(each.status is TransferStatus.SENDING for each in case.transfers)
        if submitting or sending:
            await self._clerk.take(Recovered())
        await self._worker.begin_due()

    def idle(self) -> bool:
        """Whether nothing is under way, and nobody waits."""
        return not (self._worker.busy or self._waiting)

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
            await self._begin_due_jobs()

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
                self._worker.begin_creating()
            case RequestRefund():
                await self._request_refund(message)
            case Instruct(event):
                await self._clerk.take(event)
                message.reply.answer(None)
            case Notified():
                await self._notified(message)
            case Drive():
                message.reply.answer(await self._worker.drive(force=message.force))
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
        if job.kind is not JobKind.ASK_REFUND or self._worker.job(job.key) is job:
            event = heard_from_call(job, message.answer)
            await self._worker.take(job, await self._complete(event))
        # Else a webhook was quicker: the answer may be older than it, and proves nothing.
        self._worker.ended(job)
        if job.kind is JobKind.CREATE_PAYMENT and self._payment_status() is PaymentStatus.NEW:
            self._waiting.refuse_paying(self._id)

    async def _complete(self, event: Event) -> Event:
        """Add to a payment what has become of its shows by now."""
        case = self._clerk.case
        if isinstance(event, PaymentHeard) and event.word == "succeeded" and case is not None:
            return replace(event, called_off=await self._tools.books.called_off(case.order))
        return event

    async def _begin_due_jobs(self) -> None:
        try:
            await self._worker.begin_due()
        except StoreUnavailable as error:
            log.warning("order_jobs_delayed", order=self._id, error=str(error))
            self._worker.wake_in(STORE_RETRY_S)

    def _payment_status(self) -> PaymentStatus:
        case = self._clerk.case
        assert case is not None
        return case.order.payment.status

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
