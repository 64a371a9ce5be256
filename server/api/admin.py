"""The operator's side of the money: ``/api/v1/admin/…``."""

from quart import Blueprint, Response
from quart_schema import document_response, security_scheme, tag_blueprint, validate_request

from actors.refund import (
    Instruct,
    OrderError,
    PaymentResolved,
    RefundResolved,
    replay_matches,
)
from actors.services.orders import Refund, events_of, get_order, get_refund, order_of_payment
from server.api.access import require_admin
from server.api.auth import BEARER
from server.api.house import current_house
from server.api.operator_bodies import (
    DifferenceView,
    ExplainedView,
    ReconciliationView,
    RefundDetailView,
    ResolveBody,
    ResolvedPaymentView,
    ResolvedView,
    ResolvePaymentBody,
    StepView,
    SweptView,
)
from server.api.times import optional_rfc3339, rfc3339
from server.api.wire import reply
from server.reconciliation import reconcile
from storage import Document

admin = Blueprint("admin", __name__, url_prefix="/api/v1/admin")
tag_blueprint(admin, ["operation"])


@admin.post("/sweep")
@security_scheme(BEARER)
@document_response(SweptView)
async def sweep() -> Response:
    """Do at once what is waiting: open payments and refunds are asked for, webhooks taken in."""
    require_admin()
    sweeper = current_house().sweeper
    sweeper.kick()
    return reply(SweptView(driven=await sweeper.sweep(force=True)))


@admin.get("/refunds/<refund_id>")
@security_scheme(BEARER)
@document_response(ExplainedView)
async def explain(refund_id: str) -> Response:
    """Explain a refund: every step of its order, what made it so, and what was said."""
    require_admin()
    store = current_house().store
    refund = await _refund(refund_id)
    view = ExplainedView(
        refund=_detail(refund),
        steps=[_step(event) for event in await events_of(store, refund.order)],
        replay_matches=await replay_matches(store, refund.order),
    )
    return reply(view)


@admin.post("/refunds/<refund_id>/resolve")
@security_scheme(BEARER)
@validate_request(ResolveBody)
@document_response(ResolvedView)
async def resolve(refund_id: str, data: ResolveBody) -> Response:
    """Decide a refund that is in review or in quarantine, or have the provider asked once more."""
    operator = require_admin()
    refund = await _refund(refund_id)
    event = RefundResolved(refund_id, data.outcome, operator.user_id, data.note)
    await current_house().orders.ask(refund.order, Instruct(event))
    return reply(ResolvedView(refund=_detail(await _refund(refund_id))))


@admin.post("/payments/<payment_id>/resolve")
@security_scheme(BEARER)
@validate_request(ResolvePaymentBody)
@document_response(ResolvedPaymentView)
async def resolve_payment(payment_id: str, data: ResolvePaymentBody) -> Response:
    """Decide a payment in quarantine: have the provider asked once more, or free its seats.

    What was captured of a payment that has failed is given back at the provider, by hand.
    """
    operator = require_admin()
    house = current_house()
    order_id = await order_of_payment(house.store, payment_id)
    if order_id is None:
        raise OrderError("order_not_found", "There is no order with such a payment.")
    event = PaymentResolved(data.outcome, operator.user_id, data.note)
    await house.orders.ask(order_id, Instruct(event))
    order = await get_order(house.store, order_id)
    assert order is not None, "no order is ever taken away"
    return reply(ResolvedPaymentView(order_id=order_id, status=order.payment.status))


@admin.get("/reconciliation")
@security_scheme(BEARER)
@document_response(ReconciliationView)
async def reconciliation() -> Response:
    """Compare orders, refunds and transfers with what the providers say, and the ledger too."""
    require_admin()
    house = current_house()
    report = await reconcile(house.store, house.psp, house.payouts)
    differences = [
        DifferenceView(kind=each.kind, id=each.id, ours=each.ours, theirs=each.theirs)
        for each in report.differences
    ]
    return reply(
        ReconciliationView(
            checked=report.checked, complete=report.complete, differences=differences
        )
    )


async def _refund(refund_id: str) -> Refund:
    refund = await get_refund(current_house().store, refund_id)
    if refund is None:
        raise OrderError("refund_not_found", "There is no such refund.")
    return refund


def _detail(refund: Refund) -> RefundDetailView:
    return RefundDetailView(
        id=refund.id,
        order_id=refund.order,
        status=refund.status,
        amount=refund.amount,
        currency=refund.currency,
        shares=refund.shares,
        reason=refund.reason,
        cause=refund.cause,
        requested_by=refund.requested_by,
        psp_id=refund.psp_id,
        error_code=refund.error_code,
        error_message=refund.error_message,
        note=refund.note,
        created_at=rfc3339(refund.created_at),
        succeeded_at=optional_rfc3339(refund.succeeded_at),
    )


def _step(event: Document) -> StepView:
    return StepView(
        seq=event["seq"],
        at=rfc3339(event["at"]),
        what=event["says"],
        cause=event["event"]["kind"],
        evidence=event["event"],
    )
