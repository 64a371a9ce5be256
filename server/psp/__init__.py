"""The clients of the payment provider and of the provider of payouts, and their webhooks."""

from server.psp.hyperswitch import HyperswitchPsp
from server.psp.payouts import ConnectPayouts, NoPayouts
from server.psp.webhook import (
    MAX_WEBHOOK_BYTES,
    SIGNATURE_HEADER,
    BadNotice,
    is_refund_event,
    read_notice,
    verify,
)

__all__ = [
    "MAX_WEBHOOK_BYTES",
    "SIGNATURE_HEADER",
    "BadNotice",
    "ConnectPayouts",
    "HyperswitchPsp",
    "NoPayouts",
    "is_refund_event",
    "read_notice",
    "verify",
]
