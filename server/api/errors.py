"""Errors to responses, in one place: ``{"error":{"code","message","details","request_id"}}``."""

import math
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from pydantic import ValidationError
from quart import Quart, Response, g, jsonify, request
from quart_schema import RequestSchemaValidationError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from actors.ids import new_id
from actors.kernel import KernelError
from actors.refund.errors import OrderError
from actors.room.errors import RoomError
from actors.services import AccountError, SealBroken
from actors.services.carts import CartError
from actors.services.forwards import ForwardError
from actors.services.hooks import HookError
from actors.services.product_terms import ProductError
from actors.services.streams import TooManyStreams
from actors.stream.messages import StreamNotFound
from server.pages import error_page
from storage import Conflict, RuleBroken, RuleCode, StoreError

RETRY_AFTER_S = 1.0
JSON_PATHS = ("/api/", "/healthz", "/readyz", "/openapi.json", "/metrics")

log = structlog.get_logger()

ACCOUNT_STATUS = {
    "invalid_token": HTTPStatus.UNAUTHORIZED,
    "invalid_credentials": HTTPStatus.UNAUTHORIZED,
    "too_many_attempts": HTTPStatus.TOO_MANY_REQUESTS,
    "email_taken": HTTPStatus.CONFLICT,
    "registration_closed": HTTPStatus.FORBIDDEN,
    "busy": HTTPStatus.SERVICE_UNAVAILABLE,
}

SHOP_STATUS = {
    "forbidden": HTTPStatus.FORBIDDEN,
    "product_not_found": HTTPStatus.NOT_FOUND,
    "stream_not_found": HTTPStatus.NOT_FOUND,
    "recording_not_found": HTTPStatus.NOT_FOUND,
    "order_not_found": HTTPStatus.NOT_FOUND,
    "refund_not_found": HTTPStatus.NOT_FOUND,
    "cancel_not_found": HTTPStatus.NOT_FOUND,
    "invalid_request": HTTPStatus.BAD_REQUEST,
    "mixed_order": HTTPStatus.BAD_REQUEST,
    "own_product": HTTPStatus.BAD_REQUEST,
    "order_not_refundable": HTTPStatus.BAD_REQUEST,
    "no_payment": HTTPStatus.BAD_REQUEST,
    "refund_window_expired": HTTPStatus.BAD_REQUEST,
    "refund_exceeds_captured": HTTPStatus.BAD_REQUEST,
    "refund_already_requested": HTTPStatus.BAD_REQUEST,
    "already_owned": HTTPStatus.CONFLICT,
    "sold_out": HTTPStatus.CONFLICT,
    "not_on_sale": HTTPStatus.CONFLICT,
    "too_many_products": HTTPStatus.CONFLICT,
    "psp_refused": HTTPStatus.BAD_GATEWAY,
    "psp_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
}
"""What products, carts and orders say no with."""

HOOK_STATUS = {
    "webhook_not_found": HTTPStatus.NOT_FOUND,
    "too_many_webhooks": HTTPStatus.CONFLICT,
    "webhook_secret_lost": HTTPStatus.CONFLICT,
    "invalid_url": HTTPStatus.BAD_REQUEST,
    "private_address": HTTPStatus.BAD_REQUEST,
}

FORWARD_STATUS = {
    "forward_not_found": HTTPStatus.NOT_FOUND,
    "too_many_forwards": HTTPStatus.CONFLICT,
    "invalid_url": HTTPStatus.BAD_REQUEST,
    "invalid_key": HTTPStatus.BAD_REQUEST,
    "private_address": HTTPStatus.BAD_REQUEST,
}

ROOM_STATUS = {
    "room_not_found": HTTPStatus.NOT_FOUND,
    "message_not_found": HTTPStatus.NOT_FOUND,
    "pending_not_found": HTTPStatus.NOT_FOUND,
    "report_not_found": HTTPStatus.NOT_FOUND,
    "forbidden": HTTPStatus.FORBIDDEN,
    "licence_required": HTTPStatus.FORBIDDEN,
    "banned": HTTPStatus.FORBIDDEN,
    "invalid_request": HTTPStatus.BAD_REQUEST,
    "rate_limited": HTTPStatus.TOO_MANY_REQUESTS,
    "busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
}
"""What rooms say no with; for all else there is too much of something already: 409."""
ROOM_CODES = {"not_found": "room_not_found", "bad_request": "invalid_request"}
"""What is named otherwise here."""

