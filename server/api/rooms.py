"""Rooms: ``/api/v1/rooms…``. Talking is the gateway's; here rooms are made, shown and read back."""

from http import HTTPStatus

from quart import Blueprint, Response, jsonify
from quart_schema import (
    document_response,
    security_scheme,
    tag_blueprint,
    validate_querystring,
    validate_request,
)

from actors.room import CountMembers, History, Message, not_found
from actors.room.archive import Archive
from actors.room.moderation import Person, read_role, read_settings
from actors.room.own import OwnRoom, create_room, list_rooms, own_room_of
from actors.services.streams import get_stream
from server.api.access import client_address, optional_principal, require_principal
from server.api.auth import BEARER
from server.api.bodies import AuthorView
from server.api.house import current_house
from server.api.room_bodies import (
    CreateRoomBody,
    MessageList,
    MessagesQuery,
    MessageView,
    ModesView,
    OwnRoomList,
    OwnRoomView,
    PageQuery,
    RoomView,
)
from server.api.times import read_cursor, rfc3339, write_cursor
from server.api.wire import reply
from server.gateway.wire import message_item

rooms = Blueprint("rooms", __name__, url_prefix="/api/v1/rooms")
tag_blueprint(rooms, ["rooms"])


@rooms.post("")
@security_scheme(BEARER)
@validate_request(CreateRoomBody)
@document_response(OwnRoomView, HTTPStatus.CREATED)
async def make_room(data: CreateRoomBody) -> Response:
    """Make a room of your own, which belongs to no stream; 409 ``too_many_rooms`` after 20."""
    owner = require_principal()
    house = current_house()
    room = await create_room(house.store, house.clock, owner, data.title)
    return reply(_own_view(room), HTTPStatus.CREATED)


@rooms.get("")
@security_scheme(BEARER)
@validate_querystring(PageQuery)
@document_response(OwnRoomList)
async def list_own_rooms(query_args: PageQuery) -> Response:
    """List the rooms that you made, the newest first; the rooms of your streams are not here."""
    owner = require_principal().user_id
    after = read_cursor(query_args.cursor)
    page = await list_rooms(current_house().store, owner, after, query_args.limit)
    items = [_own_view(room) for room in page.items]
    return reply(OwnRoomList(items=items, next_cursor=write_cursor(page.after)))


@rooms.get("/<room_id>")
@document_response(RoomView)
async def show_room(room_id: str) -> Response:
    """Show a room: whose it is, how it is held, who is in, and what you are in it.

    A ticketed stream's room is for those who may watch: 403 ``licence_required``. Who is banned
    from a room reads nothing of it: 403 ``banned``.
    """
    person = await entering(room_id)
    house = current_house()
    members = await house.rooms.ask(room_id, CountMembers(person))
    title, owner, created_at = await about(room_id)
    settings = await read_settings(house.store, room_id)
    role = await read_role(house.store, room_id, person)
    view = RoomView(
        id=room_id,
        title=title,
        owner=owner,
        created_at=rfc3339(created_at),
        modes=ModesView.model_validate(settings.modes.document()),
        members=members,
        role=role.value,
        pinned=[
            MessageView.model_validate(message_item(message)) for message in await _pinned(room_id)
        ],
    )
    return reply(view)


@rooms.get("/<room_id>/messages")
@validate_querystring(MessagesQuery)
@document_response(MessageList)
async def list_messages(room_id: str, query_args: MessagesQuery) -> Response:
    """Show the last messages of a room, or those before an offset, in their order.

    A ticketed stream's room is for those who may watch: 403 ``licence_required``. Who is banned
    from a room reads nothing of it: 403 ``banned``.
    """
    person = await entering(room_id)
    question = History(query_args.before, query_args.limit, person)
    page = await current_house().rooms.ask(room_id, question)
    messages = [message_item(message) for message in page.messages]
    response: Response = jsonify({"room": room_id, "messages": messages, "more": page.more})
    return response


async def entering(room_id: str) -> Person:
    """Let who is asking into a room; say who they are to it. RoomError, StoreUnavailable."""
    house = current_house()
    principal = optional_principal()
    holds_ticket = await house.gatekeeper.admit(room_id, principal)
    address = house.mark_address(client_address())
    if principal is None:
        return Person(None, "", address)
    return Person(principal.user_id, principal.name, address, principal.admin, holds_ticket)


async def about(room_id: str) -> tuple[str, AuthorView, int]:
    """Give a room's title, its owner and when it was made: a stream's are the stream's own."""
    store = current_house().store
    stream = await get_stream(store, room_id)
    if stream is not None:
        owner = AuthorView(id=stream.owner, name=stream.owner_name)
        return stream.title, owner, stream.created_at
    row = await store.get("rooms", room_id)
    if row is None or "owner" not in row.doc:
        raise not_found()
    room = own_room_of(row)
    return room.title, AuthorView(id=room.owner, name=room.owner_name), room.created_at


async def _pinned(room_id: str) -> list[Message]:
    archive = _archive(room_id)
    record = await archive.read()
    if record is None:
        return []
    found = [await archive.message(each) for each in record.pinned]
    return [message for message in found if message is not None]


def _archive(room_id: str) -> Archive:
    house = current_house()
    return Archive(house.store, room_id, house.clock)


def _own_view(room: OwnRoom) -> OwnRoomView:
    return OwnRoomView(id=room.id, title=room.title, created_at=rfc3339(room.created_at))
