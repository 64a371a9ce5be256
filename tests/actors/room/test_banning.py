"""Who is banned is out, stays out, and reads nothing: by user and by address."""

import pytest
import trio
from support.moderating import ADA, BOB, OWNER, audit, refused
from trio.testing import wait_all_tasks_blocked

from actors.room import (
    GUEST,
    CountMembers,
    History,
    Join,
    ListMembers,
    Moderate,
    Person,
    Send,
)
from actors.room.moderation import Approve, Ban, LiftBan, PurgeUser, SetModes
from storage import OutcomeUnknown, StoreUnavailable

THERE = Person(None, "", ADA.address)
"""A guest who comes from where Ada does."""


def audit_names(hall):
    """On whom something was done, by name."""
    rows = [doc for (kind, _), (_, doc) in hall.store.rows.items() if kind == "room_audit"]
    return [doc.get("target_name") for doc in rows]


async def test_a_ban_puts_out_all_of_a_user_and_of_an_address(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        phone, laptop, guest, bob = (listener() for _ in range(4))
        for member, person in ((phone, ADA), (laptop, ADA), (guest, THERE), (bob, BOB)):
            await hall.ask(Join(member, by=person))
        await hall.ask(Moderate(OWNER, Ban(ADA.user_id, "spam", address=True)))
        assert [len(member.removed) for member in (phone, laptop, guest, bob)] == [1, 1, 1, 0]
        assert phone.removed[0].reason == "banned"
        for _ in range(2):
            for person in (ADA, THERE, Person("usr_x", "Other name", ADA.address)):
                assert (await refused(hall, Join(listener(), by=person))).code == "banned"
            assert (await refused(hall, Send(ADA, "still here?"))).code == "banned"
            await hall.restart()
        await hall.ask(Moderate(OWNER, LiftBan(ADA.user_id)))
        await hall.ask(Join(listener(), by=ADA))


async def test_an_address_is_banned_also_after_its_user_has_left(
    autojump_clock, open_hall, listener
):
    async with open_hall() as hall:
        await hall.ask(Send(ADA, "spam, and I am gone"))
        await hall.ask(Moderate(OWNER, Ban(ADA.user_id, address=True)))
        other_name = Person("usr_x", "Other name", ADA.address)
        assert (await refused(hall, Join(listener(), by=other_name))).code == "banned"


@pytest.mark.parametrize("way", ["said", "purged", "approved", "waits"])
async def test_an_address_is_banned_also_after_a_restart(autojump_clock, open_hall, listener, way):
    async with open_hall() as hall:
        await hall.ask(Moderate(OWNER, SetModes(approval=way in ("approved", "waits"))))
        sent = await hall.ask(Send(ADA, "spam, and I am gone"))
        if way == "approved":
            await hall.ask(Moderate(OWNER, Approve(sent.pending)))
        if way == "purged":
            await hall.ask(Moderate(OWNER, PurgeUser(ADA.user_id)))
            await trio.sleep(60)
        await hall.restart()
        await hall.ask(Moderate(OWNER, Ban(ADA.user_id, address=True)))
        assert audit_names(hall)[-1] == "Ada"
        await hall.restart()
        for person in (THERE, Person("usr_x", "Other name", ADA.address)):
            assert (await refused(hall, Join(listener(), by=person))).code == "banned"
        await hall.ask(Join(listener(), by=BOB))


async def test_who_never_was_here_is_banned_all_the_same(autojump_clock, open_hall):
    async with open_hall() as hall:
        for address in (True, False):
            await hall.ask(Moderate(OWNER, Ban(ADA.user_id, address=address)))
        assert (await refused(hall, Send(ADA, "hello"))).code == "banned"


async def test_who_is_banned_while_the_store_is_out_is_not(autojump_clock, open_hall):
    async with open_hall() as hall:
        await hall.ask(CountMembers())

        async def fail():
            raise StoreUnavailable("disk full")

        hall.store.before_read = fail
        error = await refused(hall, Moderate(OWNER, Ban(ADA.user_id, address=True)))
        assert error.code == "unavailable"
        hall.store.before_read = trio.lowlevel.checkpoint
        await hall.ask(Send(ADA, "hello"))


@pytest.mark.parametrize("trouble", ["crash", "unknown"])
async def test_who_is_banned_is_put_out_whatever_happens(
    autojump_clock, open_hall, listener, trouble
):
    async with open_hall() as hall:
        ada, bob = listener(), listener()
        await hall.ask(Join(ada, by=ADA))
        await hall.ask(Join(bob, by=BOB))

        async def fail():
            hall.store.after_commit = trio.lowlevel.checkpoint
            raise RuntimeError("planted") if trouble == "crash" else OutcomeUnknown("planted")

        hall.store.after_commit = fail
        with pytest.raises(Exception, match=r"crashed|cannot take this now"):
            await hall.ask(Moderate(OWNER, Ban(ADA.user_id)))
        await wait_all_tasks_blocked()
        assert len(ada.removed) == 1
        assert bob.removed == []
        assert len(audit(hall)) == 1


async def test_who_is_banned_reads_nothing(autojump_clock, open_hall):
    async with open_hall() as hall:
        await hall.ask(Send(ADA, "spam"))
        await hall.ask(Moderate(OWNER, Ban(ADA.user_id)))
        for person in (ADA, THERE, GUEST, BOB, OWNER):
            for question in (History(None, 5, person), CountMembers(person), ListMembers(person)):
                if person is ADA:
                    assert (await refused(hall, question)).code == "banned"
                else:  # who signs out is only as banned as the address
                    await hall.ask(question)


async def test_where_an_address_is_banned_guests_read_nothing_either(autojump_clock, open_hall):
    async with open_hall() as hall:
        await hall.ask(Send(ADA, "spam"))
        await hall.ask(Moderate(OWNER, Ban(ADA.user_id, address=True, seconds=60)))
        for question in (History(None, 5, THERE), CountMembers(THERE), ListMembers(THERE)):
            error = await refused(hall, question)
            assert (error.code, error.retry_after_s) == ("banned", 60)
        assert (await hall.ask(History(None, 5, BOB))).messages
        await trio.sleep(60)
        assert (await hall.ask(History(None, 5, THERE))).messages
