"""How orders, refunds and transfers are shown, and to whom how much of them."""

from actors.services import Principal
from actors.services.orders import Order, OrderLine, Parts, Refund, Transfer
from server.api.bodies import AuthorView
from server.api.shop_bodies import (
    ItemView,
    LicenceView,
    OrderView,
    PaymentView,
    RefundView,
    TransferView,
)
from server.api.times import optional_rfc3339, rfc3339


def order_view(order: Order, parts: Parts, caller: Principal) -> OrderView:
    """Show an order; the seller and the operator also see fee and transfers."""
    view = OrderView(
        id=order.id,
        status=order.status,
        amount=order.amount,
        currency=order.currency,
        created_at=rfc3339(order.created_at),
        paid_at=optional_rfc3339(order.paid_at),
        refundable_until=optional_rfc3339(order.refund_until),
        disputed=order.disputed,
        buyer=AuthorView(id=order.buyer, name=order.buyer_name),
        seller=AuthorView(id=order.seller, name=order.seller_name),
        items=[_item_view(line, parts) for line in order.lines],
        payment=PaymentView(
            id=order.payment.id,
            status=order.payment.status,
            pay_url=order.payment.pay_url or None,
        ),
        licences=[
            LicenceView(id=each.id, status=each.status, product_id=each.product)
            for each in parts.licences
        ],
        refunds=[refund_view(each) for each in parts.refunds],
    )
    if caller.user_id != order.seller and not caller.admin:
        return view
    transfers = [transfer_view(each) for each in parts.transfers]
    return view.model_copy(update={"fee": order.fee, "transfers": transfers})


def refund_view(refund: Refund) -> RefundView:
    """Show a refund in the words that buyers know."""
    return RefundView(
        id=refund.id,
        status=refund.word,
        amount=refund.amount,
        reason=refund.reason,
        created_at=rfc3339(refund.created_at),
        succeeded_at=optional_rfc3339(refund.succeeded_at),
    )


def transfer_view(transfer: Transfer) -> TransferView:
    """Show a transfer."""
    return TransferView(
        id=transfer.id,
        order_id=transfer.order,
        amount=transfer.amount,
        currency=transfer.currency,
        status=transfer.status,
        reversed=transfer.reversed,
        created_at=rfc3339(transfer.created_at),
        paid_at=optional_rfc3339(transfer.paid_at),
    )


def _item_view(line: OrderLine, parts: Parts) -> ItemView:
    return ItemView(
        product_id=line.product,
        kind=line.kind,
        title=line.title,
        amount=line.amount,
        stream_id=line.stream,
        recording_id=line.recording,
        refunded=parts.refunded(line.product),
    )
