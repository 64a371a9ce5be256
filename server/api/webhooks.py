"""The payment provider's webhook: verified, read, kept in the inbox, and only then answered."""

from http import HTTPStatus

import structlog
import trio
from quart import Blueprint, Response, request
from quart_schema import document_response, tag_blueprint

from actors.kernel import KernelError
from actors.ports import PspNotice
from actors.refund.messages import Notified
from actors.services.inbox import Received, receive
from server.api.errors import ApiError
from server.api.house import House, current_house
from server.api.operator_bodies import (
    ReceivedView,
)
from server.api.wire import WEBHOOK_PATH, reply
from server.psp import SIGNATURE_HEADER, BadNotice, read_notice, verify
from storage import RuleBroken

TELL_TIMEOUT_S = 5.0
"""For a place in the mailbox of the order's actor; the sweep tells it otherwise."""

webhooks = Blueprint("webhooks", __name__)
tag_blueprint(webhooks, ["webhooks"])

log = structlog.get_logger()


@webhooks.post(WEBHOOK_PATH)
@document_response(ReceivedView)
async def hyperswitch() -> Response:
    """Take an event of the payment provider, signed with the secret that it shares with us.

    It is kept before it is answered. The same event again has no other effect.
    """
    house = current_house()
    body = await request.get_data(cache=False, as_text=False, parse_form_data=False)
    if not verify(body, request.headers.get(SIGNATURE_HEADER), house.webhook_secrets):
        raise ApiError(HTTPStatus.UNAUTHORIZED, "bad_signature", "The signature is not ours.")
    try:
        received = await receive(house.store, house.clock, read_notice(body))
    except BadNotice as error:
        raise ApiError(HTTPStatus.BAD_REQUEST, error.code, error.message) from error
    except RuleBroken as error:
        # It would break the same rule each time the provider sends it again.
        raise ApiError(HTTPStatus.BAD_REQUEST, "invalid_request", str(error)) from error
    _note(received)
    if received.order_id is not None:
        await _tell(house, received.order_id, received)
    return reply(ReceivedView(received=True))


async def _tell(house: House, order_id: str, received: Received) -> None:
    try:
        with trio.fail_after(TELL_TIMEOUT_S):
            ref = await house.orders.get_or_start(order_id)
            await ref.tell(Notified(received.notice, received.version))
    except (KernelError, trio.TooSlowError) as error:
        log.warning("webhook_left_to_the_sweep", order=order_id, reason=repr(error))


def _note(received: Received) -> None:
    notice: PspNotice = received.notice
    log.info(
        "webhook",
        event_id=notice.event_id,
        type=notice.event_type,
        order=received.order_id,
        is_new=received.is_new,
    )
