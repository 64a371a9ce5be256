"""Who may do what to whom, as one table; and what a command comes to."""

from itertools import product

import pytest

from actors.room import RoomError
from actors.room.moderation import (
    ACTIONS,
    Approve,
    Ban,
    ChangeWords,
    LiftBan,
    LiftShadowBan,
    LiftTimeout,
    MessageRemoved,
    ModesSet,
    OnUser,
    PendingPosted,
    PendingResolved,
    Purged,
    PurgeUser,
    PutOutBanned,
    Reject,
    RemoveMessage,
    Role,
    RolesChanged,
    SanctionTold,
    SetModes,
    SetRole,
    SetSlow,
    ShadowBan,
    TimeOut,
    Verdict,
)

ON_USER = {
    "purge": PurgeUser,
    "timeout": lambda user: TimeOut(user, 60, "loud"),
    "untimeout": LiftTimeout,
    "ban": lambda user: Ban(user, "rude", address=True),
    "unban": LiftBan,
    "shadowban": lambda user: ShadowBan(user, "spam"),
    "unshadowban": LiftShadowBan,
    "moderator": lambda user: SetRole(user, "moderator"),
    "member": lambda user: SetRole(user, "member"),
}
ON_ROOM = {
    "delete": RemoveMessage("msg_1", "rude"),
    "slow": SetSlow(10),
    "mode": SetModes(emote_only=True),
    "words": ChangeWords(add=("bad",)),
}
ACTORS = ("owner", "admin", "moderator", "member", "ticketed", "guest")
TARGETS = ("owner", "admin", "moderator", "other_moderator", "member")
RANK = {"owner": 3, "admin": 3, "moderator": 2, "other_moderator": 2, "member": 1, "ticketed": 1,
        "guest": 0}  # fmt: skip


def outcome(desk, command, by, target=None):
    try:
        desk.do(command, by, target)
    except RoomError as error:
        return error.code
    return "done"


def test_the_actions_are_all_in_these_tables():
    named = {"approve", "reject", "role", *ON_USER, *ON_ROOM} - {"moderator", "member"}
    assert set(ACTIONS.values()) == named


@pytest.mark.parametrize(("actor", "action", "target"), [*product(ACTORS, ON_USER, TARGETS)])
def test_who_may_do_what_to_whom(desk, people, actor, action, target):
    by, aimed = getattr(people, actor), getattr(people, target)
    command = ON_USER[action](aimed.user_id)
    least = 3 if isinstance(command, SetRole) else 2
    allowed = RANK[actor] >= least and RANK[actor] > RANK[target]
    before = desk.moderation.rules
    assert outcome(desk, command, by, aimed) == ("done" if allowed else "forbidden")
    if not allowed:
        assert desk.moderation.rules is before
        assert desk.audit == []


@pytest.mark.parametrize(("actor", "action"), [*product(ACTORS, ON_ROOM)])
def test_who_may_hold_the_room(desk, people, actor, action):
    by = getattr(people, actor)
    assert outcome(desk, ON_ROOM[action], by) == ("done" if RANK[actor] >= 2 else "forbidden")
    assert len(desk.audit) == (RANK[actor] >= 2)


@pytest.mark.parametrize(("actor", "resolve"), [*product(ACTORS, (Approve, Reject))])
def test_who_may_let_a_message_pass(desk, people, actor, resolve):
    pending = desk.hold(people.member)
    by = getattr(people, actor)
    assert outcome(desk, resolve(pending.id), by) == ("done" if RANK[actor] >= 2 else "forbidden")


def test_an_act_is_written_down(desk, people):
    desk.do(TimeOut(people.member.user_id, 60, "loud"), people.moderator, people.member)
    assert desk.audit == [
        {
            "room": desk.moderation.rules.room_id,
            "at": desk.now_ms,
            "by": people.moderator.user_id,
            "by_name": "Mo",
            "action": "timeout",
            "target": people.member.user_id,
            "target_name": "Eve",
            "detail": {"seconds": 60, "reason": "loud"},
        }
    ]


@pytest.mark.parametrize(
    "command",
    [
        TimeOut("usr_x", 60),
        SetSlow(-1),
        SetSlow(3_601),
        ChangeWords(add=("two words",)),
        ChangeWords(remove=("",)),
        RemoveMessage("msg_1", "x" * 301),
    ],
)
def test_what_cannot_be_meant(desk, people, command):
    assert outcome(desk, command, people.owner) == "bad_request"


