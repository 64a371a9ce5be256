"""The services of one sandbox, and what every route needs of a request."""

import hmac
from dataclasses import dataclass
from http import HTTPStatus

from quart import Response, current_app, jsonify, request

from server.sandbox.bank import Bank
from server.sandbox.control import Control
from server.sandbox.disputes import Disputes
from server.sandbox.errors import stripe_error, unauthorized
from server.sandbox.faults import Operation
from server.sandbox.payments import Payments
from server.sandbox.performing import Done, Performer, Work
from server.sandbox.refunds import Refunds
from server.sandbox.transfers import Transfers

EXTENSION = "sandbox"


@dataclass(frozen=True, slots=True)
class Desk:
    """What the sandbox lends to its routes."""

    bank: Bank
    performer: Performer
    payments: Payments
    refunds: Refunds
    disputes: Disputes
    transfers: Transfers
    control: Control


def desk() -> Desk:
    """Return the desk of the app that handles the present request."""
    found: Desk = current_app.extensions[EXTENSION]
    return found


async def require_api_key() -> None:
    """Let who has the API key pass. WireError IR_01."""
    if not _same(request.headers.get("api-key", ""), desk().bank.config.api_key):
        raise unauthorized()


async def require_bearer() -> None:
    """Let who has the payouts' key pass. WireError."""
    given = request.headers.get("Authorization", "")
    if not _same(given, f"Bearer {desk().bank.config.payout_key}"):
        message = "Invalid API Key provided"
        raise stripe_error("api_key_invalid", message, HTTPStatus.UNAUTHORIZED)


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


async def raw_body() -> bytes:
    """Return the body as it came."""
    body = await request.get_data(parse_form_data=False)
    assert isinstance(body, bytes)
    return body


async def perform(on: Operation, work: Work) -> Response:
    """Carry an operation out, with the faults of the script, and answer."""
    return answer(await desk().performer.perform(on, work))


def answer(done: Done) -> Response:
    """Answer with what was done."""
    response: Response = jsonify(done.view)
    response.status_code = done.status
    response.headers.update(done.headers)
    return response
