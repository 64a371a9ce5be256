"""Putting a user's members out, and nobody else."""

import pytest
import trio

from actors.kernel import ActorCrashed
from actors.ports import Batch
from actors.room import CountMembers, ListUsers, MemberRemoved, PutOut
from actors.room.presence import COUNT_INTERVAL_S


async def test_a_users_members_are_out_when_the_answer_comes(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        phone, laptop, other, guest = (listener() for _ in range(4))
        for member, user in ((phone, "usr_a"), (laptop, "usr_a"), (other, "usr_b"), (guest, None)):
            await hall.join(member, user=user)
        await hall.say("before")
        assert await hall.ask(ListUsers()) == {"usr_a", "usr_b", None}
        for _ in range(2):  # told twice
            await hall.ask(PutOut("usr_a", "licence_revoked"))
            assert [member.removed for member in (phone, laptop)] == [
                [MemberRemoved(hall.room, "licence_revoked")]
            ] * 2
        await hall.say("after")
        assert [each.offsets for each in (phone, laptop)] == [[1]] * 2
        assert [each.offsets for each in (other, guest)] == [[1, 2]] * 2
        assert other.removed == guest.removed == []
        assert await hall.ask(CountMembers()) == 2
        await trio.sleep(COUNT_INTERVAL_S + 1)
        assert other.counts[-1] == 2


async def test_guests_are_put_out_together(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        first, second, ada = listener(), listener(), listener()
        await hall.join(first)
        await hall.join(second)
        await hall.join(ada, user="usr_a")
        await hall.ask(PutOut(None, "licence_required"))
        assert await hall.ask(ListUsers()) == {"usr_a"}
        assert len(first.removed) == len(second.removed) == 1


async def test_who_is_out_may_come_in_again(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member, user="usr_a")
        await hall.ask(PutOut("usr_a", "licence_revoked"))
        await hall.join(member, user="usr_a")
        await hall.say("hello")
        assert member.offsets == [1]


async def test_who_signed_in_after_they_came_is_put_out_too(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        await hall.join(member, user="usr_a")
        assert await hall.ask(CountMembers()) == 1
        await hall.ask(PutOut("usr_a", "licence_revoked"))
        assert await hall.ask(CountMembers()) == 0


async def test_whose_members_they_are_outlives_a_crash(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        member, broken = listener(), listener()
        await hall.join(member, user="usr_a")
        await hall.join(broken, user="usr_b")

        def crash(room_id: str, farewell: Batch) -> None:
            raise RuntimeError("planted")

        broken.put_out = crash
        with pytest.raises(ActorCrashed):
            await hall.ask(PutOut("usr_b", "licence_revoked"))
        assert await hall.ask(ListUsers()) == {"usr_a"}
        await hall.ask(PutOut("usr_b", "licence_revoked"))  # told again, and this is all
        await hall.ask(PutOut("usr_a", "licence_revoked"))
        assert len(member.removed) == 1


async def test_a_room_that_is_not_there_has_nobody_to_put_out(autojump_clock, open_hall):
    async with open_hall() as hall:
        nowhere = "str_01JD0000000000000000000009"
        await hall.rooms.ask(nowhere, PutOut("usr_a", "licence_revoked"))
        assert await hall.rooms.ask(nowhere, ListUsers()) == frozenset()
