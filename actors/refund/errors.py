"""What an order's actor says no with."""

from collections.abc import Mapping
from typing import Any


class OrderError(Exception):
    """It cannot be done; nothing was changed.

    Codes: forbidden, order_not_found, refund_not_found, order_not_refundable, no_payment,
    refund_window_expired, refund_exceeds_captured, refund_already_requested, sold_out,
    not_on_sale, psp_refused, psp_unavailable.
    """

    def __init__(self, code: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = dict(details or {})
