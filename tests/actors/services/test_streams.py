import pytest

from actors.services import Principal
from actors.services.streams import (
    count_on_air,
    create_stream,
    find_by_key,
    get_stream,
    list_all,
    list_by_air,
    list_by_owner,
)
from storage import Put

ADA, EVE = Principal("usr_A", "Ada", admin=False), Principal("usr_E", "Eve", admin=False)


@pytest.fixture
def make(store, keys, clock):
    async def make(owner=ADA, title="A title"):
        stream = await create_stream(store, keys, clock, owner, title, "")
        clock.pass_s(1)
        return stream

    return make


async def start(store, stream, started_at, *, on_air=True):
    row = await store.get("streams", stream.id)
    doc = row.doc | {
        "on_air": on_air,
        "status": "live" if on_air else "ended",
        "started_at": started_at,
    }
    await store.commit(Put("streams", row.id, doc, row.version))


async def test_made_found_and_read(store, keys, make):
    stream = await make()
    assert await get_stream(store, stream.id) == stream
    assert (stream.status, stream.on_air, stream.started_at) == ("idle", False, None)
    key = keys.open(stream.key_sealed, stream.id)
    assert await find_by_key(store, keys, key) == stream.id
    assert await get_stream(store, "str_nothing") is None


@pytest.mark.parametrize("key", ["", "nothing", "x" * 10_000])
async def test_a_wrong_key_finds_nothing(store, keys, make, key):
    await make()
    assert await find_by_key(store, keys, key) is None


async def test_lists_by_owner_and_of_all_have_the_newest_first(store, make):
    first, other, last = await make(), await make(EVE), await make()
    page = await list_by_owner(store, ADA.user_id, None, 10)
    assert [stream.id for stream in page.items] == [last.id, first.id]
    assert page.after is None
    page = await list_all(store, None, 2)
    assert [stream.id for stream in page.items] == [last.id, other.id]
    page = await list_all(store, page.after, 2)
    assert [stream.id for stream in page.items] == [first.id]
    assert page.after is None


async def test_lists_by_air(store, make):
    never, early, late, over = [await make() for _ in range(4)]
    await start(store, early, 1)
    await start(store, late, 2)
    await start(store, over, 3, on_air=False)
    assert [each.id for each in (await list_by_air(store, True, None, 10)).items] == [
        late.id,
        early.id,
    ]
    assert [each.id for each in (await list_by_air(store, False, None, 10)).items] == [over.id]
    assert await count_on_air(store) == 2
    assert (await get_stream(store, never.id)).started_at is None
