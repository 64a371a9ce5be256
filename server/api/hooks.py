"""Webhooks out: ``/api/v1/streams/{id}/webhooks…``, for the stream's owner alone."""

from http import HTTPStatus

from quart import Blueprint, Response
from quart_schema import document_response, security_scheme, tag_blueprint, validate_request

from actors.services.hooks import Endpoint, Try
from server.api.access import owned_stream
from server.api.auth import BEARER
from server.api.errors import retry_later
from server.api.hook_bodies import (
    CreateHookBody,
    DeliveryList,
    DeliveryView,
    HookList,
    HookView,
    PingView,
    UpdateHookBody,
)
from server.api.house import current_house
from server.api.times import optional_rfc3339, rfc3339
from server.api.wire import no_content, reply
from server.hooks import PingRefused

TEST_AGAIN_S = 2.0

hooks = Blueprint("hooks", __name__, url_prefix="/api/v1/streams/<stream_id>/webhooks")
tag_blueprint(hooks, ["webhooks"])


@hooks.post("")
@security_scheme(BEARER)
@validate_request(CreateHookBody)
@document_response(HookView, HTTPStatus.CREATED)
async def create_hook(stream_id: str, data: CreateHookBody) -> Response:
    """Have a URL told what happens to the stream; ``secret`` is shown here alone."""
    stream = await owned_stream(stream_id)
    endpoint, secret = await current_house().hooks.endpoints.add(
        stream, data.url, data.events, enabled=data.enabled
    )
    return reply(_with_secret(endpoint, secret), HTTPStatus.CREATED)


@hooks.get("")
@security_scheme(BEARER)
@document_response(HookList)
async def list_hooks(stream_id: str) -> Response:
    """List the stream's webhooks."""
    stream = await owned_stream(stream_id)
    endpoints = await current_house().hooks.endpoints.of_stream(stream.id)
    return reply(HookList(items=[_view(each) for each in endpoints]))


@hooks.get("/<webhook_id>")
@security_scheme(BEARER)
@document_response(HookView)
async def get_hook(stream_id: str, webhook_id: str) -> Response:
    """Show a webhook."""
    stream = await owned_stream(stream_id)
    return reply(_view(await current_house().hooks.endpoints.get(stream.id, webhook_id)))


@hooks.patch("/<webhook_id>")
@security_scheme(BEARER)
@validate_request(UpdateHookBody)
@document_response(HookView)
async def update_hook(stream_id: str, webhook_id: str, data: UpdateHookBody) -> Response:
    """Change a webhook; with ``enabled`` true what waits is sent at once."""
    stream = await owned_stream(stream_id)
    house = current_house()
    endpoint = await house.hooks.endpoints.change(
        stream.id, webhook_id, url=data.url, events=data.events, enabled=data.enabled
    )
    house.hooks.sender.ring()
    return reply(_view(endpoint))


@hooks.delete("/<webhook_id>")
@security_scheme(BEARER)
async def delete_hook(stream_id: str, webhook_id: str) -> Response:
    """Take a webhook away; what waits for it is not sent."""
    stream = await owned_stream(stream_id)
    await current_house().hooks.endpoints.remove(stream.id, webhook_id)
    return no_content()


@hooks.post("/<webhook_id>/secret")
@security_scheme(BEARER)
@document_response(HookView)
async def rotate_secret(stream_id: str, webhook_id: str) -> Response:
    """Make a new secret; for a day the old one signs beside it."""
    stream = await owned_stream(stream_id)
    endpoint, secret = await current_house().hooks.endpoints.rotate(stream.id, webhook_id)
    return reply(_with_secret(endpoint, secret))


@hooks.post("/<webhook_id>/test")
@security_scheme(BEARER)
@document_response(PingView)
async def ping(stream_id: str, webhook_id: str) -> Response:
    """Send a ``ping`` now, once, and tell what came of it; one at a time."""
    stream = await owned_stream(stream_id)
    house = current_house()
    endpoint = await house.hooks.endpoints.get(stream.id, webhook_id)
    try:
        answer = await house.hooks.sender.ping(endpoint, stream.owner)
    except PingRefused as error:
        raise retry_later(
            HTTPStatus.TOO_MANY_REQUESTS, "too_many_tests", str(error), TEST_AGAIN_S
        ) from error
    return reply(PingView(status=answer.status, error=answer.error, took_ms=answer.took_ms))


@hooks.get("/<webhook_id>/deliveries")
@security_scheme(BEARER)
@document_response(DeliveryList)
async def list_deliveries(stream_id: str, webhook_id: str) -> Response:
    """Show the latest 50 tries."""
    stream = await owned_stream(stream_id)
    history = await current_house().hooks.endpoints.history(stream.id, webhook_id)
    items = [_delivery(each) for each in history.tries]
    return reply(DeliveryList(items=items, waiting=history.waiting))


def _view(endpoint: Endpoint) -> HookView:
    return HookView(
        id=endpoint.id,
        url=endpoint.url,
        events=list(endpoint.events),
        enabled=endpoint.enabled,
        created_at=rfc3339(endpoint.created_at),
        disabled_reason=endpoint.disabled_reason,
        disabled_at=optional_rfc3339(endpoint.disabled_at),
        failing_since=optional_rfc3339(endpoint.failing_since),
    )


def _with_secret(endpoint: Endpoint, secret: str) -> HookView:
    return _view(endpoint).model_copy(update={"secret": secret})


def _delivery(tried: Try) -> DeliveryView:
    return DeliveryView(
        event_id=tried.event,
        type=tried.type,
        at=rfc3339(tried.at),
        attempt=tried.attempt,
        outcome=tried.outcome,
        status=tried.status,
        error=tried.error,
        took_ms=tried.took_ms,
        next_at=optional_rfc3339(tried.next_at),
    )
