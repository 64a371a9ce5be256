"""Who becomes a moderator, or is one no more: told at once, and out at once without a ticket."""

import pytest
import trio
from support.moderating import ADA, BOB, OWNER
from support.socket_stage import stream_doc
from trio.testing import wait_all_tasks_blocked

from actors.room import (
    By,
    Join,
    ListUsers,
    MemberRemoved,
    Moderate,
    Person,
    RoleChanged,
)
from actors.room.moderation import SetRole
from storage import OutcomeUnknown, StoreUnavailable

TICKETED = Person("usr_" + "T" * 26, "Tim", holds_ticket=True)
UP = Moderate(OWNER, SetRole(ADA.user_id, "moderator"))
DOWN = Moderate(OWNER, SetRole(ADA.user_id, "member"))


def again(question):
    """The same question once more, with a reply of its own."""
    return Moderate(question.by, question.command)


def sell_tickets(hall):
    """Have the stream ticketed, with a licence of it for the one who holds a ticket."""
    hall.store.rows["streams", hall.room] = (1, stream_doc(hall.room, "ticket"))
    licence = {"user": TICKETED.user_id, "stream": hall.room, "status": "active", "created_at": 1}
    hall.store.rows["licences", "lic_1"] = (1, licence)


async def test_a_role_is_told_to_the_one_concerned_and_to_moderators(
    autojump_clock, open_hall, listener
):
    async with open_hall() as hall:
        owner, phone, laptop, bob = (listener() for _ in range(4))
        for member, person in ((owner, OWNER), (phone, ADA), (laptop, ADA), (bob, BOB)):
            await hall.ask(Join(member, by=person))
        for question, role in ((UP, "moderator"), (DOWN, "member")):
            await hall.ask(again(question))
            await hall.ask(again(question))  # nothing changes, and nobody is told
            mine = RoleChanged(hall.room, role)
            assert phone.of(RoleChanged)[-1] == laptop.of(RoleChanged)[-1] == mine
            told = RoleChanged(hall.room, role, By(ADA.user_id, "Ada"))
            assert owner.of(RoleChanged)[-1] == told
        assert [len(each.of(RoleChanged)) for each in (phone, laptop, owner, bob)] == [2, 2, 2, 0]


async def test_a_dismissed_moderator_without_a_ticket_is_put_out(
    autojump_clock, open_hall, listener
):
    async with open_hall() as hall:
        sell_tickets(hall)
        phone, laptop, tim, owner = (listener() for _ in range(4))
        await hall.ask(again(UP))
        for member, person in ((phone, ADA), (laptop, ADA), (tim, TICKETED), (owner, OWNER)):
            await hall.ask(Join(member, by=person))
        await hall.ask(again(DOWN))
        await wait_all_tasks_blocked()
        for member in (phone, laptop):
            assert member.removed == [MemberRemoved(hall.room, "licence_required")]
        assert await hall.ask(ListUsers()) == {TICKETED.user_id, OWNER.user_id}


async def test_a_dismissed_moderator_with_a_ticket_stays(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        sell_tickets(hall)
        tim = listener()
        await hall.ask(Moderate(OWNER, SetRole(TICKETED.user_id, "moderator")))
        await hall.ask(Join(tim, by=TICKETED))
        await hall.ask(Moderate(OWNER, SetRole(TICKETED.user_id, "member")))
        await wait_all_tasks_blocked()
        assert tim.removed == []


async def test_in_a_public_room_all_stay(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        ada = listener()
        await hall.ask(again(UP))
        await hall.ask(Join(ada, by=ADA))
        await hall.ask(again(DOWN))
        await wait_all_tasks_blocked()
        assert ada.removed == []


@pytest.mark.parametrize("trouble", ["crash", "unknown", "store out"])
async def test_who_has_no_ticket_is_put_out_whatever_happens(
    autojump_clock, open_hall, listener, trouble
):
    async with open_hall() as hall:
        sell_tickets(hall)
        ada, tim = listener(), listener()
        await hall.ask(again(UP))
        await hall.ask(Join(ada, by=ADA))
        await hall.ask(Join(tim, by=TICKETED))

        async def unavailable():
            raise StoreUnavailable("planted")

        async def fail():
            hall.store.after_commit = trio.lowlevel.checkpoint
            if trouble == "crash":
                raise RuntimeError("planted")
            if trouble == "unknown":
                raise OutcomeUnknown("planted")
            hall.store.before_read = unavailable

        hall.store.after_commit = fail
        if trouble == "store out":
            await hall.ask(again(DOWN))
        else:
            with pytest.raises(Exception, match=r"crashed|cannot take this now"):
                await hall.ask(again(DOWN))
        await wait_all_tasks_blocked()
        hall.store.before_read = trio.lowlevel.checkpoint
        await trio.sleep(10)
        assert len(ada.removed) == 1
        assert tim.removed == []
