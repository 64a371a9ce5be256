"""Who may come in and write, and when again."""

import pytest

from actors.room import RoomError
from actors.room.moderation import (
    Ban,
    ChangeWords,
    LiftBan,
    SetModes,
    SetSlow,
    ShadowBan,
    TimeOut,
    Verdict,
)
from actors.room.moderation.slow import MAX_TRACKED_USERS, LastPosts


def refusal(check, *args):
    with pytest.raises(RoomError) as caught:
        check(*args)
    return caught.value.code, caught.value.retry_after_s


def test_a_quiet_room_lets_everybody_write(desk, people):
    assert desk.send(people.member) is Verdict.POST
    desk.moderation.check_join(people.guest, desk.now_ms)


def test_a_timeout_ends_by_itself(desk, people):
    desk.do(TimeOut(people.member.user_id, 60), people.moderator, people.member)
    desk.pass_s(20)
    assert refusal(desk.send, people.member) == ("timed_out", 40.0)
    desk.moderation.check_join(people.member, desk.now_ms)
    assert desk.moderation.sanction_of(people.member, desk.now_ms) is not None
    desk.pass_s(40)
    assert desk.send(people.member) is Verdict.POST
    assert desk.moderation.sanction_of(people.member, desk.now_ms) is None


def test_what_is_over_is_cleared_away_with_the_next_sanction(desk, people):
    desk.do(TimeOut(people.member.user_id, 60), people.moderator, people.member)
    desk.pass_s(60)
    desk.do(TimeOut(people.neighbour.user_id, 60), people.moderator, people.neighbour)
    assert [key for key, _ in desk.moderation.rules.sanctions] == [people.neighbour.user_id]
    kept = [name for collection, name in desk.documents if collection == "room_sanctions"]
    assert len(kept) == 1


def test_a_ban_of_a_user_is_not_one_of_the_neighbours(desk, people):
    desk.do(Ban(people.member.user_id), people.moderator, people.member)
    join = desk.moderation.check_join
    assert refusal(join, people.member, desk.now_ms) == ("banned", None)
    assert refusal(desk.send, people.member) == ("banned", None)
    join(people.neighbour, desk.now_ms)
    join(people.guest, desk.now_ms)


def test_a_ban_by_address_is_one_of_all_who_come_from_there(desk, people):
    desk.do(Ban(people.member.user_id, seconds=60, address=True), people.moderator, people.member)
    join = desk.moderation.check_join
    for person in (people.member, people.neighbour, people.guest):
        assert refusal(join, person, desk.now_ms) == ("banned", 60.0)
    join(people.ticketed, desk.now_ms)
    desk.do(Ban(people.member.user_id), people.moderator)  # for good now, and as before
    assert refusal(join, people.guest, desk.now_ms) == ("banned", None)
    desk.do(LiftBan(people.member.user_id), people.moderator)
    for person in (people.member, people.neighbour, people.guest):
        join(person, desk.now_ms)


def test_moderators_are_not_kept_out_with_their_neighbours(desk, people):
    desk.do(Ban(people.member.user_id, address=True), people.moderator, people.member)
    moderator = type(people.moderator)(people.moderator.user_id, "Mo", people.member.address)
    desk.moderation.check_join(moderator, desk.now_ms)


def test_who_has_no_known_address_is_banned_alone(desk, people):
    desk.do(Ban(people.ticketed.user_id, address=True), people.moderator, people.ticketed)
    desk.moderation.check_join(type(people.guest)(None, ""), desk.now_ms)


def test_a_shadow_ban_gives_nothing_away(desk, people):
    desk.do(ShadowBan(people.member.user_id), people.moderator, people.member)
    assert desk.send(people.member) is Verdict.SHADOW
    desk.do(SetModes(approval=True), people.moderator)
    desk.do(SetSlow(10), people.moderator)
    desk.pass_s(10)
    assert desk.send(people.member) is Verdict.SHADOW
    assert refusal(desk.send, people.member) == ("slow_mode", 10.0)
    edit = desk.moderation.check_edit
    assert refusal(edit, people.member, "x", desk.now_ms) == ("too_old", None)


def test_slow_mode_is_for_each_user(desk, people):
    desk.do(SetSlow(10), people.moderator)
    assert desk.send(people.member) is Verdict.POST
    assert desk.send(people.neighbour) is Verdict.POST
    desk.pass_s(7.5)
    assert refusal(desk.send, people.member) == ("slow_mode", 2.5)
    desk.pass_s(2.5)
    assert desk.send(people.member) is Verdict.POST
    for _ in range(3):
        assert desk.send(people.moderator) is Verdict.POST


