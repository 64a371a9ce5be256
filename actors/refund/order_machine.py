"""The life of an order, as one table."""

from enum import StrEnum


class OrderStatus(StrEnum):
    """Where an order is; the value is what the API and the store say."""

    CREATED = "created"
    COMPLETED = "completed"
    PAYMENT_FAILED = "payment_failed"
    REFUND_PENDING = "refund_pending"
    REFUNDED = "refunded"
    PARTIALLY_REFUNDED = "partially_refunded"


class OrderChange(StrEnum):
    """What can happen to an order."""

    PAY = "pay"
    FAIL = "fail"  # the payment was declined, or nobody paid in time
    OPEN = "open"  # a refund is on its way
    KEEP = "keep"  # no refund is open, and nothing has been given back
    RETURN_SOME = "return_some"  # none is open, and a part has been given back
    RETURN_ALL = "return_all"  # none is open, and all has been given back


S, C = OrderStatus, OrderChange

REFUNDABLE = frozenset({S.COMPLETED, S.PARTIALLY_REFUNDED})
PAID = frozenset({S.COMPLETED, S.PARTIALLY_REFUNDED, S.REFUND_PENDING, S.REFUNDED})

TRANSITIONS = {
    (S.CREATED, C.PAY): S.COMPLETED,
    (S.CREATED, C.FAIL): S.PAYMENT_FAILED,
    (S.PAYMENT_FAILED, C.PAY): S.COMPLETED,
    (S.PAYMENT_FAILED, C.FAIL): S.PAYMENT_FAILED,
    (S.COMPLETED, C.OPEN): S.REFUND_PENDING,
    (S.PARTIALLY_REFUNDED, C.OPEN): S.REFUND_PENDING,
    # The end of the refund, or a word that comes after it: a late success, a reversal.
    **{
        (state, change): after
        for state in PAID
        for change, after in (
            (C.KEEP, S.COMPLETED),
            (C.RETURN_SOME, S.PARTIALLY_REFUNDED),
            (C.RETURN_ALL, S.REFUNDED),
        )
    },
}
