"""What a command that is aimed at a user comes to."""

from dataclasses import replace
from typing import assert_never

from actors.ids import is_id
from actors.room.errors import RoomError, forbidden
from actors.room.moderation.approval import delete_pending
from actors.room.moderation.change import (
    Change,
    Effect,
    PendingResolved,
    Purged,
    PutOutBanned,
    RolesChanged,
    told,
)
from actors.room.moderation.commands import (
    Ban,
    LiftBan,
    LiftShadowBan,
    LiftTimeout,
    OnUser,
    PurgeUser,
    SetRole,
    ShadowBan,
    TimeOut,
)
from actors.room.moderation.people import Person, Role
from actors.room.moderation.rules import (
    MAX_MODERATORS,
    ROLES,
    Moderator,
    Rules,
    put_moderator,
)
from actors.room.moderation.sanctions import (
    MAX_BAN_S,
    MAX_CLEARED_SANCTIONS,
    MAX_SANCTIONS,
    MAX_TIMEOUT_S,
    Kind,
    Sanction,
    delete_sanction,
    put_sanction,
)
from storage.api import Delete, Put

MAX_REASON_CHARACTERS = 300
USER_PREFIX = "usr"


def decide_on_user(
    rules: Rules, command: OnUser, by: Person, now_ms: int, target: Person | None
) -> Change:
    """Give what it comes to, without its audit entry. See ``decide``."""
    user = command.user
    if not is_id(user, USER_PREFIX):
        raise bad_request("user is a user's id.")
    person = target or Person(user, "")
    if rules.role(person).rank >= rules.role(by).rank:
        raise forbidden()
    match command:
        case PurgeUser():
            return _purge(rules, user)
        case TimeOut(_, seconds, reason):
            ends = _until(seconds, MAX_TIMEOUT_S, now_ms)
            return _lay(rules, _sanction(person, user, Kind.TIMEOUT, ends, reason, by, now_ms))
        case Ban(_, reason, seconds, with_address):
            until = None if seconds is None else _until(seconds, MAX_BAN_S, now_ms)
            ban = _sanction(person, user, Kind.BAN, until, reason, by, now_ms)
            return _lay(rules, replace(ban, address=person.address) if with_address else ban)
        case ShadowBan(_, reason):
            return _lay(rules, _sanction(person, user, Kind.SHADOWBAN, None, reason, by, now_ms))
        case LiftTimeout():
            return _lift(rules, user, Kind.TIMEOUT, now_ms)
        case LiftBan():
            return _lift(rules, user, Kind.BAN, now_ms)
        case LiftShadowBan():
            return _lift(rules, user, Kind.SHADOWBAN, now_ms)
        case SetRole(_, role):
            if role == "moderator":
                return _appoint(rules, Moderator(user, person.name, now_ms))
            return _dismiss(rules, user)
        case _:
            assert_never(command)


def _purge(rules: Rules, user: str) -> Change:
    dropped = _drop_pending(rules, user)
    return Change(dropped.rules, dropped.ops, (Purged(user), *dropped.effects))


def _lay(rules: Rules, sanction: Sanction) -> Change:
    """Lay a sanction on a user; one of its kind that is there already is written over."""
    check_reason(sanction.reason)
    over = _over(rules, sanction)
    sanctions = {key: each for key, each in rules.sanctions.items() if each not in over}
    older = sanctions.pop(sanction.key, None)
    if len(sanctions) >= MAX_SANCTIONS:
        raise RoomError("too_many_sanctions", "Lift some that are not needed any more.")
    if older is not None:
        # A ban that is written over bans the same address still: it may not be known any more.
        kept = older.address if older.holds(sanction.at_ms) else ""
        sanction = replace(sanction, version=older.version, address=sanction.address or kept)
    after = replace(sanction, version=sanction.version + 1)
    ops: list[Put | Delete] = [put_sanction(rules.room_id, sanction)]
    ops += [delete_sanction(rules.room_id, each) for each in over]
    rules = replace(rules, sanctions={**sanctions, after.key: after})
    effects: list[Effect] = []
    if sanction.kind is not Kind.SHADOWBAN:
        effects.append(told(sanction.kind.value, sanction))
    if sanction.kind is not Kind.BAN:
        return Change(rules, tuple(ops), tuple(effects))
    dropped = _drop_pending(rules, sanction.user_id)
    return Change(dropped.rules, (*ops, *dropped.ops), (*effects, *dropped.effects, PutOutBanned()))


