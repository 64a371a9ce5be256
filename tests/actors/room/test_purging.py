"""A purge holds at once, and then the text goes from the store too, whatever comes between."""

import pytest
import trio
from support.inline_store import open_inline_store
from support.moderating import ADA, BOB, OWNER
from support.socket_stage import stream_doc

from actors.room import ROOM_IDLE_S, Delete, Edit, History, Moderate, Pin, Send, UserPurged
from actors.room.archive import Archive
from actors.room.history import read_page
from actors.room.moderation import Ban, PurgeUser
from actors.room.outcomes import Scrubbed
from actors.room.purges import Purge
from actors.room.scrubbing import SCRUBBED_MESSAGES_PER_COMMIT, resume_scrubbing, scrub
from storage import Conflict, OutcomeUnknown, Put, StoreUnavailable

MANY = 2 * SCRUBBED_MESSAGES_PER_COMMIT + 7


def said_in(store):
    """All that any message in the store says."""
    return [doc["content"] for doc in events(store, "message") if doc["content"]]


def events(store, kind):
    found = [doc for (each, _), (_, doc) in store.rows.items() if each == "room_events"]
    return [doc for doc in found if doc["kind"] == kind]


def purges(store):
    return [key for each, key in store.rows if each == "room_purges"]


def scrubbing(ops):
    """Whether a commit blanks messages or ends a purge, and nothing else."""
    return all(op.collection in ("room_events", "room_purges") for op in ops)


async def spam(hall, count=MANY):
    """Have Ada say much, and Bob a little."""
    for n in range(count):
        await hall.ask(Send(ADA, f"spam {n}"))
        await trio.sleep(1)
    await hall.ask(Send(BOB, "fine"))


