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

from actors.room import Moderate
from actors.room.moderation import (
    AUDIT,
    PENDING,
    ROLES,
    SANCTIONS,
    AuditEntry,
    Moderator,
    Pending,
    Person,
    Sanction,
    audit_of,
    moderator_of,
    pending_of,
    read_role,
    read_settings,
    sanction_of,
)
from actors.room.writing import REPORTS
from actors.services.pages import Page, newest
from server.api.access import require_principal
from server.api.auth import BEARER
from server.api.bodies import AuthorView
from server.api.errors import ApiError
from server.api.house import current_house
from server.api.room_bodies import (
    AuditList,
    AuditView,
    ModerateBody,
    ModeratedView,
    PageQuery,
    PendingList,
    PendingView,
    ReportList,
    ReportView,
    RoleList,
    RoleView,
    SanctionList,
    SanctionView,
    WordList,
)
from server.api.rooms import about, entering
from server.api.times import optional_rfc3339, read_cursor, rfc3339, write_cursor
from server.api.wire import reply
from server.gateway.fields import CommandRefused
from server.gateway.moderating import moderation as read_command
from storage import Row

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
    items = [_audit_view(entry) for entry in page.items]
    return reply(AuditList(items=items, next_cursor=write_cursor(page.after)))


@moderation.get("/bans")
@security_scheme(BEARER)
@validate_querystring(PageQuery)
@document_response(SanctionList)
async def list_bans(room_id: str, query_args: PageQuery) -> Response:
    """List the bans, shadow bans and timeouts that are not over, the newest first."""
    page = await _page(room_id, SANCTIONS, sanction_of, query_args)
    now_ms = current_house().clock.now_ms()
    items = [_sanction_view(each) for each in page.items if each.holds(now_ms)]
    return reply(SanctionList(items=items, next_cursor=write_cursor(page.after)))


@moderation.get("/reports")
@security_scheme(BEARER)
@validate_querystring(PageQuery)
@document_response(ReportList)
async def list_reports(room_id: str, query_args: PageQuery) -> Response:
    """List what members reported, the newest first."""
    page = await _page(room_id, REPORTS, _report_view, query_args)
    return reply(ReportList(items=page.items, next_cursor=write_cursor(page.after)))


@moderation.get("/pending")
@security_scheme(BEARER)
@validate_querystring(PageQuery)
@document_response(PendingList)
async def list_pending(room_id: str, query_args: PageQuery) -> Response:
    """List the messages that wait for a moderator, the newest first."""
    page = await _page(room_id, PENDING, pending_of, query_args)
    now_ms = current_house().clock.now_ms()
    items = [_pending_view(each) for each in page.items if each.waits(now_ms)]
    return reply(PendingList(items=items, next_cursor=write_cursor(page.after)))


@moderation.get("/roles")
@security_scheme(BEARER)
@validate_querystring(PageQuery)
@document_response(RoleList)
async def list_roles(room_id: str, query_args: PageQuery) -> Response:
    """List who keeps order: the owner, then the moderators, the newest first."""
    page = await _page(room_id, ROLES, moderator_of, query_args)
    items = [_role_view(each) for each in page.items]
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


async def _moderator(room_id: str) -> Person:
    """Let a moderator of the room pass; 401 for a guest, 403 for anybody else, 404 without one."""
    require_principal()
    person = await entering(room_id)
    role = await read_role(current_house().store, room_id, person)
    if not role.moderates:
        raise ApiError(HTTPStatus.FORBIDDEN, "forbidden", "This is for the room's moderators.")
    return person


def _audit_view(entry: AuditEntry) -> AuditView:
    return AuditView.model_validate(
        {
            "id": entry.id,
            "at": rfc3339(entry.at_ms),
            "by": AuthorView(id=entry.by, name=entry.by_name),
            "action": entry.action,
            "target": entry.target,
            "target_name": entry.target_name,
            "detail": entry.detail,
        }
    )


def _sanction_view(sanction: Sanction) -> SanctionView:
    return SanctionView(
        user=AuthorView(id=sanction.user_id, name=sanction.name),
        kind=sanction.kind.value,
        until=optional_rfc3339(sanction.until_ms),
        reason=sanction.reason,
        by=AuthorView(id=sanction.by, name=sanction.by_name),
        at=rfc3339(sanction.at_ms),
        address=bool(sanction.address),
    )


def _report_view(row: Row) -> ReportView:
    doc = row.doc
    return ReportView(
        id=row.id,
        at=rfc3339(doc["at"]),
        message=doc["message"],
        user=doc["user"],
        content=doc["content"],
        by=AuthorView(id=doc["by"], name=doc["by_name"]),
        reason=doc["reason"],
    )


def _pending_view(pending: Pending) -> PendingView:
    return PendingView(
        id=pending.id,
        at=rfc3339(pending.at_ms),
        user=AuthorView(id=pending.user_id, name=pending.name),
        content=pending.content,
    )


def _role_view(moderator: Moderator) -> RoleView:
    user = AuthorView(id=moderator.user_id, name=moderator.name)
    return RoleView(user=user, role="moderator", since=rfc3339(moderator.at_ms))
