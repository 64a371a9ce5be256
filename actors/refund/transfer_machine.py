"""The life of a transfer to a seller, as one table."""

from enum import StrEnum


class TransferStatus(StrEnum):
    """Where a transfer is."""

    SCHEDULED = "scheduled"
    SENDING = "sending"  # a call is under way
    UNKNOWN = "unknown"  # nobody knows whether it was sent; tried again under the same id
    PAID = "paid"
    CANCELLED = "cancelled"
    REVERSING = "reversing"  # a part of it, or all, is being taken back
    PARTIALLY_REVERSED = "partially_reversed"
    REVERSED = "reversed"


class TransferChange(StrEnum):
    """What can happen to a transfer."""

    SEND = "send"
    CONFIRM = "confirm"  # the provider has sent it
    LOSE = "lose"  # no answer, or one that says nothing
    REFUSE = "refuse"  # it said definitely no
    CANCEL = "cancel"  # nothing is left to send
    TAKE_BACK = "take_back"
    KEEP = "keep"  # no reversal is open, and nothing came back
    RETURN_SOME = "return_some"
    RETURN_ALL = "return_all"


S, C = TransferStatus, TransferChange

UNSENT = frozenset({S.SCHEDULED})
IN_FLIGHT = frozenset({S.SENDING, S.UNKNOWN})
SENT = frozenset({S.PAID, S.REVERSING, S.PARTIALLY_REVERSED, S.REVERSED})

TRANSITIONS = {
    (S.SCHEDULED, C.SEND): S.SENDING,
    (S.SCHEDULED, C.CANCEL): S.CANCELLED,
    (S.SENDING, C.CONFIRM): S.PAID,
    (S.SENDING, C.LOSE): S.UNKNOWN,
    (S.SENDING, C.REFUSE): S.CANCELLED,
    (S.UNKNOWN, C.CONFIRM): S.PAID,
    (S.UNKNOWN, C.LOSE): S.UNKNOWN,
    (S.UNKNOWN, C.REFUSE): S.CANCELLED,
    (S.PAID, C.TAKE_BACK): S.REVERSING,
    (S.REVERSING, C.TAKE_BACK): S.REVERSING,
    (S.PARTIALLY_REVERSED, C.TAKE_BACK): S.REVERSING,
    (S.REVERSING, C.KEEP): S.PAID,
    (S.REVERSING, C.RETURN_SOME): S.PARTIALLY_REVERSED,
    (S.REVERSING, C.RETURN_ALL): S.REVERSED,
}
