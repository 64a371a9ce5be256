"""Hyperswitch's API, version 1, as far as Bandstand speaks it."""

from functools import partial

from quart import Blueprint, Response

from server.sandbox.bodies import (
    CreatePaymentBody,
    CreateRefundBody,
    ListRefundsBody,
    read_body,
)
from server.sandbox.config import PREFIX
from server.sandbox.desk import desk, perform, raw_body, require_api_key

psp = Blueprint("psp", __name__, url_prefix=PREFIX)
psp.before_request(require_api_key)


@psp.post("/payments")
async def create_payment() -> Response:
    """Make a payment, to be paid on the page that the answer names."""
    body = read_body(CreatePaymentBody, await raw_body())
    payments = desk().payments
    return await perform("create_payment", lambda _: payments.create(body))


@psp.get("/payments/<payment_id>")
async def get_payment(payment_id: str) -> Response:
    """Show a payment; ``force_sync`` is let pass, for there are no caches."""
    payments = desk().payments
    return await perform("get_payment", lambda _: payments.get(payment_id))


@psp.post("/payments/<payment_id>/cancel")
async def cancel_payment(payment_id: str) -> Response:
    """End a payment that is not paid. The body (a reason) is not looked at."""
    payments = desk().payments
    return await perform("cancel_payment", lambda _: payments.cancel(payment_id))


@psp.post("/refunds")
async def create_refund() -> Response:
    """Take a refund."""
    body = read_body(CreateRefundBody, await raw_body())
    return await perform("create_refund", partial(desk().refunds.create, body))


@psp.get("/refunds/<refund_id>")
async def get_refund(refund_id: str) -> Response:
    """Show a refund; ``force_sync`` is let pass, for there are no caches."""
    refunds = desk().refunds
    return await perform("get_refund", lambda _: refunds.get(refund_id))


@psp.post("/refunds/list")
async def list_refunds() -> Response:
    """Show refunds, the newest first."""
    body = read_body(ListRefundsBody, await raw_body())
    refunds = desk().refunds
    return await perform("list_refunds", lambda _: refunds.list(body))