def test_what_is_refused_otherwise_does_not_count_for_slow_mode(desk, people):
    desk.do(SetSlow(10), people.moderator)
    desk.do(ChangeWords(add=("bad",)), people.moderator)
    assert refusal(desk.send, people.member, "b.a.d") == ("blocked_word", None)
    assert desk.send(people.member) is Verdict.POST


@pytest.mark.parametrize(
    "content",
    [
        "\U0001f600",
        "\U0001f44d\U0001f3fd \u2764\ufe0f",
        "1\ufe0f\u20e3",
        "\U0001f1e9\U0001f1ea",
    ],
)
def test_emoji_alone(desk, people, content):
    desk.do(SetModes(emote_only=True), people.moderator)
    assert desk.send(people.member, content) is Verdict.POST
    assert refusal(desk.send, people.member, content + "a") == ("emote_only", None)


@pytest.mark.parametrize("content", ["hello", "1", "\u200d", "\ufe0f", "!?", " "])
def test_what_is_no_emoji(desk, people, content):
    desk.do(SetModes(emote_only=True), people.moderator)
    assert refusal(desk.send, people.member, content) == ("emote_only", None)
    assert desk.send(people.owner, content) is Verdict.POST


def test_ticket_holders_alone(desk, people):
    desk.do(SetModes(ticket_holders=True), people.moderator)
    assert refusal(desk.send, people.member) == ("ticket_holders_only", None)
    for person in (people.ticketed, people.moderator, people.admin):
        assert desk.send(person) is Verdict.POST


def test_approval(desk, people):
    desk.do(SetModes(approval=True), people.moderator)
    assert desk.send(people.member) is Verdict.PENDING
    assert desk.send(people.moderator) is Verdict.POST
    edit = desk.moderation.check_edit
    assert refusal(edit, people.member, "x", desk.now_ms) == ("approval_only", None)
    edit(people.moderator, "x", desk.now_ms)


def test_edits_keep_to_the_words_and_the_timeout(desk, people):
    edit = desk.moderation.check_edit
    edit(people.member, "x", desk.now_ms)
    desk.do(ChangeWords(add=("bad",)), people.moderator)
    assert refusal(edit, people.member, "bad", desk.now_ms) == ("blocked_word", None)
    desk.do(TimeOut(people.member.user_id, 60), people.moderator, people.member)
    assert refusal(edit, people.member, "x", desk.now_ms) == ("timed_out", 60.0)


def test_a_message_waits_once_under_its_client_id(desk, people):
    first = desk.hold(people.member, client_id="c1")
    assert desk.hold(people.member, client_id="c1") == first
    assert desk.hold(people.neighbour, client_id="c1") != first
    assert len(desk.moderation.rules.pending) == 2


def test_nobody_fills_the_queue_alone(desk, people):
    for _ in range(5):
        desk.hold(people.member)
    desk.pass_s(600)
    desk.do(SetModes(approval=True), people.moderator)
    assert refusal(desk.send, people.member) == ("approval_full", 3_000.0)
    assert desk.send(people.neighbour) is Verdict.PENDING


def test_the_queue_is_bounded_and_forgets(desk, people):
    for number in range(200):
        desk.hold(type(people.member)(f"usr_{number}", "x"))
    assert refusal(desk.hold, people.member) == ("approval_full", 3_600.0)
    desk.pass_s(3_600)
    desk.hold(people.member)
    assert len(desk.moderation.rules.pending) == 181
    for _ in range(9):
        desk.do(SetSlow(desk.moderation.modes.slow_s + 1), people.moderator)
    assert len(desk.moderation.rules.pending) == 1


def test_last_posts_are_bounded():
    posts = LastPosts()
    for number in range(MAX_TRACKED_USERS + 5):
        assert posts.take(f"usr_{number}", 60, 1_000) == 0
    assert len(posts) == MAX_TRACKED_USERS
    assert posts.take(f"usr_{MAX_TRACKED_USERS}", 60, 1_000) == 60
    for number in range(10):
        posts.take(f"new_{number}", 60, 1_000 + 3_600_000)
    assert len(posts) == MAX_TRACKED_USERS


def test_a_clock_that_was_put_back_does_not_silence_anybody():
    posts = LastPosts()
    posts.take("usr_a", 10, 1_000_000)
    assert posts.take("usr_a", 10, 0) == 10