HTTP_CODES = {
    400: ("invalid_request", "The request cannot be understood."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not know the method."),
    408: ("timeout", "The request took too long to arrive."),
    413: ("body_too_large", "The body is too large."),
    415: ("unsupported_media_type", "The body must be JSON, with Content-Type application/json."),
    500: ("internal", "Something went wrong here. The request_id finds it in the log."),
}


class ApiError(Exception):
    """What a route answers instead of a result."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        message: str,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = dict(details or {})
        self.headers = dict(headers or {})


def request_id() -> str:
    """Return the id of the present request, which the log and the answer share."""
    if "request_id" not in g:
        g.request_id = new_id("req")
    return str(g.request_id)


def retry_later(status: HTTPStatus, code: str, message: str, after_s: float) -> ApiError:
    """Say when to come again, in the body to the fraction and in the header to the second."""
    headers = {"Retry-After": str(math.ceil(after_s))}
    return ApiError(status, code, message, {"retry_after": round(after_s, 1)}, headers)


def translate(error: Exception) -> ApiError:
    """Turn what was raised below the edge into what the client is told."""
    match error:
        case ApiError():
            return error
        case AccountError():
            return _account_error(error)
        case StreamNotFound():
            return ApiError(HTTPStatus.NOT_FOUND, "stream_not_found", "There is no such stream.")
        case TooManyStreams():
            return ApiError(HTTPStatus.CONFLICT, "too_many_streams", f"You have {error}.")
        case ProductError() | CartError() | OrderError():
            return _shop_error(error)
        case HookError():
            return ApiError(HOOK_STATUS[error.code], error.code, error.message)
        case ForwardError():
            return ApiError(FORWARD_STATUS[error.code], error.code, error.message)
        case RoomError():
            return _room_error(error)
        case RuleBroken(code=RuleCode.BAD_ID):
            return ApiError(HTTPStatus.NOT_FOUND, *HTTP_CODES[404])
        case RequestSchemaValidationError():
            return _invalid_request(error)
        case Conflict():
            return ApiError(HTTPStatus.CONFLICT, "conflict", "This was changed meanwhile.")
        case KernelError() | StoreError():
            log.warning("request_unavailable", request_id=request_id(), reason=repr(error))
            return retry_later(
                HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "Try again shortly.", RETRY_AFTER_S
            )
        case SealBroken():
            return ApiError(
                HTTPStatus.CONFLICT,
                "stream_key_lost",
                "The server's secret changed: make a new key.",
            )
        case HTTPException():
            return _http_error(error)
        case _:
            log.error("request_failed", request_id=request_id(), exc_info=error)
            return ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, *HTTP_CODES[500])


def _account_error(error: AccountError) -> ApiError:
    status = ACCOUNT_STATUS[error.code]
    if error.retry_after_s is not None:
        return retry_later(status, error.code, error.message, error.retry_after_s)
    headers = {}
    if status is HTTPStatus.UNAUTHORIZED:
        # RFC 9110, 11.6.1 wants a challenge with every 401; RFC 6750, 3 names the fault.
        headers["WWW-Authenticate"] = f'Bearer realm="bandstand", error="{error.code}"'
    return ApiError(status, error.code, error.message, headers=headers)


def _room_error(error: RoomError) -> ApiError:
    code = ROOM_CODES.get(error.code, error.code)
    status = ROOM_STATUS.get(code, HTTPStatus.CONFLICT)
    if error.retry_after_s is not None:
        return retry_later(status, code, error.message, error.retry_after_s)
    return ApiError(status, code, error.message)


def _shop_error(error: ProductError | CartError | OrderError) -> ApiError:
    status = SHOP_STATUS[error.code]
    match error:
        case OrderError():
            details = error.details
        case ProductError(field=str(field)) if field:
            details = {field: error.message.removeprefix(f"{field}: ")}
        case _:
            details = {}
    headers = {}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(math.ceil(RETRY_AFTER_S))
    return ApiError(status, error.code, error.message, details, headers)


def _invalid_request(error: RequestSchemaValidationError) -> ApiError:
    details = {}
    if isinstance(error.validation_error, ValidationError):
        for fault in error.validation_error.errors(include_input=False, include_url=False):
            field = ".".join(str(part) for part in fault["loc"]) or "body"
            details[field] = fault["msg"].removeprefix("Value error, ")
    message = "; ".join(f"{field}: {fault}" for field, fault in details.items())
    return ApiError(
        HTTPStatus.BAD_REQUEST, "invalid_request", message or HTTP_CODES[400][1], details
    )


def _http_error(error: HTTPException) -> ApiError:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    code, message = HTTP_CODES.get(status, (status.name.lower(), status.description))
    headers = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return ApiError(status, code, message, headers=headers)


async def respond(error: ApiError) -> Response:
    """Answer with the error: JSON to programs, a page to people."""
    if request.path.startswith(JSON_PATHS):
        body = {
            "code": error.code,
            "message": error.message,
            "details": error.details,
            "request_id": request_id(),
        }
        response = jsonify({"error": body})
        response.status_code = error.status
    else:
        response = await error_page(error.status, error.status.phrase, error.message)
    response.headers.update(error.headers)
    return response


def register_errors(app: Quart) -> None:
    """Answer every exception of a route in the one shape."""

    async def handle(error: Exception) -> Response:
        return await respond(translate(error))

    handler: Callable[[Exception], Awaitable[Response]] = handle
    app.register_error_handler(Exception, handler)
