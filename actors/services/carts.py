"""What somebody wants to buy: products of one seller, in one currency, none owned already."""

from collections.abc import Sequence
from dataclasses import dataclass

from actors.services.access_tokens import Principal
from actors.services.licences import product_licence
from actors.services.product_terms import ProductError
from actors.services.products import Product, get_product
from actors.services.streams import get_stream
from storage.api import Store

MAX_LINES = 20
"""Of one order."""


class CartError(Exception):
    """These products cannot be bought together, or not by this buyer, or not now.

    Codes: invalid_request, product_not_found, not_on_sale, mixed_order, own_product,
    already_owned, sold_out.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Line:
    """One product of an order, with its price in minor units at the time of buying."""

    product: str
    kind: str
    title: str
    amount: int
    stream: str | None = None
    recording: str | None = None


@dataclass(frozen=True, slots=True)
class Cart:
    """What is bought by whom, from whom."""

    buyer: str
    buyer_name: str
    seller: str
    seller_name: str
    currency: str
    lines: tuple[Line, ...]
    refund_until: int | None = None
    """The earliest deadline for refunds that a product sets (Unix ms); None: the usual window."""

    @property
    def amount(self) -> int:
        """What it costs in all."""
        return sum(line.amount for line in self.lines)


async def fill_cart(store: Store, buyer: Principal, product_ids: Sequence[str]) -> Cart:
    """Read the products as they are now. CartError.

    Whether seats are still free is only seen here; it is decided where the order is committed.
    """
    if not 1 <= len(product_ids) <= MAX_LINES:
        raise CartError("invalid_request", f"An order has 1 to {MAX_LINES} items.")
    if len(set(product_ids)) < len(product_ids):
        raise CartError("invalid_request", "An order has each product once.")
    products = [await _product(store, each) for each in product_ids]
    first = products[0]
    if any((each.seller, each.currency) != (first.seller, first.currency) for each in products):
        raise CartError("mixed_order", "An order has one seller and one currency.")
    if first.seller == buyer.user_id:
        raise CartError("own_product", "This is your own.")
    for product in products:
        await _require_sellable(store, buyer, product)
    deadlines = [each.refund_until for each in products if each.refund_until is not None]
    return Cart(
        buyer=buyer.user_id,
        buyer_name=buyer.name,
        seller=first.seller,
        seller_name=first.seller_name,
        currency=first.currency,
        lines=tuple(_line(product) for product in products),
        refund_until=min(deadlines, default=None),
    )


async def _product(store: Store, product_id: str) -> Product:
    try:
        return await get_product(store, product_id)
    except ProductError as error:
        raise CartError(error.code, error.message) from error


async def _require_sellable(store: Store, buyer: Principal, product: Product) -> None:
    if product.status != "on_sale":
        raise CartError("not_on_sale", f"“{product.title}” is not on sale.")
    if product.stream is not None and await get_stream(store, product.stream) is None:
        raise CartError("not_on_sale", f"The stream of “{product.title}” is gone.")
    if await product_licence(store, buyer.user_id, product.id) is not None:
        raise CartError("already_owned", f"You have “{product.title}” already.")
    if product.remaining == 0:
        raise CartError("sold_out", f"“{product.title}” is sold out.")


def _line(product: Product) -> Line:
    return Line(
        product=product.id,
        kind=product.kind,
        title=product.title,
        amount=product.amount,
        stream=product.stream,
        recording=product.recording,
    )
