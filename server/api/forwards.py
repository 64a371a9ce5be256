"""Forwards to other servers: ``/api/v1/streams/{id}/forwards…``, for the stream's owner alone."""

from http import HTTPStatus

from quart import Blueprint, Response
from quart_schema import document_response, security_scheme, tag_blueprint, validate_request

from actors.services.forwards import Forward
from server.api.access import owned_stream
from server.api.auth import BEARER
from server.api.forward_bodies import (
    CreateForwardBody,
    ForwardList,
    ForwardView,
    UpdateForwardBody,
)
from server.api.house import current_house
from server.api.times import optional_rfc3339, rfc3339
from server.api.wire import no_content, reply

forwards = Blueprint("forwards", __name__, url_prefix="/api/v1/streams/<stream_id>/forwards")
tag_blueprint(forwards, ["forwards"])


@forwards.post("")
@security_scheme(BEARER)
@validate_request(CreateForwardBody)
@document_response(ForwardView, HTTPStatus.CREATED)
async def create_forward(stream_id: str, data: CreateForwardBody) -> Response:
    """Have the stream's shows forwarded to another server; its key is shown to nobody."""
    await owned_stream(stream_id)
    forwarding = current_house().forwarding
    forward = await forwarding.forwards.add(stream_id, data.url, data.key, enabled=data.enabled)
    forwarding.forwarder.changed(stream_id)
    return reply(_view(stream_id, forward), HTTPStatus.CREATED)


@forwards.get("")
@security_scheme(BEARER)
@document_response(ForwardList)
async def list_forwards(stream_id: str) -> Response:
    """List the stream's forwards, and how each of them stands."""
    await owned_stream(stream_id)
    found = await current_house().forwarding.forwards.of_stream(stream_id)
    return reply(ForwardList(items=[_view(stream_id, each) for each in found]))


@forwards.get("/<forward_id>")
@security_scheme(BEARER)
@document_response(ForwardView)
async def get_forward(stream_id: str, forward_id: str) -> Response:
    """Show a forward and how it stands."""
    await owned_stream(stream_id)
    forward = await current_house().forwarding.forwards.get(stream_id, forward_id)
    return reply(_view(stream_id, forward))


@forwards.patch("/<forward_id>")
@security_scheme(BEARER)
@validate_request(UpdateForwardBody)
@document_response(ForwardView)
async def update_forward(stream_id: str, forward_id: str, data: UpdateForwardBody) -> Response:
    """Change a forward; a show that is on air is forwarded anew, or no more, at once."""
    await owned_stream(stream_id)
    forwarding = current_house().forwarding
    forward = await forwarding.forwards.change(
        stream_id, forward_id, url=data.url, key=data.key, enabled=data.enabled
    )
    forwarding.forwarder.changed(stream_id)
    return reply(_view(stream_id, forward))


@forwards.delete("/<forward_id>")
@security_scheme(BEARER)
async def delete_forward(stream_id: str, forward_id: str) -> Response:
    """Take a forward away; a show that is on air ends there."""
    await owned_stream(stream_id)
    forwarding = current_house().forwarding
    await forwarding.forwards.remove(stream_id, forward_id)
    forwarding.forwarder.changed(stream_id)
    return no_content()


def _view(stream_id: str, forward: Forward) -> ForwardView:
    status = current_house().forwarding.forwarder.status(stream_id, forward.id)
    return ForwardView(
        id=forward.id,
        url=forward.url,
        enabled=forward.enabled,
        created_at=rfc3339(forward.created_at),
        state=status.state,
        since=optional_rfc3339(status.since_ms),
        kbps=status.kbps,
        reconnects=status.reconnects,
        dropped_frames=status.dropped_frames,
        error=status.error,
    )
