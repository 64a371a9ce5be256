"""Blocks in the store: bounded, counted exactly, and the same however often they are asked for."""

from contextlib import contextmanager

import pytest
import trio
from support.inline_store import open_inline_store
from support.stage import FakeClock

from actors.room import RoomError
from actors.room.direct import User
from actors.room.direct_blocks import MAX_BLOCKS_PER_USER, MAX_COMMIT_ATTEMPTS, Blocks
from storage import OutcomeUnknown, Put


def user(n):
    return User(f"usr_{n:04}", f"N{n}")


class Hesitant:
    """A store of whose commits some, by their number, have an unknown outcome."""

    def __init__(self, store):
        self._store = store
        self.get, self.find = store.get, store.find
        self.before, self.after = set(), set()
        self.commits = 0

    async def commit(self, *ops):
        self.commits += 1
        if self.commits in self.before:
            raise OutcomeUnknown("planted")
        await self._store.commit(*ops)
        if self.commits in self.after:
            raise OutcomeUnknown("planted")

    async def count(self, by):
        row = await self.get("block_counts", by)
        return row.doc["count"]


@contextmanager
def open_blocks(folder):
    with open_inline_store(folder) as inline:
        store = Hesitant(inline)
        yield store, Blocks(store, FakeClock())


async def test_a_block_is_the_same_however_often_it_is_put_and_removed(tmp_path):
    with open_blocks(tmp_path) as (store, blocks):
        await blocks.remove("usr_a", "usr_0001")
        for _ in range(3):
            await blocks.put("usr_a", user(1))
        await blocks.put("usr_a", user(2))
        await blocks.put("usr_b", user(1))
        assert {each.id for each in await blocks.of("usr_a")} == {"usr_0001", "usr_0002"}
        assert await store.count("usr_a") == 2
        for _ in range(3):
            await blocks.remove("usr_a", "usr_0001")
        assert await blocks.of("usr_a") == [user(2)]
        assert await blocks.of("usr_b") == [user(1)]
        assert await store.count("usr_a") == 1


async def test_an_unknown_outcome_is_found_out(tmp_path):
    with open_blocks(tmp_path) as (store, blocks):
        store.before, store.after = {1, 4}, {2, 5}
        await blocks.put("usr_a", user(1))
        await blocks.put("usr_a", user(2))
        assert await store.count("usr_a") == 2
        await blocks.remove("usr_a", "usr_0001")
        await blocks.remove("usr_a", "usr_0002")
        assert await blocks.of("usr_a") == []
        assert await store.count("usr_a") == 0


async def test_a_store_that_never_says_yes_is_not_asked_for_ever(tmp_path):
    with open_blocks(tmp_path) as (store, blocks):
        store.before = set(range(1, 100))
        with pytest.raises(RoomError) as refusal:
            await blocks.put("usr_a", user(1))
        assert refusal.value.code == "busy"
        assert store.commits == MAX_COMMIT_ATTEMPTS


async def test_users_block_a_bounded_number_also_all_at_once(tmp_path):
    with open_blocks(tmp_path) as (store, blocks):
        count = MAX_BLOCKS_PER_USER - 5
        for n in range(count):
            doc = {"by": "usr_a", "user": user(n).id, "name": user(n).name, "at": n}
            await store.commit(Put("blocks", f"usr_a:{user(n).id}", doc, 0))
        await store.commit(Put("block_counts", "usr_a", {"count": count}, 0))
        refusals = []

        async def block(n):
            try:
                await blocks.put("usr_a", user(n))
            except RoomError as error:
                refusals.append(error.code)

        async with trio.open_nursery() as nursery:
            for n in range(count, count + 10):
                nursery.start_soon(block, n)
        assert refusals == ["too_many_blocks"] * 5
        assert len(await blocks.of("usr_a")) == MAX_BLOCKS_PER_USER
        assert await store.count("usr_a") == MAX_BLOCKS_PER_USER
        await blocks.remove("usr_a", user(0).id)
        await blocks.put("usr_a", user(9_999))
