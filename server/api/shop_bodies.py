"""The bodies of the shop's requests and responses: products and orders."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictInt

from actors.services.carts import MAX_LINES
from actors.services.orders import LicenceStatus, OrderStatus, RefundWord
from actors.services.product_terms import MAX_AMOUNT, MAX_CAPACITY_SEATS, Kind, ProductStatus
from actors.services.rules import normal_description
from server.api.bodies import DEFAULT_LIMIT, MAX_LIMIT, AuthorView, Body, Text, Title
from server.api.times import normal_time

MAX_ID_CHARS = 64
MAX_REASON_CHARS = 255

Id = Annotated[str, Field(pattern=rf"^[0-9A-Za-z_]{{1,{MAX_ID_CHARS}}}$")]
Amount = Annotated[StrictInt, Field(ge=1, le=MAX_AMOUNT, description="In minor units")]
RefundAmount = Annotated[
    StrictInt, Field(ge=1, le=MAX_AMOUNT * MAX_LINES, description="In minor units")
]
Reason = Annotated[Text, AfterValidator(normal_description), Field(max_length=MAX_REASON_CHARS)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217")]
Capacity = Annotated[StrictInt, Field(ge=1, le=MAX_CAPACITY_SEATS)]
Time = Annotated[str, AfterValidator(normal_time), Field(description="RFC 3339")]


class Money(Body):
    """An amount in minor units of a currency."""

    amount: Amount
    currency: Currency


class CreateProductBody(Body):
    """A ticket to a stream, or a track that was recorded from one."""

    kind: Kind
    title: Title
    price: Money
    stream_id: Id | None = None
    recording_id: Id | None = None
    starts_at: Time | None = None
    capacity: Capacity | None = None
    refund_until: Time | None = Field(None, description="Else 14 days from the payment")


class UpdateProductBody(Body):
    """What to change; the rest stays.

    An explicit null takes away ``starts_at``, ``capacity`` or ``refund_until``.
    """

    title: Title | None = None
    price: Money | None = None
    starts_at: Time | None = None
    capacity: Capacity | None = None
    refund_until: Time | None = None
    status: Literal["on_sale", "withdrawn"] | None = None


class ProductView(Body):
    """A product. ``remaining`` is null where there is no capacity.

    ``sold`` counts the seats that are taken, those included that wait to be paid; it is null for
    all but the seller. Without ``refund_until`` orders can be refunded for 14 days.
    ``owned`` tells whether the caller holds an active licence that was bought with it.
    """

    id: str
    kind: Kind
    title: str
    price: Money
    stream_id: str | None
    recording_id: str | None
    starts_at: str | None
    capacity: int | None
    remaining: int | None
    sold: int | None
    refund_until: str | None
    status: ProductStatus
    seller: AuthorView
    created_at: str
    owned: bool


class ProductList(Body):
    """One page of products."""

    items: list[ProductView]
    next_cursor: str | None


class PageQuery(Body):
    """Which page of a list."""

    cursor: str | None = None
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)


class ProductQuery(PageQuery):
    """Which products: those of a stream, one's own (``seller=me``), or all."""

    stream_id: Id | None = None
    seller: Literal["me"] | None = None


class CancelView(Body):
    """How far the cancellation of a show is, in holders of its ticket."""

    state: Literal["running", "done"]
    refunds_opened: int
    already_refunded: int
    failed: int


class CancelledView(Body):
    """A product whose show is cancelled."""

    product: ProductView
    cancel: CancelView


class OrderItemBody(Body):
    """One product to buy."""

    product_id: Id


class CreateOrderBody(Body):
    """What to buy, of one seller and in one currency."""

    items: list[OrderItemBody] = Field(min_length=1, max_length=MAX_LINES)


class OrderHeaders(Body):
    """With a key, the same order sent again is made only once."""

    idempotency_key: str | None = Field(None, description="1 to 128 printable ASCII characters")


class OrderQuery(PageQuery):
    """Which orders: those one has bought, or those one has sold."""

    role: Literal["buyer", "seller"] = "buyer"


class ItemView(Body):
    """One product as it was bought; ``refunded`` of its amount was given back."""

    product_id: str
    kind: Kind
    title: str
    amount: int
    stream_id: str | None
    recording_id: str | None
    refunded: int


class PaymentView(Body):
    """How an order is paid; ``pay_url`` is null until the provider has named it."""

    id: str
    status: str
    pay_url: str | None


class LicenceView(Body):
    """What an order has opened for its buyer."""

    id: str
    status: LicenceStatus
    product_id: str


class RefundView(Body):
    """A refund; it is pending until the bank has confirmed it."""

    id: str
    status: RefundWord
    amount: int
    reason: str
    created_at: str
    succeeded_at: str | None


class TransferView(Body):
    """A seller's share on its way; ``reversed`` of it was taken back."""

    id: str
    order_id: str
    amount: int
    currency: str
    status: str
    reversed: int
    created_at: str
    paid_at: str | None


class OrderView(Body):
    """An order. ``fee`` and ``transfers`` are for its seller and the operator alone."""

    id: str
    status: OrderStatus
    amount: int
    currency: str
    created_at: str
    paid_at: str | None
    refundable_until: str | None
    disputed: bool
    buyer: AuthorView
    seller: AuthorView
    items: list[ItemView]
    payment: PaymentView
    licences: list[LicenceView]
    refunds: list[RefundView]
    fee: int = 0
    transfers: list[TransferView] = Field(default_factory=list)


class OrderList(Body):
    """One page of orders."""

    items: list[OrderView]
    next_cursor: str | None


class RefundBody(Body):
    """How much to give back: an amount, or whole items, or (neither) all that is left."""

    reason: Reason = ""
    amount: RefundAmount | None = None
    items: list[OrderItemBody] | None = Field(None, min_length=1, max_length=MAX_LINES)


class OpenedRefundView(Body):
    """A refund that is on its way."""

    id: str
    status: Literal["pending"]
    amount: int


class RefundOpenedView(Body):
    """The refund, and what that means in words."""

    refund: OpenedRefundView
    message: str
