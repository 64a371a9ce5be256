"""The room's smaller parts: token buckets, recent messages, the roster, texts."""

import pytest
import trio

from actors.ports import Batch
from actors.room import (
    GUEST,
    By,
    MembersCounted,
    Message,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    RoomError,
    Roster,
    Rosters,
    TokenBucket,
    UserPurged,
)
from actors.room.emoji import one_emoji
from actors.room.limits import send_limits
from actors.room.pace import FEW_EVENTS, MAX_CROWDED_TICK_S, MAX_TICK_S, Pace
from actors.room.recent import RECENT_EVENTS, TRIM_EVENTS, Recent, blank
from actors.room.text import clean_content

ADA = By("usr_a", "A")


def message(offset: int, client_id: str | None = None) -> Message:
    return Message(offset, f"msg_{offset}", "usr_a", "A", f"m{offset}", 0, client_id)


def posted(offset: int, client_id: str | None = None) -> MessagePosted:
    return MessagePosted("r", message(offset, client_id))


async def test_a_bucket_gives_its_burst_and_then_its_rate(autojump_clock):
    bucket = TokenBucket(rate_per_s=2.0, burst=3)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    assert bucket.wait_s() == pytest.approx(0.5)
    await trio.sleep(0.5)
    assert bucket.take()
    assert not bucket.take()
    await trio.sleep(100)
    assert bucket.full
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


async def test_calm_users_are_forgotten(autojump_clock, monkeypatch):
    monkeypatch.setattr("actors.room.limits.MAX_TRACKED_USERS", 100)
    limits = send_limits()
    for n in range(500):
        assert limits.take(f"usr_{n}") == 0
        await trio.sleep(0.05)
    assert len(limits._users) <= 100


def test_recent_events_are_bounded_and_without_a_gap():
    recent = Recent()
    recent.extend(posted(n, f"c{n}") for n in range(1, RECENT_EVENTS + TRIM_EVENTS))
    assert recent.first_offset == 1
    last = RECENT_EVENTS + TRIM_EVENTS
    recent.extend([posted(last, f"c{last}")])
    assert recent.first_offset == TRIM_EVENTS + 1
    assert recent.sent_as("usr_a", "c1") is None
    assert recent.message("msg_1") is None
    assert recent.sent_as("usr_a", f"c{last}") == message(last, f"c{last}")
    assert recent.after(last) == ()
    assert recent.after(last - 1) == (posted(last, f"c{last}"),)
    assert len(recent.after(last - RECENT_EVENTS) or ()) == RECENT_EVENTS
    assert recent.after(last - RECENT_EVENTS - 1) is None
    assert recent.before(TRIM_EVENTS + 5, 10) is None
    assert recent.before(None, 2) == ((message(last - 1, f"c{last - 1}"),
                                       message(last, f"c{last}")), True)  # fmt: skip


def test_many_edits_do_not_crowd_out_messages():
    recent = Recent()
    recent.extend(posted(n) for n in range(1, 11))
    for n in range(11, 11 + RECENT_EVENTS + TRIM_EVENTS):
        recent.extend([MessageEdited("r", n, f"evt_{n}", message(3), ADA)])
    assert recent.first_offset > 11
    assert [each.offset for each in recent.latest(50)] == list(range(1, 11))
    assert recent.before(5, 10) == (tuple(message(n) for n in range(1, 5)), False)


def test_what_was_deleted_is_not_told_again():
    recent = Recent()
    recent.extend([posted(1), posted(2), MessageEdited("r", 3, "evt_3", message(1), ADA)])
    recent.extend([MessageDeleted("r", 4, "evt_4", "msg_1", ADA)])
    recent.amend(blank(message(1)))
    recent.extend([UserPurged("r", 5, "evt_5", "usr_a", 2, ADA)])
    told = recent.after(0)
    assert [getattr(each, "message", message(2)).content for each in told] == [
        "", "m2", "", "m2", "m2"
    ]  # fmt: skip
    recent.extend([UserPurged("r", 6, "evt_6", "usr_a", 6, ADA)])
    assert {each.content for each in recent.latest(50)} == {""}


async def test_the_pace_of_a_room(autojump_clock):
    pace = Pace()
    assert pace.wait_s() == 0
    pace.began(events=1, members=10)
    assert pace.wait_s() < 0.001, "a quiet room does not wait"
    for _ in range(10):
        pace.began(events=FEW_EVENTS + 1, members=10)
    assert pace.wait_s() == pytest.approx(MAX_CROWDED_TICK_S)
    await trio.sleep(MAX_CROWDED_TICK_S)
    assert pace.wait_s() == 0
    for _ in range(10):
        pace.began(events=1, members=10)
    assert pace.wait_s() < 0.001
    pace.began(events=1, members=1_000)
    assert 0.01 < pace.wait_s() < 0.05
    pace.began(events=1, members=10_000)
    assert pace.wait_s() == pytest.approx(MAX_TICK_S)


@pytest.mark.parametrize(
    "emoji",
    ["👍", "👍🏽", "❤️", "❤", "👨‍👩‍👧",
     "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
     "🇩🇪", "1️⃣", "🎸", "©", "™️", "⌚", "👁️‍🗨️", "🏳️‍🌈", "🧑🏿‍🤝‍🧑🏽", "🫠", "㊗️"],
)  # fmt: skip
def test_one_emoji_is_a_reaction(emoji):
    assert one_emoji(emoji) == emoji


@pytest.mark.parametrize(
    "text",
    ["", "a", "1", "👍👍", "👍a", "\u200d", "👍\u200d", "🇩", "🇩🇪🇩", "漢", "<", "👍" * 17, "א", "ok",
     "👍 "],
)  # fmt: skip
def test_anything_else_is_not(text):
    with pytest.raises(RoomError) as refused:
        one_emoji(text)
    assert refused.value.code == "bad_emoji"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (" hello ", "hello"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("nul\x00 bell\x07 esc\x1b[31m", "nul bell esc[31m"),
        ("turned \u202eround\u2069", "turned round"),
        ("👨‍👩‍👧 Ünïcode ✓", "👨‍👩‍👧 Ünïcode ✓"),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", None),
        ("می‌خواهم", "می‌خواهم"),
        ("half \ud83d a pair", "half  a pair"),
    ],
)
def test_content_is_what_can_be_seen(said, kept):
    assert clean_content(said) == (said if kept is None else kept)


def test_a_batch_is_encoded_once_for_each_encoding():
    calls = []

    def one(pushes):
        calls.append("one")
        return b"1"

    def two(pushes):
        calls.append("two")
        return b"2"

    batch = Batch((MembersCounted("r", 1),))
    assert batch.encoded(one) is batch.encoded(one)
    assert batch.encoded(two) == b"2"
    assert calls == ["one", "two"]


async def test_a_fan_out_that_is_cancelled_goes_on_where_it_stopped(listener):
    roster = Roster()
    members = [listener() for _ in range(1000)]
    for member in members:
        roster.add(member, GUEST)
    batch = Batch((MembersCounted("r", 1),))
    with trio.CancelScope() as scope:
        scope.cancel()
        await roster.publish(batch, 7)
    assert scope.cancelled_caught
    reached = sum(len(member.batches) for member in members)
    assert 0 < reached < 1000
    await roster.finish()
    assert all(member.batches == [batch] for member in members)
    assert roster.offset == 7


def test_rosters_of_empty_rooms_are_released(listener):
    rosters = Rosters()
    member = listener()
    rosters.of("a").add(member, GUEST)
    rosters.release("a")
    assert member in rosters.of("a")
    rosters.of("a").remove(member)
    rosters.release("a")
    assert len(rosters) == 0
