"""Cases made by hand, for what is pure."""

from typing import Any

from actors.refund.case import Case, Licence, Order, Payment, Refund, Terms, Transfer
from actors.refund.order_machine import OrderStatus
from actors.refund.payment_machine import PaymentStatus
from actors.services.carts import Line

LINES = (
    Line("prd_1", "ticket", "A show", 600, stream="str_1"),
    Line("prd_2", "track", "A track", 400, recording="rec_1"),
)


def an_order(**changes: Any) -> Order:
    """An order of two lines for 1000 EUR cents, paid, of which 25 are the platform's."""
    fields: dict[str, Any] = {
        "id": "ord_1",
        "buyer": "usr_buyer",
        "buyer_name": "Bo",
        "seller": "usr_seller",
        "seller_name": "Sam",
        "currency": "EUR",
        "amount": 1000,
        "fee": 25,
        "lines": LINES,
        "payment": Payment("pay_1", PaymentStatus.SUCCEEDED, "https://psp.example/pay_1"),
        "terms": Terms(fee_bps=250),
        "request_hash": "hash",
        "created_at": 1,
        "status": OrderStatus.COMPLETED,
        "paid_at": 2,
    }
    return Order(**{**fields, **changes})


def a_case(*, refund: int = 0, **changes: Any) -> Case:
    """The order with its licences and its transfer, and a whole refund where one is asked for."""
    refunds = ()
    if refund:
        shares = tuple((line.product, line.amount) for line in LINES)
        refunds = (Refund("ref_1", refund, shares, 975, 25, "no", "usr_buyer", "requested", 3),)
    return Case(
        an_order(**changes),
        refunds=refunds,
        licences=(
            Licence("lic_1", "prd_1", 2, stream="str_1"),
            Licence("lic_2", "prd_2", 2, recording="rec_1"),
        ),
        transfers=(Transfer("trf_1", 975, 2),),
    )
