"""The sandbox's ASGI app: its routes, its errors on both wires, and replies that are cut."""

from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any

import structlog
from quart import Response, jsonify, request
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException

from server.sandbox.config import PREFIX
from server.sandbox.control_routes import control
from server.sandbox.desk import EXTENSION, Desk
from server.sandbox.errors import ReplyCut, ServerFault, WireError, invalid_request
from server.sandbox.pay_routes import fault_page, pay, wants_page
from server.sandbox.payout_routes import payouts
from server.sandbox.psp_routes import psp
from storage import RuleBroken, StoreError

MAX_BODY_BYTES = 64 * 1024
BODY_TIMEOUT_S = 15
CUT_HEADER = "X-Sandbox-Cut"

HTTP_CODES = {
    HTTPStatus.NOT_FOUND: ("IR_02", "Unrecognized request URL"),
    HTTPStatus.METHOD_NOT_ALLOWED: ("IR_03", "The HTTP method is not applicable for this API"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("IR_06", "The body is too large"),
    HTTPStatus.REQUEST_TIMEOUT: ("IR_06", "The body took too long to arrive"),
}

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

log = structlog.get_logger()


class CuttableApp:
    """An ASGI app whose replies with ``CUT_HEADER`` end after their head.

    The server then closes the connection, for the body that the head announces never comes.
    """

    def __init__(self, app: QuartTrio) -> None:
        self._app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Serve one ASGI scope."""
        cut = False

        async def send_until_cut(message: MutableMapping[str, Any]) -> None:
            nonlocal cut
            if message["type"] == "http.response.start":
                cut = any(name.decode() == CUT_HEADER.lower() for name, _ in message["headers"])
            if not (cut and message["type"] == "http.response.body"):
                await send(message)

        await self._app(scope, receive, send_until_cut)  # type: ignore[arg-type]  # plain ASGI


def create_app(desk: Desk) -> CuttableApp:
    """Return the app. Its paths begin with ``PREFIX``, whether it is mounted or stands alone."""
    app = QuartTrio("server.sandbox", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["BODY_TIMEOUT"] = BODY_TIMEOUT_S
    app.extensions[EXTENSION] = desk
    for blueprint in (psp, payouts, control, pay):
        app.register_blueprint(blueprint)
    app.register_error_handler(WireError, _refuse)
    app.register_error_handler(ReplyCut, _cut)
    app.register_error_handler(ServerFault, _fault)
    app.register_error_handler(StoreError, _store_error)
    app.register_error_handler(RuleBroken, _rule_broken)
    app.register_error_handler(HTTPException, _http_error)
    app.after_request(_finish)
    return CuttableApp(app)


async def _refuse(error: WireError) -> Response:
    if request.path.startswith(f"{PREFIX}/pay/") and wants_page():
        return await fault_page(error)
    return _json(error.body(), error.status)


async def _cut(_error: ReplyCut) -> Response:
    response = _json({}, HTTPStatus.OK)
    response.headers[CUT_HEADER] = "1"
    return response


async def _fault(error: ServerFault) -> Response:
    return _server_fault(error.status)


async def _rule_broken(error: RuleBroken) -> Response:
    """Answer for an id or a cursor that no store could hold."""
    return await _refuse(invalid_request(str(error)))


async def _store_error(error: StoreError) -> Response:
    log.error("sandbox_store_failed", error=str(error))
    return _server_fault(HTTPStatus.INTERNAL_SERVER_ERROR)


def _server_fault(status: int) -> Response:
    if request.path.startswith(f"{PREFIX}/v1/"):
        return _json({"error": {"type": "api_error", "message": "Something went wrong"}}, status)
    body = {"type": "api", "code": "HE_00", "message": "Something went wrong"}
    return _json({"error": body}, status)


async def _http_error(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _server_fault(status)
    code, message = HTTP_CODES.get(status, ("IR_06", status.phrase))
    stripe = request.path.startswith(f"{PREFIX}/v1/")
    kind = "invalid_request_error" if stripe else "invalid_request"
    return await _refuse(WireError(status, kind, code, message))


def _json(body: dict[str, Any], status: int) -> Response:
    response: Response = jsonify(body)
    response.status_code = status
    return response


async def _finish(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response
