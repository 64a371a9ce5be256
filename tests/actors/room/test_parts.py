"""The room's smaller parts: token buckets, recent messages, the roster, texts."""

import pytest
import trio

from actors.ports import Batch
from actors.room import MembersCounted, Message, Roster, Rosters, TokenBucket
from actors.room.limits import SendLimits
from actors.room.recent import RECENT_MESSAGES, TRIM_MESSAGES, Recent
from actors.room.text import clean_content


def message(offset: int, client_id: str | None = None) -> Message:
    return Message(offset, f"msg_{offset}", "usr_a", "A", f"m{offset}", 0, client_id)


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
    limits = SendLimits()
    for n in range(500):
        assert limits.take(f"usr_{n}") == 0
        await trio.sleep(0.05)
    assert len(limits._users) <= 100


def test_recent_messages_are_bounded_and_without_a_gap():
    recent = Recent(message(n, f"c{n}") for n in range(1, RECENT_MESSAGES + TRIM_MESSAGES))
    assert recent.first_offset == 1
    last = RECENT_MESSAGES + TRIM_MESSAGES
    recent.extend([message(last, f"c{last}")])
    assert recent.first_offset == TRIM_MESSAGES + 1
    assert recent.sent_as("usr_a", "c1") is None
    assert recent.sent_as("usr_a", f"c{last}") == message(last, f"c{last}")
    assert recent.after(last) == ()
    assert recent.after(last - 1) == (message(last, f"c{last}"),)
    assert len(recent.after(last - RECENT_MESSAGES) or ()) == RECENT_MESSAGES
    assert recent.after(last - RECENT_MESSAGES - 1) is None
    assert recent.before(TRIM_MESSAGES + 5, 10) is None


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
        roster.add(member, None)
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
    rosters.of("a").add(member, None)
    rosters.release("a")
    assert member in rosters.of("a")
    rosters.of("a").remove(member)
    rosters.release("a")
    assert len(rosters) == 0
