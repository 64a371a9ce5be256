"""Direct messages: ``/api/v1/dms``. To write one, and to block, are the gateway's."""

from quart import Blueprint, Response
from quart_schema import document_response, security_scheme, tag_blueprint, validate_querystring

from actors.room import list_direct
from server.api.access import require_principal
from server.api.auth import BEARER
from server.api.direct_bodies import DirectRoomList, DirectRoomView
from server.api.house import current_house
from server.api.room_bodies import PageQuery
from server.api.times import read_cursor, write_cursor
from server.api.wire import reply
from server.gateway.wire import direct_rooms

direct = Blueprint("direct", __name__, url_prefix="/api/v1/dms")
tag_blueprint(direct, ["rooms"])


@direct.get("")
@security_scheme(BEARER)
@validate_querystring(PageQuery)
@document_response(DirectRoomList)
async def list_direct_rooms(query_args: PageQuery) -> Response:
    """List your direct rooms in which something was said, the newest first.

    What was said is read as of any room; for all but the two there is no such room.
    """
    user = require_principal().user_id
    after = read_cursor(query_args.cursor)
    page = await list_direct(current_house().store, user, after, query_args.limit)
    items = [DirectRoomView.model_validate(item) for item in direct_rooms(page.items)]
    return reply(DirectRoomList(items=items, next_cursor=write_cursor(page.after)))
