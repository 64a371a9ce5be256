"""What the sandbox refuses, in the words of the two wires that it speaks.

Codes, messages and statuses are Hyperswitch's (its ``ApiErrorResponse``) and Stripe's.
"""

from http import HTTPStatus
from typing import Any


class SandboxError(Exception):
    """Base of what a request is answered instead of a result."""


class ServerFault(SandboxError):
    """A 5xx of ours."""

    def __init__(self, status: int = HTTPStatus.INTERNAL_SERVER_ERROR) -> None:
        super().__init__(f"answered with {status}")
        self.status = status


class ReplyCut(SandboxError):
    """The connection is cut before the answer's body."""


class WireError(SandboxError):
    """A refusal. ``type_`` is the wire's own classification."""

    def __init__(self, status: HTTPStatus, type_: str, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.type = type_
        self.code = code
        self.message = message

    def body(self) -> dict[str, Any]:
        """Return the JSON of the answer: the same shape on both wires."""
        return {"error": {"type": self.type, "code": self.code, "message": self.message}}


def _psp(status: HTTPStatus, code: str, message: str) -> WireError:
    return WireError(status, "invalid_request", code, message)


def duplicate_payment() -> WireError:
    """There is a payment of this id."""
    message = "The payment with the specified payment_id already exists in our records"
    return _psp(HTTPStatus.BAD_REQUEST, "HE_01", message)


def duplicate_refund() -> WireError:
    """There is a refund of this id; its answer is not given once more."""
    message = "Duplicate refund request. Refund already attempted with the refund ID"
    return _psp(HTTPStatus.BAD_REQUEST, "HE_01", message)


def not_found(what: str) -> WireError:
    """There is no such thing; ``what`` is "Payment", "Refund" or the like."""
    return _psp(HTTPStatus.NOT_FOUND, "HE_02", f"{what} does not exist in our records")


def refund_refused() -> WireError:
    """Refuse a refund for good."""
    message = "This refund is not possible. Please raise the refund through sandbox dashboard"
    return _psp(HTTPStatus.BAD_REQUEST, "HE_03", message)


def unauthorized() -> WireError:
    """The API key is missing or wrong."""
    message = "API key not provided or invalid API key used"
    return _psp(HTTPStatus.UNAUTHORIZED, "IR_01", message)


def missing_param(name: str) -> WireError:
    """A required member is missing."""
    return _psp(HTTPStatus.BAD_REQUEST, "IR_04", f"Missing required param: {name}")


def invalid_request(message: str) -> WireError:
    """The body is not what it should be."""
    return _psp(HTTPStatus.BAD_REQUEST, "IR_06", message)


def too_many_refunds() -> WireError:
    """This payment has had all the refunds that one may have."""
    return _psp(HTTPStatus.BAD_REQUEST, "IR_12", "Reached maximum refund attempts")


def exceeds_captured() -> WireError:
    """More would be refunded than was captured."""
    message = "The refund amount exceeds the amount captured"
    return _psp(HTTPStatus.BAD_REQUEST, "IR_13", message)


def wrong_state(flow: str, status: str, expected: str) -> WireError:
    """The payment's status does not allow it; ``flow`` is "refunded", "cancelled" or the like."""
    message = (
        f"This Payment could not be {flow} because it has a status of {status}. "
        f"The expected state is {expected}"
    )
    return _psp(HTTPStatus.BAD_REQUEST, "IR_14", message)


def stripe_error(
    code: str,
    message: str,
    status: HTTPStatus = HTTPStatus.BAD_REQUEST,
    type_: str = "invalid_request_error",
) -> WireError:
    """Refuse in the words of the payouts' wire."""
    return WireError(status, type_, code, message)


def no_such(what: str, stripe_id: str) -> WireError:
    """There is no such thing on the payouts' wire."""
    return stripe_error("resource_missing", f"No such {what}: '{stripe_id}'", HTTPStatus.NOT_FOUND)
