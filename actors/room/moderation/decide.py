"""What a moderator's command comes to. Pure: rules and a command in, a change out."""

from dataclasses import replace
from typing import Any

from actors.room.errors import RoomError, forbidden
from actors.room.moderation.approval import delete_pending, overdue
from actors.room.moderation.audit import put_audit
from actors.room.moderation.change import (
    Change,
    Effect,
    MessageRemoved,
    ModesSet,
    PendingPosted,
    PendingResolved,
)
from actors.room.moderation.commands import (
    ACTIONS,
    Approve,
    ChangeWords,
    ModerationCommand,
    OnUser,
    Reject,
    RemoveMessage,
    SetModes,
    SetRole,
    SetSlow,
)
from actors.room.moderation.modes import MAX_SLOW_S, Modes
from actors.room.moderation.on_user import bad_request, check_reason, decide_on_user
from actors.room.moderation.people import Person, Role
from actors.room.moderation.rules import Rules, put_settings
from actors.room.moderation.words import MAX_WORDS, WordFilter, normal_word
from storage.api import Delete, Put


def decide(
    rules: Rules,
    command: ModerationCommand,
    by: Person,
    now_ms: int,
    audit_id: str,
    target: Person | None = None,
) -> Change:
    """Give what a command comes to. ``target`` is the user it names, as far as the room knows them.

    RoomError forbidden, bad_request, pending_not_found, too_many_words, too_many_moderators,
    too_many_sanctions.
    """
    role = rules.role(by)
    if by.user_id is None or not role.moderates:
        raise forbidden()
    if isinstance(command, SetRole) and role is not Role.OWNER:
        raise forbidden()
    if isinstance(command, OnUser):
        change = decide_on_user(rules, command, by, now_ms, target)
    else:
        change = _decide_on_room(rules, command, now_ms)
    if not change.ops and not change.effects:
        return change
    change = _cleared(change, now_ms)
    return replace(change, ops=(*change.ops, _audit(rules, command, by, now_ms, audit_id, target)))


def _decide_on_room(rules: Rules, command: ModerationCommand, now_ms: int) -> Change:
    match command:
        case RemoveMessage(message, reason):
            check_reason(reason)
            return Change(rules, (), (MessageRemoved(message, reason),))
        case SetSlow(seconds):
            if not 0 <= seconds <= MAX_SLOW_S:
                raise bad_request(f"Slow mode is 0 to {MAX_SLOW_S} seconds.")
            return _with_modes(rules, replace(rules.modes, slow_s=seconds))
        case SetModes():
            return _with_modes(rules, _switched(rules.modes, command))
        case ChangeWords():
            return _with_words(rules, command)
        case Approve(pending_id):
            return _resolve(rules, pending_id, now_ms, approved=True)
        case Reject(pending_id):
            return _resolve(rules, pending_id, now_ms, approved=False)
        case _:
            raise AssertionError("a command on a user is decided elsewhere")


def _with_modes(rules: Rules, modes: Modes) -> Change:
    if modes == rules.modes:
        return Change(rules)
    return _with_settings(replace(rules, modes=modes), ModesSet(modes))


def _switched(modes: Modes, command: SetModes) -> Modes:
    wanted = {name: getattr(command, name) for name in command.__slots__}
    return replace(modes, **{name: on for name, on in wanted.items() if on is not None})


def _with_words(rules: Rules, command: ChangeWords) -> Change:
    try:
        added = {normal_word(each) for each in command.add}
        removed = {normal_word(each) for each in command.remove}
    except ValueError as error:
        raise bad_request(f"This is no word for the list: {error}.") from error
    words = (rules.words.words - removed) | added
    if words == rules.words.words:
        return Change(rules)
    if len(words) > MAX_WORDS:
        raise RoomError("too_many_words", f"The list has at most {MAX_WORDS} words.")
    return _with_settings(replace(rules, words=WordFilter(words)))


def _with_settings(rules: Rules, *effects: Effect) -> Change:
    op = put_settings(rules)
    after = replace(rules, settings_version=rules.settings_version + 1)
    return Change(after, (op,), effects)


def _resolve(rules: Rules, pending_id: str, now_ms: int, *, approved: bool) -> Change:
    pending = rules.pending.get(pending_id)
    if pending is None or not pending.waits(now_ms):
        raise RoomError("pending_not_found", "No such message waits.")
    queue = {id_: each for id_, each in rules.pending.items() if id_ != pending_id}
    posted: tuple[Effect, ...] = (PendingPosted(pending),) if approved else ()
    outcome = "approved" if approved else "rejected"
    resolved = PendingResolved(pending_id, pending.user_id, outcome)
    return Change(rules.with_pending(queue), (delete_pending(pending),), (*posted, resolved))


def _cleared(change: Change, now_ms: int) -> Change:
    """Take along what nobody looked at in time."""
    late = overdue(change.rules.pending.values(), now_ms)
    if not late:
        return change
    gone = {each.id for each in late}
    queue = {id_: each for id_, each in change.rules.pending.items() if id_ not in gone}
    return Change(
        change.rules.with_pending(queue),
        (*change.ops, *(delete_pending(each) for each in late)),
        (*change.effects, *(PendingResolved(each.id, each.user_id, "expired") for each in late)),
    )


def _audit(
    rules: Rules,
    command: ModerationCommand,
    by: Person,
    now_ms: int,
    audit_id: str,
    target: Person | None,
) -> Put | Delete:
    fields: dict[str, Any] = {
        name: list(value) if isinstance(value, tuple) else value
        for name in command.__slots__
        if (value := getattr(command, name)) not in (None, "", ())
    }
    aimed = None
    name = None if target is None else target.name
    for field in ("user", "message", "pending"):
        aimed = fields.pop(field, aimed)
    if isinstance(command, Approve | Reject):
        pending = rules.pending[command.pending]
        name = pending.name
        fields |= {"user": pending.user_id, "content": pending.content}
    return put_audit(
        rules.room_id,
        audit_id,
        by,
        ACTIONS[type(command)],
        now_ms,
        target=aimed,
        target_name=name,
        detail=fields,
    )
