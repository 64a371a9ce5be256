"""What members are told of each other: who is in, who is writing; and reports to moderators."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors.room import (
    GUEST,
    Join,
    Listed,
    ListMembers,
    NoteTyping,
    Person,
    Report,
    ReportMade,
    RoomError,
    UsersTyping,
)
from actors.room.limits import USER_BURST_REPORTS
from actors.room.presence import MAX_LISTED_MEMBERS
from actors.room.typing import MAX_TYPING_MEMBERS, MAX_TYPING_NAMES, TYPING_INTERVAL_S


def names(push):
    return [user.user_id for user in push.users]


async def test_the_first_is_told_at_once_and_others_are_sampled(
    autojump_clock, open_hall, listener, person
):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        await hall.ask(NoteTyping(person("usr_a")))
        assert [names(push) for push in member.of(UsersTyping)] == [["usr_a"]]
        for _ in range(3):
            for n in range(MAX_TYPING_NAMES + 3):
                await hall.ask(NoteTyping(person(f"usr_{n}")))
            await wait_all_tasks_blocked()
        assert len(member.of(UsersTyping)) == 1
        await trio.sleep(TYPING_INTERVAL_S * 1.5)
        assert names(member.of(UsersTyping)[-1]) == [f"usr_{n}" for n in range(MAX_TYPING_NAMES)]
        await trio.sleep(TYPING_INTERVAL_S * 10)
        assert names(member.of(UsersTyping)[-1]) == []
        assert len(member.of(UsersTyping)) == 3
        assert all(batch.ephemeral for batch in member.batches)


async def test_who_has_sent_it_types_no_more(autojump_clock, open_hall, listener, person):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        await hall.ask(NoteTyping(person("usr_b")))
        await hall.ask(NoteTyping(person("usr_a")))
        await hall.say("hello", "usr_a")
        await trio.sleep(TYPING_INTERVAL_S * 1.5)
        assert names(member.of(UsersTyping)[-1]) == []


async def test_nobody_is_told_in_a_large_room(autojump_clock, open_hall, listener, person):
    async with open_hall() as hall:
        members = [listener() for _ in range(MAX_TYPING_MEMBERS + 1)]
        for member in members:
            await hall.join(member)
        await hall.ask(NoteTyping(person("usr_a")))
        await trio.sleep(10)
        assert members[0].of(UsersTyping) == []


async def test_members_are_listed_while_they_are_few(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        people = [Person("usr_a", "Ada"), Person("usr_a", "Ada"), Person("usr_o", "Olga"), GUEST,
                  Person("usr_r", "Root", admin=True)]  # fmt: skip
        for each in people:
            await hall.ask(Join(listener(), by=each))
        found = await hall.ask(ListMembers())
        assert found.count == 5
        assert found.users == (
            Listed("usr_a", "Ada", None),
            Listed("usr_o", "Olga", "owner"),
            Listed("usr_r", "Root", "owner"),
        )
        for _ in range(MAX_LISTED_MEMBERS - 4):
            await hall.join(listener())
        found = await hall.ask(ListMembers())
        assert (found.count, found.users) == (MAX_LISTED_MEMBERS + 1, None)


async def test_a_report_reaches_moderators_alone_and_is_stored(
    autojump_clock, open_hall, listener, person
):
    async with open_hall() as hall:
        owner, other = listener(), listener()
        await hall.join(owner, user="usr_o")
        await hall.join(other, user="usr_b")
        sent = await hall.say("buy this")
        await hall.ask(Report(person("usr_b"), sent.message_id, " spam "))
        (push,) = owner.of(ReportMade)
        assert (push.message.content, push.by.user_id, push.reason) == ("buy this", "usr_b", "spam")
        assert other.of(ReportMade) == []
        ((_, doc),) = [row for (kind, _), row in hall.store.rows.items() if kind == "room_reports"]
        assert (doc["room"], doc["message"], doc["by"], doc["reason"]) == (
            hall.room, sent.message_id, "usr_b", "spam"
        )  # fmt: skip


async def test_what_is_no_report(autojump_clock, open_hall, person):
    async with open_hall() as hall:
        sent = await hall.say("buy this")
        about = (person("usr_b"), sent.message_id)
        for question, code in (
            (Report(person("usr_b"), "msg_" + "0" * 26, "spam"), "message_not_found"),
            (Report(*about, " "), "bad_reason"),
            (Report(*about, "x" * 301), "bad_reason"),
        ):
            with pytest.raises(RoomError) as refusal:
                await hall.ask(question)
            assert refusal.value.code == code
        for _ in range(USER_BURST_REPORTS):
            await hall.ask(Report(*about, "spam"))
        with pytest.raises(RoomError) as refusal:
            await hall.ask(Report(*about, "spam"))
        assert refusal.value.code == "rate_limited"
        assert refusal.value.retry_after_s > 1
