"""The seller's side: ``/api/v1/sellers/me/…``."""

from quart import Blueprint, Response
from quart_schema import (
    document_response,
    security_scheme,
    tag_blueprint,
    validate_querystring,
    validate_request,
)

from actors.services import sales
from server.api.access import require_principal
from server.api.auth import BEARER
from server.api.house import current_house
from server.api.order_views import transfer_view
from server.api.sales_bodies import (
    BalanceList,
    BalanceView,
    EntryList,
    EntryView,
    LegView,
    PayoutAccountBody,
    PayoutAccountView,
    TransferList,
)
from server.api.shop_bodies import (
    PageQuery,
)
from server.api.times import read_cursor, rfc3339, write_cursor
from server.api.wire import reply

sellers = Blueprint("sellers", __name__, url_prefix="/api/v1/sellers/me")
tag_blueprint(sellers, ["sales"])


@sellers.get("/balance")
@security_scheme(BEARER)
@document_response(BalanceList)
async def balance() -> Response:
    """Show what you are owed (``payable``) and what you owe (``receivable``), by currency."""
    found = await sales.balances_of(current_house().store, require_principal().user_id)
    views = [
        BalanceView(
            currency=each.currency,
            payable=each.payable,
            receivable=each.receivable,
            reserved=each.reserved,
            in_transit=each.in_transit,
        )
        for each in found
    ]
    return reply(BalanceList(balances=views))


@sellers.get("/ledger")
@security_scheme(BEARER)
@validate_querystring(PageQuery)
@document_response(EntryList)
async def ledger(query_args: PageQuery) -> Response:
    """List what was booked about your sales, the newest first."""
    seller = require_principal().user_id
    after = read_cursor(query_args.cursor)
    page = await sales.ledger_of(current_house().store, seller, after, query_args.limit)
    items = [_entry_view(entry) for entry in page.items]
    return reply(EntryList(items=items, next_cursor=write_cursor(page.after)))


@sellers.get("/transfers")
@security_scheme(BEARER)
@validate_querystring(PageQuery)
@document_response(TransferList)
async def transfers(query_args: PageQuery) -> Response:
    """List what was sent to your payout account, or will be, the newest first."""
    seller = require_principal().user_id
    after = read_cursor(query_args.cursor)
    page = await sales.transfers_to(current_house().store, seller, after, query_args.limit)
    items = [transfer_view(transfer) for transfer in page.items]
    return reply(TransferList(items=items, next_cursor=write_cursor(page.after)))


@sellers.get("/payout-account")
@security_scheme(BEARER)
@document_response(PayoutAccountView)
async def show_payout_account() -> Response:
    """Show where your share is sent."""
    seller = require_principal().user_id
    account = await sales.payout_account(current_house().store, seller)
    return reply(PayoutAccountView(account=account))


@sellers.put("/payout-account")
@security_scheme(BEARER)
@validate_request(PayoutAccountBody)
@document_response(PayoutAccountView)
async def set_payout_account(data: PayoutAccountBody) -> Response:
    """Say where your share is to be sent from now on."""
    house = current_house()
    seller = require_principal().user_id
    await sales.set_payout_account(house.store, house.clock, seller, data.account)
    await house.sweeper.account_named(seller)
    return reply(PayoutAccountView(account=data.account))


def _entry_view(entry: sales.Entry) -> EntryView:
    return EntryView(
        id=entry.id,
        at=rfc3339(entry.at),
        kind=entry.kind,
        order_id=entry.order,
        currency=entry.currency,
        amount=entry.seller_delta,
        legs=[LegView(account=leg.account, amount=leg.amount) for leg in entry.legs],
    )