@pytest.mark.parametrize("seconds", [0, -1, 14 * 24 * 3_600 + 1])
def test_times_out_of_bounds(desk, people, seconds):
    user = people.member.user_id
    assert outcome(desk, TimeOut(user, seconds), people.owner) == "bad_request"
    assert outcome(desk, Ban(user, seconds=seconds * 300), people.owner) == "bad_request"
    assert outcome(desk, Ban(user, "x" * 301), people.owner) == "bad_request"


@pytest.mark.parametrize(
    "command", [SetSlow(0), SetModes(), SetModes(approval=False), ChangeWords(remove=("bad",))]
)
def test_what_is_so_already_changes_nothing(desk, people, command):
    change = desk.do(command, people.owner)
    assert (change.ops, change.effects, desk.audit) == ((), (), [])


@pytest.mark.parametrize("action", ["untimeout", "unban", "unshadowban", "member"])
def test_what_is_not_there_cannot_be_lifted(desk, people, action):
    change = desk.do(ON_USER[action](people.member.user_id), people.owner)
    assert (change.ops, change.effects, desk.audit) == ((), (), [])


def test_effects_are_told_in_their_order(desk, people):
    member = people.member
    pending = desk.hold(member)
    change = desk.do(Ban(member.user_id, "rude", 60), people.moderator, member)
    until = desk.now_ms + 60_000
    assert change.effects == (
        SanctionTold("ban", member.user_id, "Eve", until, "rude"),
        PendingResolved(pending.id, member.user_id, "rejected"),
        PutOutBanned(),
    )
    change = desk.do(LiftBan(member.user_id), people.moderator, member)
    assert change.effects == (SanctionTold("unban", member.user_id, "Eve", None, "rude"),)
    change = desk.do(SetModes(approval=True), people.moderator)
    assert change.effects == (ModesSet(desk.moderation.modes),)
    change = desk.do(PurgeUser(member.user_id), people.moderator)
    assert change.effects == (Purged(member.user_id),)
    change = desk.do(RemoveMessage("msg_1", "rude"), people.moderator)
    assert change.effects == (MessageRemoved("msg_1", "rude"),)


def test_a_shadow_ban_is_told_to_nobody(desk, people):
    for command in (ShadowBan(people.member.user_id), LiftShadowBan(people.member.user_id)):
        assert desk.do(command, people.moderator).effects == ()
    assert len(desk.audit) == 2


def test_a_message_that_waited_is_posted_once(desk, people):
    pending = desk.hold(people.member)
    change = desk.do(Approve(pending.id), people.moderator)
    resolved = PendingResolved(pending.id, people.member.user_id, "approved")
    assert change.effects == (PendingPosted(pending), resolved)
    assert desk.audit[0]["detail"] == {"user": people.member.user_id, "content": "hello"}
    for command in (Approve(pending.id), Reject(pending.id)):
        assert outcome(desk, command, people.moderator) == "pending_not_found"


def test_a_moderator_comes_and_goes(desk, people):
    user = people.member.user_id
    desk.do(Ban(user, address=True), people.owner, people.member)
    desk.do(TimeOut(user, 60), people.owner, people.member)
    change = desk.do(SetRole(user, "moderator"), people.owner, people.member)
    assert change.effects == (RolesChanged(user, "Eve", Role.MODERATOR),)
    assert desk.moderation.role_of(user) is Role.MODERATOR
    assert desk.moderation.rules.sanctions == {}
    assert desk.send(people.member) is Verdict.POST
    assert outcome(desk, TimeOut(user, 60), people.moderator, people.member) == "forbidden"
    desk.do(SetRole(user, "member"), people.owner)
    assert desk.moderation.role_of(user) is Role.MEMBER


def test_a_room_has_only_so_many_moderators_and_words(desk, people):
    for number in range(48):
        command = SetRole(f"usr_01JD00000000000000000000{number:02}", "moderator")
        assert outcome(desk, command, people.owner) == "done"
    command = SetRole(people.member.user_id, "moderator")
    assert outcome(desk, command, people.owner) == "too_many_moderators"
    words = tuple(f"word{number}" for number in range(501))
    assert outcome(desk, ChangeWords(add=words), people.owner) == "too_many_words"
    assert outcome(desk, ChangeWords(add=words[:500]), people.owner) == "done"


def test_commands_on_users_have_a_user():
    assert all("user" in each.__slots__ for each in OnUser.__args__)
