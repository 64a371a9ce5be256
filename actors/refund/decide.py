"""The machine of an order's money: pure, so that it can be replayed and tried in every order."""

from typing import assert_never

from actors.refund.case import Case
from actors.refund.events import (
    AccountNamed,
    Created,
    DisputeHeard,
    Disregarded,
    Event,
    JobPostponed,
    JobStarted,
    LicenceTold,
    PaymentHeard,
    PaymentResolved,
    Recovered,
    RefundHeard,
    RefundRequested,
    RefundResolved,
    ReversalHeard,
    TransferHeard,
)
from actors.refund.jobs import TRANSFER_DELAYS_MS, JobKind
from actors.refund.ledger import Balance
from actors.refund.licence_machine import LicenceStatus
from actors.refund.on_dispute import hear_dispute
from actors.refund.on_payment import create, first_case, hear_payment, resolve_payment
from actors.refund.on_refund import (
    hear_refund,
    recover_refunds,
    request_refund,
    resolve_refund,
    start_refund,
)
from actors.refund.step import Decision, Step
from actors.refund.transfers import (
    account_named,
    hear_reversal,
    hear_transfer,
    recover_transfers,
    start_transfer,
)


def decide(case: Case | None, event: Event, balance: Balance, now_ms: int, fresh: str) -> Decision:
    """Say what follows from an event; None is the case of an order that is not made yet.

    ``balance`` is the seller's in the order's currency; ``fresh`` is a ULID for new ids.
    OrderError where it is not allowed, IllegalTransition where it cannot be.
    """
    if case is None:
        assert isinstance(event, Created), "an order begins by being made"
        case = first_case(event, now_ms, fresh)
    step = Step(case, balance, now_ms, fresh)
    _take(step, event)
    return step.decision()


def _take(step: Step, event: Event) -> None:
    match event:
        case Created():
            create(step)
        case PaymentHeard():
            hear_payment(step, event)
        case RefundRequested():
            request_refund(step, event)
        case RefundHeard():
            hear_refund(step, event)
        case RefundResolved():
            resolve_refund(step, event)
        case PaymentResolved():
            resolve_payment(step, event)
        case AccountNamed():
            account_named(step)
        case TransferHeard():
            hear_transfer(step, event)
        case ReversalHeard():
            hear_reversal(step, event)
        case DisputeHeard():
            hear_dispute(step, event)
        case LicenceTold():
            _licence_told(step, event)
        case JobStarted():
            _start_job(step, event)
        case JobPostponed():
            _postpone_job(step, event)
        case Recovered():
            recover_refunds(step)
            recover_transfers(step)
            step.say("recovered after the process ended")
        case Disregarded():
            step.alert(f"disregarded: {event.reason}")
        case _:
            assert_never(event)


def _licence_told(step: Step, event: LicenceTold) -> None:
    licence = next(each for each in step.case.licences if each.id == event.licence_id)
    if not event.done:
        step.retry_job(JobKind.TELL_LICENCE, licence.id)
    elif event.active is not (licence.status is LicenceStatus.ACTIVE):
        step.say(f"licence {licence.id}: it changed while they were told: they are told again")
    else:
        step.drop_job(JobKind.TELL_LICENCE, licence.id)
        step.say(f"licence {licence.id}: the stream and the room know")


def _start_job(step: Step, event: JobStarted) -> None:
    kind, _, subject = event.key.partition(":")
    match JobKind(kind):
        case JobKind.SUBMIT_REFUND:
            start_refund(step, subject)
        case JobKind.SEND_TRANSFER:
            start_transfer(step, subject)
        case JobKind() as other:
            step.retry_job(other, subject)


def _postpone_job(step: Step, event: JobPostponed) -> None:
    kind, _, subject = event.key.partition(":")
    step.retry_job(JobKind(kind), subject, TRANSFER_DELAYS_MS)
    step.say(f"{event.key}: {event.reason}")
