"""The life of an order's payment, as one table."""

from enum import StrEnum


class PaymentStatus(StrEnum):
    """Where a payment is."""

    NEW = "new"  # the provider has not said yet that it knows of it
    OPEN = "open"  # can be paid
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # declined; the buyer may try again
    CANCELLED = "cancelled"  # nobody paid in time
    QUARANTINED = "quarantined"  # another amount was paid than was asked for


class PaymentChange(StrEnum):
    """What can happen to a payment."""

    OPEN = "open"
    SUCCEED = "succeed"
    FAIL = "fail"
    CANCEL = "cancel"
    MISMATCH = "mismatch"


S, C = PaymentStatus, PaymentChange

TRANSITIONS: dict[tuple[PaymentStatus, PaymentChange], PaymentStatus] = {
    (S.NEW, C.OPEN): S.OPEN,
    (S.NEW, C.SUCCEED): S.SUCCEEDED,  # paid before the reply that tells where to pay
    (S.NEW, C.FAIL): S.FAILED,
    (S.NEW, C.CANCEL): S.CANCELLED,
    (S.OPEN, C.OPEN): S.OPEN,
    (S.OPEN, C.SUCCEED): S.SUCCEEDED,
    (S.OPEN, C.FAIL): S.FAILED,
    (S.OPEN, C.CANCEL): S.CANCELLED,
    (S.FAILED, C.OPEN): S.OPEN,
    (S.FAILED, C.SUCCEED): S.SUCCEEDED,
    (S.FAILED, C.FAIL): S.FAILED,
    (S.FAILED, C.CANCEL): S.CANCELLED,
    (S.CANCELLED, C.OPEN): S.CANCELLED,  # overtaken
    (S.CANCELLED, C.SUCCEED): S.SUCCEEDED,  # paid in the moment it was cancelled
    (S.CANCELLED, C.FAIL): S.CANCELLED,
    (S.CANCELLED, C.CANCEL): S.CANCELLED,
    (S.SUCCEEDED, C.OPEN): S.SUCCEEDED,  # overtaken
    (S.SUCCEEDED, C.SUCCEED): S.SUCCEEDED,
    (S.SUCCEEDED, C.FAIL): S.SUCCEEDED,  # an earlier try's, overtaken by the one that was paid
    (S.SUCCEEDED, C.CANCEL): S.SUCCEEDED,
    (S.QUARANTINED, C.OPEN): S.QUARANTINED,
    (S.QUARANTINED, C.SUCCEED): S.SUCCEEDED,  # what the provider says now agrees
    (S.QUARANTINED, C.FAIL): S.FAILED,
    (S.QUARANTINED, C.CANCEL): S.CANCELLED,
    **{(state, C.MISMATCH): S.QUARANTINED for state in PaymentStatus if state is not S.SUCCEEDED},
    (S.SUCCEEDED, C.MISMATCH): S.SUCCEEDED,  # what was captured is booked; the alert is all
}
