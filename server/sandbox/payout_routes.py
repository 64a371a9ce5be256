"""Stripe's API of transfers, as far as Bandstand speaks it (https://docs.stripe.com/api/transfers)."""

from quart import Blueprint, Response, request

from server.sandbox.config import PREFIX
from server.sandbox.desk import desk, perform, raw_body, require_bearer
from server.sandbox.forms import read_form
from server.sandbox.transfers import LIST_PARAMETERS, REVERSAL_PARAMETERS, TRANSFER_PARAMETERS

payouts = Blueprint("payouts", __name__, url_prefix=f"{PREFIX}/v1")
payouts.before_request(require_bearer)

KEY_HEADER = "Idempotency-Key"


@payouts.post("/transfers")
async def create_transfer() -> Response:
    """Send money to an account."""
    form = read_form(await raw_body(), TRANSFER_PARAMETERS)
    key = request.headers.get(KEY_HEADER, "")
    transfers = desk().transfers
    return await perform("transfer", lambda _: transfers.create(form, key))


@payouts.get("/transfers")
async def list_transfers() -> Response:
    """Show transfers, the newest first; ``transfer_group`` finds one by the shop's own id."""
    form = read_form(request.query_string, LIST_PARAMETERS)
    transfers = desk().transfers
    return await perform("get_transfer", lambda _: transfers.list(form))


@payouts.get("/transfers/<transfer_id>")
async def get_transfer(transfer_id: str) -> Response:
    """Show a transfer."""
    transfers = desk().transfers
    return await perform("get_transfer", lambda _: transfers.get(transfer_id))


@payouts.post("/transfers/<transfer_id>/reversals")
async def reverse_transfer(transfer_id: str) -> Response:
    """Take back a part of a transfer, or all that is left of it."""
    form = read_form(await raw_body(), REVERSAL_PARAMETERS)
    key = request.headers.get(KEY_HEADER, "")
    transfers = desk().transfers
    return await perform("reverse_transfer", lambda _: transfers.reverse(transfer_id, form, key))
