"""Streams: ``/api/v1/streams…``. Each change is asked of the stream's actor."""

from http import HTTPStatus

from quart import Blueprint, Response
from quart_schema import (
    document_response,
    security_scheme,
    tag_blueprint,
    validate_querystring,
    validate_request,
)

from actors.services.licences import SESSION_LIFETIME_S, pass_holder
from actors.services.streams import (
    Page,
    Stream,
    create_stream,
    list_all,
    list_by_air,
    list_by_owner,
)
from actors.stream.messages import (
    DeleteStream,
    OnAir,
    ReadHealth,
    RotateKey,
    StopShow,
    UpdateStream,
)
from server.api.access import (
    find_stream,
    optional_principal,
    owned_stream,
    require_owner_or_admin,
    require_principal,
)
from server.api.auth import BEARER
from server.api.bodies import (
    CreateStreamBody,
    ListQuery,
    OwnerView,
    PlaybackView,
    StoppedView,
    StreamList,
    StreamView,
    UpdateStreamBody,
)
from server.api.errors import ApiError
from server.api.house import current_house
from server.api.stream_health_bodies import StreamHealthView
from server.api.times import optional_rfc3339, read_cursor, rfc3339, write_cursor
from server.api.wire import no_content, reply
from server.health_document import health_document, point_document

streams = Blueprint("streams", __name__, url_prefix="/api/v1/streams")
tag_blueprint(streams, ["streams"])


@streams.post("")
@security_scheme(BEARER)
@validate_request(CreateStreamBody)
@document_response(StreamView, HTTPStatus.CREATED)
async def create(data: CreateStreamBody) -> Response:
    """Make a stream; ``rtmp_url``, a slash and ``stream_key`` go into the encoder."""
    owner = require_principal()
    _refuse_tickets(data.access)
    house = current_house()
    stream = await create_stream(
        house.store,
        house.stream_keys,
        house.clock,
        owner,
        data.title,
        data.description,
        data.access,
    )
    return reply(owner_view(stream), HTTPStatus.CREATED)


@streams.get("")
@validate_querystring(ListQuery)
@document_response(StreamList)
async def list_streams(query_args: ListQuery) -> Response:
    """List streams, the newest first.

    ``live=true`` are those on air, ``live=false`` those that once were, ``mine=true`` your own.
    """
    page = await _page(query_args)
    items = [public_view(stream) for stream in page.items]
    return reply(StreamList(items=items, next_cursor=write_cursor(page.after)))


@streams.get("/<stream_id>")
@document_response(StreamView)
async def get(stream_id: str) -> Response:
    """Show a stream; its owner, signed in, also sees where to send it."""
    principal = optional_principal()
    stream = await find_stream(stream_id)
    if principal is not None and principal.user_id == stream.owner:
        return reply(owner_view(stream))
    return reply(public_view(stream))


@streams.patch("/<stream_id>")
@security_scheme(BEARER)
@validate_request(UpdateStreamBody)
@document_response(StreamView)
async def update(stream_id: str, data: UpdateStreamBody) -> Response:
    """Change a stream's title, description or access.

    Who may watch is settled while a show is on air: 409 ``on_air``.
    """
    _refuse_tickets(data.access)
    await owned_stream(stream_id)
    house = current_house()
    try:
        await house.streams.ask(stream_id, UpdateStream(data.title, data.description, data.access))
    except OnAir as error:
        message = "Who may watch can be changed when the show has ended."
        raise ApiError(HTTPStatus.CONFLICT, "on_air", message) from error
    if data.access == "ticket":
        await house.gatekeeper.access_changed(stream_id)
    return reply(owner_view(await find_stream(stream_id)))


@streams.delete("/<stream_id>")
@security_scheme(BEARER)
async def delete(stream_id: str) -> Response:
    """End the running show and delete the stream."""
    await owned_stream(stream_id)
    house = current_house()
    await house.forwarding.forwards.remove_all(stream_id)
    await house.streams.ask(stream_id, DeleteStream())
    return no_content()


