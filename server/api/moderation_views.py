"""What moderators are shown: the bodies of their lists, with the names of everybody in them.

A room writes down the names that it knows. It may not have seen a user since it was started, so
what is without a name is looked up here.
"""

from collections.abc import Mapping, Sequence

from actors.room import MemberList, Message
from actors.room.archive import Archive
from actors.room.moderation import AuditEntry, Moderator, Pending, Sanction, read_names
from actors.room.reports import KeptReport, read_messages
from server.api.bodies import AuthorView
from server.api.room_bodies import (
    AuditView,
    PendingView,
    PresentView,
    ReportView,
    RoleView,
    SanctionView,
)
from server.api.times import optional_rfc3339, rfc3339
from storage import Store

ON_USER = {"purge", "timeout", "untimeout", "ban", "unban", "shadowban", "unshadowban", "role"}
"""Actions whose target is a user."""


async def audit_views(archive: Archive, entries: Sequence[AuditEntry]) -> list[AuditView]:
    """Show acts, each with whom it was done to."""
    deleted = [each.target for each in entries if each.action == "delete" and each.target]
    authors = {m.id: m.user_id for m in (await read_messages(archive, deleted)).values()}
    concerned = {each.id: _concerned(each, authors) for each in entries if not each.target_name}
    names = await read_names(archive.store, filter(None, concerned.values()))
    return [
        AuditView.model_validate(
            {
                "id": each.id,
                "at": rfc3339(each.at_ms),
                "by": AuthorView(id=each.by, name=each.by_name),
                "action": each.action,
                "target": each.target,
                "target_name": each.target_name or names.get(concerned[each.id] or ""),
                "detail": each.detail,
            }
        )
        for each in entries
    ]


def _concerned(entry: AuditEntry, authors: Mapping[str, str]) -> str | None:
    """Give the id of the user whom an act was about."""
    if entry.action in ON_USER:
        return entry.target
    if entry.action == "delete":
        return authors.get(entry.target or "")
    user = entry.detail.get("user")
    return user if isinstance(user, str) else None


async def sanction_views(store: Store, sanctions: Sequence[Sanction]) -> list[SanctionView]:
    """Show what is laid on users."""
    names = await read_names(store, (each.user_id for each in sanctions if not each.name))
    return [
        SanctionView(
            user=AuthorView(id=each.user_id, name=each.name or names.get(each.user_id, "")),
            kind=each.kind.value,
            until=optional_rfc3339(each.until_ms),
            reason=each.reason,
            by=AuthorView(id=each.by, name=each.by_name),
            at=rfc3339(each.at_ms),
            address=bool(each.address),
        )
        for each in sanctions
    ]


async def report_views(archive: Archive, reports: Sequence[KeptReport]) -> list[ReportView]:
    """Show reports, and whether their messages are still there."""
    messages = await read_messages(archive, (each.message for each in reports))
    names = await read_names(archive.store, (each.user for each in reports))
    return [
        ReportView(
            id=each.id,
            at=rfc3339(each.at_ms),
            message=each.message,
            user=each.user,
            user_name=names.get(each.user, ""),
            content=each.content,
            deleted=each.message not in messages or messages[each.message].deleted,
            by=AuthorView(id=each.by, name=each.by_name),
            reason=each.reason,
        )
        for each in reports
    ]


def pending_view(pending: Pending) -> PendingView:
    """Show a message that waits."""
    return PendingView(
        id=pending.id,
        at=rfc3339(pending.at_ms),
        user=AuthorView(id=pending.user_id, name=pending.name),
        content=pending.content,
    )


async def role_views(store: Store, moderators: Sequence[Moderator]) -> list[RoleView]:
    """Show moderators."""
    names = await read_names(store, (each.user_id for each in moderators if not each.name))
    return [
        RoleView(
            user=AuthorView(id=each.user_id, name=each.name or names.get(each.user_id, "")),
            role="moderator",
            since=rfc3339(each.at_ms),
        )
        for each in moderators
    ]


def people_views(
    members: MemberList, lately: Sequence[Message], roles: Mapping[str, str]
) -> list[PresentView]:
    """Show who is in, by name, then who wrote lately, the last one first."""
    present = {each.user_id: each.name for each in members.users or ()}
    wrote = {each.user_id: each.user_name for each in reversed(lately)}
    gone = {id_: name for id_, name in wrote.items() if id_ not in present}
    ordered = sorted(present.items(), key=lambda item: item[1].casefold())
    return [
        PresentView.model_validate(
            {"id": id_, "name": name, "role": roles.get(id_), "present": id_ in present}
        )
        for id_, name in (*ordered, *gone.items())
    ]
