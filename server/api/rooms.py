"""Rooms: ``/api/v1/rooms…``. Talking is the gateway's; here one can read back."""

from http import HTTPStatus

from quart import Blueprint, Response, jsonify
from quart_schema import document_response, tag_blueprint, validate_querystring

from actors.room import HistoryPage, RoomError
from actors.room.archive import Archive
from server.api.access import optional_principal
from server.api.bodies import MessageList, MessagesQuery
from server.api.errors import ApiError
from server.api.house import current_house
from server.gateway.wire import history

rooms = Blueprint("rooms", __name__, url_prefix="/api/v1/rooms")
tag_blueprint(rooms, ["rooms"])


@rooms.get("/<room_id>/messages")
@validate_querystring(MessagesQuery)
@document_response(MessageList)
async def list_messages(room_id: str, query_args: MessagesQuery) -> Response:
    """Show the last messages of a room, or those before an offset, in their order.

    A ticketed stream's room is for those who may watch: 403 ``licence_required``.
    """
    house = current_house()
    try:
        await house.gatekeeper.admit(room_id, optional_principal())
    except RoomError as error:
        raise _refusal(error) from error
    archive = Archive(house.store, room_id, house.clock)
    found = await archive.before(query_args.before, query_args.limit + 1)
    page = HistoryPage(found[-query_args.limit :], more=len(found) > query_args.limit)
    response: Response = jsonify(history(room_id, page))
    return response


def _refusal(error: RoomError) -> ApiError:
    if error.code == "licence_required":
        return ApiError(HTTPStatus.FORBIDDEN, error.code, error.message)
    return ApiError(HTTPStatus.NOT_FOUND, "room_not_found", error.message)