@streams.post("/<stream_id>/key")
@security_scheme(BEARER)
@document_response(StreamView)
async def rotate_key(stream_id: str) -> Response:
    """Make a new stream key; who publishes with the old one is put off."""
    await owned_stream(stream_id)
    await current_house().streams.ask(stream_id, RotateKey())
    return reply(owner_view(await find_stream(stream_id)))


@streams.post("/<stream_id>/stop")
@security_scheme(BEARER)
@document_response(StoppedView)
async def stop(stream_id: str) -> Response:
    """End the running show."""
    await owned_stream(stream_id)
    stopped = await current_house().streams.ask(stream_id, StopShow())
    return reply(StoppedView(stopped=stopped))


@streams.get("/<stream_id>/health")
@security_scheme(BEARER)
@document_response(StreamHealthView)
async def health(stream_id: str) -> Response:
    """Tell how the show arrives, now and in the last 5 minutes: for the owner and for admins."""
    principal = require_principal()
    require_owner_or_admin(await find_stream(stream_id), principal)
    report = await current_house().streams.ask(stream_id, ReadHealth())
    series = [point_document(point) for point in report.series]
    return reply(StreamHealthView.model_validate({**health_document(report.now), "series": series}))


@streams.get("/<stream_id>/playback")
@document_response(PlaybackView)
async def playback(stream_id: str) -> Response:
    """Tell where to play the stream from; a public one plays without asking here, too.

    A ticketed one plays from a session of one's own, made for who has a licence, for the owner
    and for admins; 403 ``licence_required`` for all others.
    """
    stream = await find_stream(stream_id)
    house = current_house()
    if stream.access == "public":
        expires_ms = house.clock.now_ms() + SESSION_LIFETIME_S * 1000
        return reply(PlaybackView(hls_url=_hls_url(stream), expires_at=rfc3339(expires_ms)))
    holder = await pass_holder(house.store, optional_principal(), stream)
    if holder is None:
        raise ApiError(HTTPStatus.FORBIDDEN, "licence_required", "This stream needs a ticket.")
    session, expires_ms = house.ticketed_sessions.new(stream.id, holder)
    hls_url = f"{house.settings.public_url}/live/{stream.id}/~{session}/index.m3u8"
    return reply(PlaybackView(hls_url=hls_url, expires_at=rfc3339(expires_ms)))


def public_view(stream: Stream) -> StreamView:
    """Show what everybody may see."""
    house = current_house()
    return StreamView(
        id=stream.id,
        title=stream.title,
        description=stream.description,
        access=stream.access,
        status=stream.status,
        viewers=house.viewers.count(stream.id) if stream.on_air else 0,
        owner=OwnerView(id=stream.owner, name=stream.owner_name),
        created_at=rfc3339(stream.created_at),
        started_at=optional_rfc3339(stream.started_at),
        ended_at=optional_rfc3339(stream.ended_at),
        room_id=stream.id,
        hls_url=_hls_url(stream),
        page_url=f"{house.settings.public_url}/s/{stream.id}",
    )


def owner_view(stream: Stream) -> StreamView:
    """Show the owner also where to send the show."""
    house = current_house()
    private = {
        "rtmp_url": house.settings.public_rtmp,
        "stream_key": house.stream_keys.open(stream.key_sealed, stream.id),
    }
    return public_view(stream).model_copy(update=private)


async def _page(query: ListQuery) -> Page:
    store = current_house().store
    after = read_cursor(query.cursor)
    if query.mine:
        return await list_by_owner(store, require_principal().user_id, after, query.limit)
    if query.live is None:
        return await list_all(store, after, query.limit)
    return await list_by_air(store, query.live, after, query.limit)


def _refuse_tickets(access: str | None) -> None:
    if access == "ticket" and not current_house().settings.sells:
        raise ApiError(
            HTTPStatus.BAD_REQUEST,
            "tickets_unavailable",
            "This server sells no tickets: access can only be public.",
            {"access": "must be public"},
        )


def _hls_url(stream: Stream) -> str:
    return f"{current_house().settings.public_url}/live/{stream.id}/index.m3u8"
