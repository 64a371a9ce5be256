"""Orders: ``/api/v1/orders…``, and refunds. Each change is asked of the order's actor."""

import hashlib
import json
import re
from http import HTTPStatus

from quart import Blueprint, Response, request
from quart_schema import (
    document_headers,
    document_response,
    security_scheme,
    tag_blueprint,
    validate_querystring,
    validate_request,
)

from actors.ids import new_id
from actors.refund.errors import OrderError
from actors.refund.messages import CreateOrder, RequestRefund, StartPayment
from actors.services import Principal
from actors.services.carts import fill_cart
from actors.services.orders import (
    Order,
    find_by_key,
    get_order,
    list_by_buyer,
    list_by_seller,
    parts_of,
)
from server.api.access import require_principal, require_sales
from server.api.auth import BEARER
from server.api.errors import ApiError
from server.api.house import current_house
from server.api.order_views import order_view
from server.api.shop_bodies import (
    CreateOrderBody,
    OpenedRefundView,
    OrderHeaders,
    OrderList,
    OrderQuery,
    OrderView,
    RefundBody,
    RefundOpenedView,
)
from server.api.times import read_cursor, write_cursor
from server.api.wire import reply
from storage import Conflict, ConflictReason

ORDER_PREFIX = "ord"
KEY_HEADER = "Idempotency-Key"
KEY = re.compile(r"[!-~]{1,128}")
PSP_TIMEOUT_S = 15.0
"""Longer than an order's actor waits for the provider."""
REFUND_MESSAGE = (
    "The refund was asked for. It is pending until the bank confirms it, which can take some days."
)

orders = Blueprint("orders", __name__, url_prefix="/api/v1")
tag_blueprint(orders, ["shop"])


@orders.post("/orders")
@security_scheme(BEARER)
@document_headers(OrderHeaders)
@validate_request(CreateOrderBody)
@document_response(OrderView, HTTPStatus.CREATED)
async def place_order(data: CreateOrderBody) -> Response:
    """Order products of one seller; the answer says where to pay.

    With an ``Idempotency-Key`` the same request can be sent again, also where the first one was
    answered with an error or not at all: there is one order for one key.
    """
    buyer = require_principal()
    require_sales()
    key = _idempotency_key()
    product_ids = [item.product_id for item in data.items]
    order = await _order(buyer, product_ids, key)
    if order.payment.status == "new":
        await _start_payment(order.id)
    return reply(await _view(order.id, buyer), HTTPStatus.CREATED)


@orders.get("/orders")
@security_scheme(BEARER)
@validate_querystring(OrderQuery)
@document_response(OrderList)
async def list_orders(query_args: OrderQuery) -> Response:
    """List what you have bought (``role=buyer``) or sold (``role=seller``), the newest first."""
    caller = require_principal()
    store = current_house().store
    list_by = list_by_seller if query_args.role == "seller" else list_by_buyer
    page = await list_by(store, caller.user_id, read_cursor(query_args.cursor), query_args.limit)
    items = [order_view(order, await parts_of(store, order.id), caller) for order in page.items]
    return reply(OrderList(items=items, next_cursor=write_cursor(page.after)))


@orders.get("/orders/<order_id>")
@security_scheme(BEARER)
@document_response(OrderView)
async def show_order(order_id: str) -> Response:
    """Show an order to its buyer, its seller or the operator."""
    caller = require_principal()
    return reply(await _view(order_id, caller))


@orders.post("/marketplace/orders/<order_id>/refund")
@security_scheme(BEARER)
@validate_request(RefundBody)
@document_response(RefundOpenedView, HTTPStatus.ACCEPTED)
async def request_refund(order_id: str, data: RefundBody) -> Response:
    """Ask for money back: an amount, or whole items, or all that is left.

    The buyer, the seller and the operator can. It is done when the payment provider confirms it.
    """
    caller = require_principal()
    if data.amount is not None and data.items is not None:
        raise ApiError(
            HTTPStatus.BAD_REQUEST, "invalid_request", "Give an amount or items, not both."
        )
    await _existing(order_id)
    question = RequestRefund(
        user_id=caller.user_id,
        admin=caller.admin,
        reason=data.reason,
        amount=data.amount,
        products=tuple(item.product_id for item in data.items or ()),
    )
    opened = await current_house().orders.ask(order_id, question, timeout_s=PSP_TIMEOUT_S)
    view = OpenedRefundView(id=opened.refund_id, status="pending", amount=opened.amount)
    return reply(RefundOpenedView(refund=view, message=REFUND_MESSAGE), HTTPStatus.ACCEPTED)


async def _order(buyer: Principal, product_ids: list[str], key: str | None) -> Order:
    """Return the order of this key, or else make it."""
    store, request_hash = current_house().store, _hash(product_ids)
    order = None if key is None else await find_by_key(store, buyer.user_id, key)
    if order is None:
        cart = await fill_cart(store, buyer, product_ids)
        order_id = new_id(ORDER_PREFIX)
        try:
            await current_house().orders.ask(order_id, CreateOrder(cart, key, request_hash))
        except Conflict as conflict:
            if key is None or conflict.reason is not ConflictReason.DUPLICATE:
                raise
            order = await find_by_key(store, buyer.user_id, key)  # the twin came first
        else:
            order = await get_order(store, order_id)
        assert order is not None, "the order was committed"
    if order.request_hash != request_hash:
        raise ApiError(
            HTTPStatus.CONFLICT,
            "idempotency_key_reused",
            "This key was used for another order.",
            {"order_id": order.id},
        )
    return order


async def _start_payment(order_id: str) -> None:
    try:
        await current_house().orders.ask(order_id, StartPayment(), timeout_s=PSP_TIMEOUT_S)
    except OrderError as error:
        # The order is there: the same request, sent again with its key, goes on with it.
        error.details.setdefault("order_id", order_id)
        raise


async def _existing(order_id: str) -> Order:
    order = await get_order(current_house().store, order_id)
    if order is None:
        raise OrderError("order_not_found", "There is no such order.")
    return order


async def _view(order_id: str, caller: Principal) -> OrderView:
    order = await _existing(order_id)
    if caller.user_id not in (order.buyer, order.seller) and not caller.admin:
        raise OrderError("order_not_found", "There is no such order.")
    return order_view(order, await parts_of(current_house().store, order_id), caller)


def _idempotency_key() -> str | None:
    key = request.headers.get(KEY_HEADER)
    if key is not None and KEY.fullmatch(key) is None:
        raise ApiError(
            HTTPStatus.BAD_REQUEST,
            "invalid_request",
            f"{KEY_HEADER} must be 1 to 128 printable ASCII characters.",
        )
    return key


def _hash(product_ids: list[str]) -> str:
    """Return the SHA-256 of what is ordered, in whatever order it was named."""
    return hashlib.sha256(json.dumps(sorted(product_ids)).encode()).hexdigest()
