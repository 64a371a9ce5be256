"""Products: ``/api/v1/products…``, what a seller offers, and calling a show off."""

from http import HTTPStatus

from quart import Blueprint, Response
from quart_schema import (
    document_response,
    security_scheme,
    tag_blueprint,
    validate_querystring,
    validate_request,
)

from actors.services import Principal
from actors.services.cancellations import Cancellation, begin_cancelling, get_cancellation
from actors.services.licences import product_licence
from actors.services.pages import Page
from actors.services.product_terms import Clearable, ProductChange, ProductDraft
from actors.services.products import (
    Product,
    create_product,
    get_product,
    list_by_seller,
    list_by_stream,
    list_products,
    update_product,
)
from server.api.access import optional_principal, require_principal, require_sales
from server.api.auth import BEARER
from server.api.bodies import AuthorView
from server.api.house import current_house
from server.api.shop_bodies import (
    CancelledView,
    CancelView,
    CreateProductBody,
    Money,
    ProductList,
    ProductQuery,
    ProductView,
    UpdateProductBody,
)
from server.api.times import optional_rfc3339, read_cursor, read_time, rfc3339, write_cursor
from server.api.wire import reply

products = Blueprint("products", __name__, url_prefix="/api/v1/products")
tag_blueprint(products, ["shop"])


@products.post("")
@security_scheme(BEARER)
@validate_request(CreateProductBody)
@document_response(ProductView, HTTPStatus.CREATED)
async def offer(data: CreateProductBody) -> Response:
    """Offer a ticket to one of your streams, or a track that was recorded from one."""
    seller = require_principal()
    require_sales()
    house = current_house()
    draft = ProductDraft(
        kind=data.kind,
        title=data.title,
        amount=data.price.amount,
        currency=data.price.currency,
        stream=data.stream_id,
        recording=data.recording_id,
        starts_at=_unix_ms(data.starts_at),
        capacity=data.capacity,
        refund_until=_unix_ms(data.refund_until),
    )
    product = await create_product(house.store, house.clock, seller, draft)
    return reply(product_view(product, seller, owned=False), HTTPStatus.CREATED)


@products.get("")
@security_scheme(BEARER)
@validate_querystring(ProductQuery)
@document_response(ProductList)
async def list_offers(query_args: ProductQuery) -> Response:
    """List products, the newest first: a stream's tickets, your own (``seller=me``), or all."""
    caller = optional_principal()
    page = await _page(query_args)
    items = [await _seen_by(caller, product) for product in page.items]
    return reply(ProductList(items=items, next_cursor=write_cursor(page.after)))


@products.get("/<product_id>")
@security_scheme(BEARER)
@document_response(ProductView)
async def show_product(product_id: str) -> Response:
    """Show a product; whoever is signed in also sees whether they own it."""
    caller = optional_principal()
    product = await get_product(current_house().store, product_id)
    return reply(await _seen_by(caller, product))


@products.patch("/<product_id>")
@security_scheme(BEARER)
@validate_request(UpdateProductBody)
@document_response(ProductView)
async def change_product(product_id: str, data: UpdateProductBody) -> Response:
    """Change a product of yours; orders that were made keep what they were made with."""
    seller, house = require_principal(), current_house()
    change = ProductChange(
        title=data.title,
        amount=None if data.price is None else data.price.amount,
        currency=None if data.price is None else data.price.currency,
        starts_at=_unix_ms(data.starts_at),
        capacity=data.capacity,
        refund_until=_unix_ms(data.refund_until),
        status=data.status,
        clear=_cleared(data),
    )
    product = await update_product(house.store, house.clock, seller, product_id, change)
    return reply(product_view(product, seller, owned=False))


@products.post("/<product_id>/cancel")
@security_scheme(BEARER)
@document_response(CancelledView, HTTPStatus.ACCEPTED)
async def cancel_show(product_id: str) -> Response:
    """Cancel a show and refund everybody; again, once that is done, where refunds failed."""
    caller, house = require_principal(), current_house()
    cancellation = await begin_cancelling(house.store, house.clock, caller, product_id)
    house.sweeper.kick()
    return await _cancelled(caller, product_id, cancellation, HTTPStatus.ACCEPTED)


@products.get("/<product_id>/cancel")
@security_scheme(BEARER)
@document_response(CancelledView)
async def show_cancellation(product_id: str) -> Response:
    """Tell how far the cancellation of a show is."""
    caller = require_principal()
    cancellation = await get_cancellation(current_house().store, caller, product_id)
    return await _cancelled(caller, product_id, cancellation, HTTPStatus.OK)


def product_view(product: Product, caller: Principal | None, *, owned: bool) -> ProductView:
    """Show a product; its seller also sees how many are sold."""
    is_seller = caller is not None and caller.user_id == product.seller
    return ProductView(
        id=product.id,
        kind=product.kind,
        title=product.title,
        price=Money(amount=product.amount, currency=product.currency),
        stream_id=product.stream,
        recording_id=product.recording,
        starts_at=optional_rfc3339(product.starts_at),
        capacity=product.capacity,
        remaining=product.remaining,
        sold=product.taken if is_seller else None,
        refund_until=optional_rfc3339(product.refund_until),
        status=product.status,
        seller=AuthorView(id=product.seller, name=product.seller_name),
        created_at=rfc3339(product.created_at),
        owned=owned,
    )


async def _seen_by(caller: Principal | None, product: Product) -> ProductView:
    store = current_house().store
    owned = caller is not None and (
        await product_licence(store, caller.user_id, product.id) is not None
    )
    return product_view(product, caller, owned=owned)


async def _page(query: ProductQuery) -> Page[Product]:
    store = current_house().store
    after = read_cursor(query.cursor)
    seller = None if query.seller is None else require_principal().user_id
    if query.stream_id is not None:
        page = await list_by_stream(store, query.stream_id, after, query.limit)
        # A stream's tickets are all of one seller: either all are the caller's, or none.
        mine = [each for each in page.items if seller in (None, each.seller)]
        return Page(mine, page.after)
    if seller is not None:
        return await list_by_seller(store, seller, after, query.limit)
    return await list_products(store, after, query.limit)


async def _cancelled(
    caller: Principal, product_id: str, cancellation: Cancellation, status: HTTPStatus
) -> Response:
    product = await get_product(current_house().store, product_id)
    progress = CancelView(
        state=cancellation.state,
        refunds_opened=cancellation.refunds_opened,
        already_refunded=cancellation.already_refunded,
        failed=cancellation.failed,
    )
    view = product_view(product, caller, owned=False)
    return reply(CancelledView(product=view, cancel=progress), status)


def _cleared(data: UpdateProductBody) -> frozenset[Clearable]:
    """Name what is null in the body, not merely absent."""
    said: dict[Clearable, object] = {
        "starts_at": data.starts_at,
        "capacity": data.capacity,
        "refund_until": data.refund_until,
    }
    return frozenset(
        name for name, value in said.items() if value is None and name in data.model_fields_set
    )


def _unix_ms(time: str | None) -> int | None:
    return None if time is None else read_time(time)