def _over(rules: Rules, sanction: Sanction) -> list[Sanction]:
    """Give those whose time is over, as many as one commit clears away."""
    over = [
        each
        for each in rules.sanctions.values()
        if not each.holds(sanction.at_ms) and each.key != sanction.key
    ]
    return over[:MAX_CLEARED_SANCTIONS]


def _lift(rules: Rules, user: str, kind: Kind, now_ms: int) -> Change:
    sanction = rules.sanction(user, kind, now_ms)
    if sanction is None:
        return Change(rules)
    effects = () if kind is Kind.SHADOWBAN else (told(f"un{kind.value}", sanction),)
    return Change(
        replace(rules, sanctions=_without(rules, sanction)),
        (delete_sanction(rules.room_id, sanction),),
        effects,
    )


def _appoint(rules: Rules, moderator: Moderator) -> Change:
    """Make a moderator, on whom nothing is laid any more."""
    user = moderator.user_id
    if user in rules.moderators:
        return Change(rules)
    if len(rules.moderators) >= MAX_MODERATORS:
        raise RoomError("too_many_moderators", f"At most {MAX_MODERATORS} keep order in a room.")
    laid = [each for each in rules.sanctions.values() if each.user_id == user]
    after = replace(
        rules,
        moderators={**rules.moderators, user: moderator},
        sanctions=_without(rules, *laid),
    )
    ops = (put_moderator(rules.room_id, moderator),)
    return Change(
        after,
        (*ops, *(delete_sanction(rules.room_id, each) for each in laid)),
        (RolesChanged(user, moderator.name, Role.MODERATOR),),
    )


def _dismiss(rules: Rules, user: str) -> Change:
    moderator = rules.moderators.get(user)
    if moderator is None:
        return Change(rules)
    left = {id_: each for id_, each in rules.moderators.items() if id_ != user}
    op = Delete(ROLES, f"{rules.room_id}:{user}", moderator.version)
    changed = RolesChanged(user, moderator.name, Role.MEMBER)
    return Change(replace(rules, moderators=left), (op,), (changed,))


def _drop_pending(rules: Rules, user: str) -> Change:
    dropped = [each for each in rules.pending.values() if each.user_id == user]
    queue = {id_: each for id_, each in rules.pending.items() if each not in dropped}
    return Change(
        rules.with_pending(queue),
        tuple(delete_pending(each) for each in dropped),
        tuple(PendingResolved(each.id, user, "rejected") for each in dropped),
    )


def _without(rules: Rules, *gone: Sanction) -> dict[tuple[str, Kind], Sanction]:
    return {key: each for key, each in rules.sanctions.items() if each not in gone}


def _sanction(
    person: Person,
    user: str,
    kind: Kind,
    until_ms: int | None,
    reason: str,
    by: Person,
    now_ms: int,
) -> Sanction:
    assert by.user_id is not None
    return Sanction(user, person.name, kind, until_ms, reason, by.user_id, by.name, now_ms)


def _until(seconds: int, most_s: int, now_ms: int) -> int:
    if not 1 <= seconds <= most_s:
        raise bad_request(f"seconds are 1 to {most_s}.")
    return now_ms + seconds * 1000


def bad_request(message: str) -> RoomError:
    """The command cannot be meant so."""
    return RoomError("bad_request", message)


def check_reason(reason: str) -> None:
    """Whether a reason is short enough. RoomError bad_request."""
    if len(reason) > MAX_REASON_CHARACTERS:
        raise bad_request(f"A reason has at most {MAX_REASON_CHARACTERS} characters.")
