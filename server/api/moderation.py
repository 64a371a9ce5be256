"""What moderators read and do: ``/api/v1/rooms/{id}/audit…``, for them alone."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from quart import Blueprint, Response
from quart_schema import (
    document_response,
    security_scheme,
    tag_blueprint,
    validate_querystring,
    validate_request,
)

from actors.room import ListMembers, Moderate
from actors.room.archive import Archive
from actors.room.moderation import (
    AUDIT,
    PENDING,
    ROLES,
    SANCTIONS,
    Person,
    audit_of,
    moderator_of,
    pending_of,
    read_moderators,
    read_role,
    read_settings,
    sanction_of,
)
from actors.room.reports import dismiss_report, report_of
from actors.room.writing import REPORTS
from actors.services.pages import Page, newest
from server.api.access import require_principal
from server.api.auth import BEARER
from server.api.errors import ApiError
from server.api.house import current_house
from server.api.moderation_views import (
    audit_views,
    pending_view,
    people_views,
    report_views,
    role_views,
    sanction_views,
)
from server.api.room_bodies import (
    AuditList,
    ModerateBody,
    ModeratedView,
    PageQuery,
    PendingList,
    PresentList,
    ReportList,
    RoleList,
    RoleView,
    SanctionList,
    WordList,
)
from server.api.rooms import about, entering
from server.api.times import read_cursor, write_cursor
from server.api.wire import no_content, reply
from server.gateway.fields import CommandRefused
from server.gateway.moderating import moderation as read_command
from storage import Row

RECENT_MESSAGES = 200
"""Of which the authors are listed beside those who are in."""

moderation = Blueprint("moderation", __name__, url_prefix="/api/v1/rooms/<room_id>")
tag_blueprint(moderation, ["moderation"])

T = TypeVar("T")


@moderation.post("/moderate")
@security_scheme(BEARER)
@validate_request(ModerateBody)
@document_response(ModeratedView)
async def moderate(room_id: str, data: ModerateBody) -> Response:
    """Do what only moderators may, the same as by the command ``moderate`` of the chat."""
    person = await _moderator(room_id)
    try:
        command = read_command(data.model_dump(exclude_none=True))
    except CommandRefused as refused:
        raise ApiError(HTTPStatus.BAD_REQUEST, "invalid_request", refused.message) from refused
    offset = await current_house().rooms.ask(room_id, Moderate(person, command))
    return reply(ModeratedView(offset=offset))


@moderation.get("/audit")
@security_scheme(BEARER)
@validate_querystring(PageQuery)
@document_response(AuditList)
async def list_audit(room_id: str, query_args: PageQuery) -> Response:
    """List what moderators did, the newest first."""
    page = await _page(room_id, AUDIT, audit_of, query_args)
    items = await audit_views(_archive(room_id), page.items)
    return reply(AuditList(items=items, next_cursor=write_cursor(page.after)))


@moderation.get("/bans")
@security_scheme(BEARER)
@validate_querystring(PageQuery)
@document_response(SanctionList)
async def list_bans(room_id: str, query_args: PageQuery) -> Response:
    """List the bans, shadow bans and timeouts that are not over, the newest first."""
    page = await _page(room_id, SANCTIONS, sanction_of, query_args)
    now_ms = current_house().clock.now_ms()
    items = await sanction_views(
        current_house().store, [each for each in page.items if each.holds(now_ms)]
    )
    return reply(SanctionList(items=items, next_cursor=write_cursor(page.after)))


@moderation.get("/reports")
@security_scheme(BEARER)
@validate_querystring(PageQuery)
@document_response(ReportList)
async def list_reports(room_id: str, query_args: PageQuery) -> Response:
    """List what members reported, the newest first."""
    page = await _page(room_id, REPORTS, report_of, query_args)
    items = await report_views(_archive(room_id), page.items)
    return reply(ReportList(items=items, next_cursor=write_cursor(page.after)))


@moderation.delete("/reports/<report_id>")
@security_scheme(BEARER)
async def settle_report(room_id: str, report_id: str) -> Response:
    """Take a report off the list: it is seen to, or there is nothing to it. 204; audited."""
    by = await _moderator(room_id)
    house = current_house()
    await dismiss_report(house.store, house.clock, room_id, report_id, by)
    return no_content()


@moderation.get("/pending")
@security_scheme(BEARER)
@validate_querystring(PageQuery)
@document_response(PendingList)
async def list_pending(room_id: str, query_args: PageQuery) -> Response:
    """List the messages that wait for a moderator, the newest first."""
    page = await _page(room_id, PENDING, pending_of, query_args)
    now_ms = current_house().clock.now_ms()
    items = [pending_view(each) for each in page.items if each.waits(now_ms)]
    return reply(PendingList(items=items, next_cursor=write_cursor(page.after)))


@moderation.get("/roles")
@security_scheme(BEARER)
@validate_querystring(PageQuery)
@document_response(RoleList)
async def list_roles(room_id: str, query_args: PageQuery) -> Response:
    """List who keeps order: the owner, then the moderators, the newest first."""
    page = await _page(room_id, ROLES, moderator_of, query_args)
    items = await role_views(current_house().store, page.items)
    if query_args.cursor is None:
        _, owner, _ = await about(room_id)
        items.insert(0, RoleView(user=owner, role="owner", since=None))
    return reply(RoleList(items=items, next_cursor=write_cursor(page.after)))


@moderation.get("/words")
@security_scheme(BEARER)
@document_response(WordList)
async def list_words(room_id: str) -> Response:
    """List the words that nobody may write; a star stands for any end."""
    await _moderator(room_id)
    settings = await read_settings(current_house().store, room_id)
    return reply(WordList(words=sorted(settings.words.words)))


@moderation.get("/people")
@security_scheme(BEARER)
@document_response(PresentList)
async def list_people(room_id: str) -> Response:
    """List whom a moderator may want to name: who is in (of a small room), who wrote lately."""
    await _moderator(room_id)
    house = current_house()
    members = await house.rooms.ask(room_id, ListMembers())
    lately = await _archive(room_id).before(None, RECENT_MESSAGES)
    roles = dict.fromkeys(await read_moderators(house.store, room_id), "moderator")
    _, owner, _ = await about(room_id)
    return reply(PresentList(items=people_views(members, lately, roles | {owner.id: "owner"})))


async def _page(
    room_id: str, collection: str, read: Callable[[Row], T], query: PageQuery
) -> Page[T]:
    await _moderator(room_id)
    return await newest(
        current_house().store,
        collection,
        {"room": room_id},
        read,
        after=read_cursor(query.cursor),
        limit=query.limit,
        sort="at",
    )


def _archive(room_id: str) -> Archive:
    house = current_house()
    return Archive(house.store, room_id, house.clock)


async def _moderator(room_id: str) -> Person:
    """Let a moderator of the room pass; 401 for a guest, 403 for anybody else, 404 without one."""
    require_principal()
    person = await entering(room_id)
    role = await read_role(current_house().store, room_id, person)
    if not role.moderates:
        raise ApiError(HTTPStatus.FORBIDDEN, "forbidden", "This is for the room's moderators.")
    return person
