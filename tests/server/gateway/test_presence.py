"""Presence in a large room: exact counts, told by samples, whoever comes and goes."""

import pytest
import trio
from support.socket_stage import open_stage

from actors.room import CountMembers, Join, Leave, MembersCounted
from actors.room.presence import COUNT_INTERVAL_S

MEMBERS = 5_000
PAST_A_SAMPLE_S = 1.5 * COUNT_INTERVAL_S


class Onlooker:
    """A member that keeps when it was told which count."""

    def __init__(self):
        self.counts = []

    def offer(self, batch):
        assert batch.ephemeral
        (push,) = batch.pushes
        assert isinstance(push, MembersCounted)
        self.counts.append(push.count)

    def put_out(self, room_id, farewell):
        raise AssertionError("nobody is put out")


@pytest.fixture
async def stage(tmp_path, authenticate):
    async with open_stage(tmp_path, authenticate) as stage:
        yield stage


async def test_a_storm_of_joins_and_leaves_is_told_once_a_sample(autojump_clock, stage):
    crowd = [Onlooker() for _ in range(MEMBERS)]
    room = stage.room
    for n, member in enumerate(crowd, 1):
        assert (await stage.rooms.ask(room, Join(member))).members == n
    assert not any(member.counts for member in crowd), "a join wakes nobody"
    await trio.sleep(PAST_A_SAMPLE_S)
    assert all(member.counts == [MEMBERS] for member in crowd)

    gone, stayed = crowd[:-10], crowd[-10:]
    for member in gone:
        await stage.rooms.ask(room, Leave(member))
        await stage.rooms.ask(room, Join(member))  # and back, and gone for good
        await stage.rooms.ask(room, Leave(member))
    assert await stage.rooms.ask(room, CountMembers()) == len(stayed)
    await trio.sleep(PAST_A_SAMPLE_S)
    assert all(member.counts == [MEMBERS] for member in gone)
    assert all(member.counts == [MEMBERS, len(stayed)] for member in stayed)


async def test_who_comes_and_goes_within_a_sample_is_not_told_of(autojump_clock, stage):
    quiet, passing = Onlooker(), Onlooker()
    await stage.rooms.ask(stage.room, Join(quiet))
    await trio.sleep(PAST_A_SAMPLE_S)
    for _ in range(100):
        await stage.rooms.ask(stage.room, Join(passing))
        await stage.rooms.ask(stage.room, Leave(passing))
    await trio.sleep(10 * COUNT_INTERVAL_S)
    assert quiet.counts == [1]