async def test_a_purge_is_one_event_whatever_there_was(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        member = listener()
        start = await hall.join(member)
        for n in range(5):
            pinned = await hall.ask(Send(ADA, f"spam {n}"))
            await hall.ask(Send(BOB, f"fine {n}"))
        await hall.ask(Pin(OWNER, pinned.message_id, on=True))
        assert await hall.ask(Moderate(OWNER, PurgeUser(ADA.user_id))) == 12
        (push,) = member.of(UserPurged)
        assert (push.user_id, push.before, push.offset) == (ADA.user_id, 12, 12)
        await hall.ask(Send(ADA, "after"))
        for _ in range(2):
            page = await hall.ask(History(None, 20))
            assert [m.content for m in page.messages if m.user_id == ADA.user_id] == [
                "", "", "", "", "", "after"
            ]  # fmt: skip
            back = await hall.join(listener(), 0, start.epoch)
            assert [event.offset for event in back.events] == list(range(1, 14))
            assert "spam" not in repr(back)
            assert back.pinned == ()
            await hall.restart()
        assert await hall.ask(Moderate(OWNER, PurgeUser(ADA.user_id))) == 14


async def test_the_text_goes_from_the_store(autojump_clock, open_hall):
    async with open_hall() as hall:
        await spam(hall)
        versions = {key: version for key, (version, _) in hall.store.rows.items()}
        await hall.ask(Moderate(OWNER, PurgeUser(ADA.user_id)))
        await hall.ask(Send(ADA, "after"))
        assert purges(hall.store) == [f"{hall.room}:{ADA.user_id}"]
        await trio.sleep(60)
        assert said_in(hall.store) == ["fine", "after"]
        assert purges(hall.store) == []
        for doc in events(hall.store, "message"):
            assert doc.get("deleted", False) == (doc["content"] == "")
        now = {key: version for key, (version, _) in hall.store.rows.items()}
        written = [key for key in versions if now[key] != versions[key] and key[0] == "room_events"]
        assert len(written) == MANY, "each once"
        for _ in range(2):
            page = await hall.ask(History(None, 100))
            assert [m.content for m in page.messages if not m.deleted] == ["fine", "after"]
            await hall.restart()


async def test_deleted_and_changed_text_goes_at_once(autojump_clock, open_hall):
    async with open_hall() as hall:
        deleted = await hall.ask(Send(ADA, "a slip"))
        changed = await hall.ask(Send(ADA, "a typo"))
        await hall.ask(Delete(ADA, deleted.message_id))
        await hall.ask(Edit(ADA, changed.message_id, "no more"))
        assert "slip" not in repr(hall.store.rows)
        assert "typo" not in repr(hall.store.rows)


@pytest.mark.parametrize("trouble", [OutcomeUnknown, StoreUnavailable, Conflict])
@pytest.mark.parametrize("lands", [False, True])
async def test_it_goes_on_after_a_failure(
    autojump_clock, open_hall, memory_store, monkeypatch, trouble, lands
):
    async with open_hall() as hall:
        await spam(hall)
        commit, failures = hall.store.commit, []

        async def fail(*ops):
            if scrubbing(ops) and len(failures) < 6:
                failures.append(ops)
                if len(failures) % 2:
                    if lands:
                        await commit(*ops)
                    raise (
                        OutcomeUnknown("planted")
                        if trouble is OutcomeUnknown
                        else (
                            Conflict(ops[0], "changed")
                            if trouble is Conflict
                            else trouble("planted")
                        )
                    )
            await commit(*ops)

        monkeypatch.setattr(hall.store, "commit", fail)
        await hall.ask(Moderate(OWNER, PurgeUser(ADA.user_id)))
        await trio.sleep(ROOM_IDLE_S / 2)
        assert len(failures) >= 3
        assert [each.restarts for each in hall.supervisor.statistics()] == [0]
        assert said_in(hall.store) == ["fine"]
        assert purges(hall.store) == []


async def test_it_waits_for_the_store_also_where_nobody_is_in(
    autojump_clock, open_hall, monkeypatch
):
    async with open_hall() as hall:
        await spam(hall)
        commit = hall.store.commit

        async def fail(*ops):
            if scrubbing(ops):
                raise StoreUnavailable("disk full")
            await commit(*ops)

        monkeypatch.setattr(hall.store, "commit", fail)
        await hall.ask(Moderate(OWNER, PurgeUser(ADA.user_id)))
        await trio.sleep(10 * ROOM_IDLE_S)
        monkeypatch.setattr(hall.store, "commit", commit)
        await trio.sleep(60)
        assert said_in(hall.store) == ["fine"]


@pytest.mark.parametrize("commits", [0, 1, 2])
async def test_whoever_starts_next_goes_on(autojump_clock, open_hall, monkeypatch, commits):
    """As after a kill -9 between two of its commits: another process over the same store."""
    async with open_hall() as hall:
        await spam(hall)
        commit, done = hall.store.commit, []

        async def hang(*ops):
            if scrubbing(ops) and len(done) == commits:
                await trio.sleep_forever()
            await commit(*ops)
            done.extend([ops] * scrubbing(ops))

        monkeypatch.setattr(hall.store, "commit", hang)
        await hall.ask(Moderate(OWNER, PurgeUser(ADA.user_id)))
        await trio.sleep(60)
        assert len(said_in(hall.store)) == MANY + 1 - commits * SCRUBBED_MESSAGES_PER_COMMIT
        monkeypatch.setattr(hall.store, "commit", commit)
        async with open_hall(hall.store) as other:
            page = await read_page(Archive(hall.store, hall.room, None), None, 100)
            assert [m.content for m in page.messages if not m.deleted] == ["fine"]
            await resume_scrubbing(hall.store, other.rooms)
            await trio.sleep(60)
            assert said_in(hall.store) == ["fine"]
            assert purges(hall.store) == []
            assert len(other.rooms) == 1
            await trio.sleep(600)
            assert len(other.rooms) == 0, "nobody came, so the room is closed again"


async def test_a_user_is_purged_again_meanwhile_and_after(autojump_clock, open_hall):
    async with open_hall() as hall:
        await spam(hall)
        for n in range(3):
            await hall.ask(Moderate(OWNER, PurgeUser(ADA.user_id)))
            await hall.ask(Send(ADA, f"more {n}"))
        await hall.ask(Moderate(OWNER, PurgeUser(BOB.user_id)))
        await trio.sleep(60)
        assert said_in(hall.store) == ["more 2"]
        for person in (ADA, BOB):
            await hall.ask(Moderate(OWNER, PurgeUser(person.user_id)))
        await trio.sleep(60)
        assert said_in(hall.store) == []
        assert purges(hall.store) == []


class SlowReader:
    """The same store, to one whose ``nth`` read takes until a gate is opened."""

    def __init__(self, store, nth):
        self.store = store
        self.nth = nth
        self.waits = trio.Event()
        self.gate = trio.Event()

    async def find(self, *args, **kwargs):
        self.nth -= 1
        if self.nth == 0:
            self.waits.set()
            await self.gate.wait()
        return await self.store.find(*args, **kwargs)


@pytest.mark.parametrize("nth", [1, 2, 3])
async def test_a_purge_that_is_over_while_somebody_reads_shows_nothing(
    autojump_clock, open_hall, monkeypatch, nth
):
    async with open_hall() as hall:
        await spam(hall, 3)
        commit, reader, found = hall.store.commit, SlowReader(hall.store, nth), []

        async def read():
            found.extend(await Archive(reader, hall.room, None).before(None, 10))
            reader.waits.set()

        async def wait(*ops):
            if scrubbing(ops):
                await reader.waits.wait()
            await commit(*ops)

        monkeypatch.setattr(hall.store, "commit", wait)
        async with trio.open_nursery() as nursery:
            await hall.ask(Moderate(OWNER, PurgeUser(ADA.user_id)))
            nursery.start_soon(read)
            await trio.sleep(60)
            assert purges(hall.store) == []
            reader.gate.set()
        assert [m.content for m in found] == ["", "", "", "fine"]


async def test_all_of_it_on_the_real_store(autojump_clock, open_hall, tmp_path):
    with open_inline_store(tmp_path) as store:
        async with open_hall(store) as hall:
            await store.commit(Put("streams", hall.room, stream_doc("key"), 0))
            await spam(hall)
            await hall.restart()
            await hall.ask(Moderate(OWNER, Ban(ADA.user_id, address=True)))
            await hall.ask(Moderate(OWNER, PurgeUser(ADA.user_id)))
            await resume_scrubbing(store, hall.rooms)
            await trio.sleep(60)
            rows = await store.find(
                "room_events", {"room": hall.room, "kind": "message"}, sort="offset", limit=500
            )
            assert [row.doc["content"] for row in rows] == [""] * MANY + ["fine"]
            assert await store.find("room_purges", {}, sort="before") == []
            (ban,) = await store.find("room_sanctions", {"room": hall.room}, sort="at")
            assert ban.doc["address_hash"] == ADA.address


async def test_a_purge_that_is_over_takes_no_later_one_with_it(autojump_clock, open_hall):
    """A document that is made again begins again with version 1."""
    async with open_hall() as hall:
        await spam(hall, 3)
        hall.store.rows["room_purges", f"{hall.room}:{ADA.user_id}"] = (1, {
            "room": hall.room, "user": ADA.user_id, "before": 4,
        })  # fmt: skip
        told = []

        class Room:
            async def tell(self, message):
                told.append(message)

        await scrub(Room(), hall.store, hall.room, ADA.user_id, Purge(2, 1))
        assert said_in(hall.store) == ["spam 1", "spam 2", "fine"]
        assert len(purges(hall.store)) == 1
        for _ in range(2):  # also where it is gone
            await scrub(Room(), hall.store, hall.room, ADA.user_id, Purge(4, 1))
            assert said_in(hall.store) == ["fine"]
            assert purges(hall.store) == []
        assert told == [Scrubbed(ADA.user_id, Purge(before, 1)) for before in (2, 4, 4)]
