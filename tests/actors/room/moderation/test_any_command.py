"""Any commands by anybody: what holds afterwards, and that all of it is stored and written down."""

from dataclasses import replace

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from support.inline_store import open_inline_store

from actors.room import RoomError
from actors.room.moderation import (
    Approve,
    Ban,
    ChangeWords,
    Kind,
    LiftBan,
    LiftShadowBan,
    LiftTimeout,
    Moderation,
    Person,
    PurgeUser,
    Reject,
    RemoveMessage,
    Role,
    Rules,
    SetModes,
    SetRole,
    SetSlow,
    ShadowBan,
    TimeOut,
    read_rules,
)
from actors.room.moderation.words import MAX_WORDS
from storage import Put

ROOM = "str_01JD0000000000000000000000"
USERS = [f"usr_01JD000000000000000000000{letter}" for letter in "ABCDE"]
OWNER = USERS[0]

users = st.sampled_from(USERS)
people = st.builds(
    Person,
    user_id=st.sampled_from([*USERS, None]),
    name=st.just("Somebody"),
    address=st.sampled_from(["", "a" * 32, "b" * 32]),
    admin=st.sampled_from([False, False, False, True]),
)
flags = st.sampled_from([None, True, False])
seconds = st.integers(-1, 200)
words = st.lists(st.sampled_from(["bad", "b.a.d", "worse*", "two words", ""]), max_size=2)
commands = st.one_of(
    st.builds(PurgeUser, users),
    st.builds(TimeOut, users, seconds),
    st.builds(LiftTimeout, users),
    st.builds(Ban, users, seconds=st.none() | seconds, address=st.booleans()),
    st.builds(LiftBan, users),
    st.builds(ShadowBan, users),
    st.builds(LiftShadowBan, users),
    st.builds(SetRole, users, st.sampled_from(["moderator", "member"])),
    st.builds(SetSlow, seconds),
    st.builds(SetModes, flags, flags, flags),
    st.builds(ChangeWords, words.map(tuple), words.map(tuple)),
    st.builds(RemoveMessage, st.just("msg_1")),
    st.builds(Approve, st.sampled_from(["oldest", "none"])),
    st.builds(Reject, st.sampled_from(["oldest", "none"])),
)
steps = st.lists(
    st.tuples(st.sampled_from(["do", "do", "send", "pass"]), people, commands, seconds),
    max_size=30,
)


def plain(rules):
    """The rules without what a room that is read anew cannot know."""
    return (
        rules.owner,
        rules.modes,
        rules.words.words,
        rules.settings_version,
        dict(rules.moderators),
        dict(rules.sanctions),
        dict(rules.pending),
    )


def named(command, rules):
    if isinstance(command, Approve | Reject) and command.pending == "oldest" and rules.pending:
        return type(command)(next(iter(rules.pending)))
    return command


def target_of(command):
    user = getattr(command, "user", None)
    return None if user is None else Person(user, "Target", "a" * 32)


def check_invariants(rules, now_ms):
    assert 0 <= rules.modes.slow_s <= 3_600
    assert len(rules.words.words) <= MAX_WORDS
    assert OWNER not in rules.moderators
    for (user, kind), sanction in rules.sanctions.items():
        assert rules.role_of(user) is Role.MEMBER
        assert (sanction.user_id, sanction.kind) == (user, kind)
        assert kind is not Kind.TIMEOUT or sanction.until_ms is not None
        assert kind is Kind.BAN or not sanction.address
    for person in (Person(OWNER, "O", "a" * 32), Person(None, "", "c" * 32)):
        assert rules.ban(person, now_ms) is None


@given(steps)
@settings(max_examples=60, deadline=None)
def test_what_is_stored_is_what_holds(tmp_path_factory, schedule):

    async def play():
        with open_inline_store(tmp_path_factory.mktemp("rules")) as store:
            await store.commit(Put("streams", ROOM, stream_document(), 0))
            await play_on(store, schedule)

    trio.run(play)


def stream_document():
    return {"owner": OWNER, "on_air": False, "key_hash": "k", "created_at": 0}


async def play_on(store, schedule):
    moderation = Moderation(await read_rules(store, ROOM))
    now_ms, audited, serial = 1_000_000, 0, 0
    codes = set()
    for what, person, command, pause_s in schedule:
        before = moderation.rules
        kept = plain(before)
        command = named(command, before)
        change = None
        try:
            if what == "pass":
                now_ms += pause_s * 20_000 if pause_s > 0 else 0
            elif what == "send" and person.user_id is not None:
                _, change = moderation.hold(person, "hello", now_ms)
            elif what == "do":
                serial += 1
                change = moderation.decide(
                    command, person, now_ms, audit_id=f"aud_{serial}", target=target_of(command)
                )
        except RoomError as error:
            codes.add(error.code)
        assert plain(before) == kept, "a decision changes nothing by itself"
        if change is None:
            continue
        acts = [op for op in change.ops if op.collection == "room_audit"]
        if what == "do":
            assert before.role(person).moderates
            assert len(acts) == bool(change.ops) == bool(change.ops or change.effects)
            assert change.ops or plain(change.rules) == kept
        else:
            assert acts == []
        if change.ops:
            await store.commit(*change.ops)
            audited += len(acts)
        moderation.applied(change)
        check_invariants(moderation.rules, now_ms)
        assert plain(await read_rules(store, ROOM)) == plain(moderation.rules)
    assert codes <= {"forbidden", "bad_request", "pending_not_found", "approval_full"}
    rows = await store.find("room_audit", {"room": ROOM}, sort="at", limit=100)
    assert len(rows) == audited


@pytest.mark.parametrize("kind", ["member", "guest"])
def test_a_person_without_rights_never_changes_anything(kind):
    rules = Rules(ROOM, OWNER)
    person = Person(None if kind == "guest" else USERS[1], "x")
    moderation = Moderation(rules)
    for command in (SetSlow(1), Ban(USERS[2]), SetRole(USERS[1], "moderator"), PurgeUser(OWNER)):
        with pytest.raises(RoomError) as caught:
            moderation.decide(command, person, 0)
        assert caught.value.code == "forbidden"
    admin = replace(person, user_id=USERS[3], admin=True)
    assert moderation.decide(SetSlow(1), admin, 0).ops
