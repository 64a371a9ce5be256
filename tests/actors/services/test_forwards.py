from pathlib import Path

import pytest
from support.inline_store import open_inline_store

from actors.services import SealBroken, Sealing
from actors.services.forwards import (
    COLLECTION,
    MAX_FORWARDS_PER_STREAM,
    MAX_ROUNDS,
    ForwardError,
    Forwards,
)
from storage import Conflict, Put, Store

URL, KEY = "rtmp://live.example/app", "live_1234"
STREAM, OTHER = "str_" + "0" * 26, "str_" + "1" * 26


class Clock:
    def now_ms(self) -> int:
        return 1_800_000_000_000


def forwards_of(store: Store, secret: bytes = b"s" * 32, *, private: bool = False) -> Forwards:
    return Forwards(store, Sealing(secret), Clock(), private=private)


@pytest.fixture
def store(tmp_path: Path):
    with open_inline_store(tmp_path) as store:
        yield store


async def test_a_key_is_sealed_at_rest_and_opens_again(store: Store) -> None:
    forwards = forwards_of(store)
    made = await forwards.add(STREAM, f" {URL}/ ", f" {KEY} ", enabled=True)
    assert (made.url, made.enabled, made.created_at) == (URL, True, 1_800_000_000_000)
    assert forwards.key_of(made) == KEY
    assert KEY not in repr(made)
    row = await store.get(COLLECTION, STREAM)
    assert row is not None
    assert KEY not in str(row.doc)
    assert await forwards.of_stream(STREAM) == [made]
    assert await forwards.get(STREAM, made.id) == made
    assert await forwards.of_stream(OTHER) == []
    with pytest.raises(SealBroken):
        forwards_of(store, b"t" * 32).key_of(made)


async def test_there_are_at_most_so_many(store: Store) -> None:
    forwards = forwards_of(store)
    made = []
    for number in range(MAX_FORWARDS_PER_STREAM):
        made.append(await forwards.add(STREAM, f"{URL}{number}", KEY, enabled=False))
    with pytest.raises(ForwardError) as refused:
        await forwards.add(STREAM, URL, KEY, enabled=False)
    assert refused.value.code == "too_many_forwards"
    await forwards.add(OTHER, URL, KEY, enabled=False)
    await forwards.remove(STREAM, made[0].id)
    await forwards.add(STREAM, URL, KEY, enabled=False)
    assert [each.url for each in await forwards.of_stream(STREAM)] == [
        *(each.url for each in made[1:]),
        URL,
    ]


async def test_changes(store: Store) -> None:
    forwards = forwards_of(store)
    other = await forwards.add(STREAM, URL, "other", enabled=True)
    made = await forwards.add(STREAM, URL, KEY, enabled=True)
    off = await forwards.change(STREAM, made.id, enabled=False)
    assert (off.enabled, off.url, forwards.key_of(off)) == (False, URL, KEY)
    keyed = await forwards.change(STREAM, made.id, key="new")
    assert (keyed.enabled, forwards.key_of(keyed)) == (False, "new")
    moved = await forwards.change(STREAM, made.id, url="rtmps://else.example/x", key="newer")
    assert (moved.url, forwards.key_of(moved)) == ("rtmps://else.example/x", "newer")
    assert await forwards.of_stream(STREAM) == [other, moved]


async def test_another_url_wants_the_key_with_it(store: Store) -> None:
    forwards = forwards_of(store)
    made = await forwards.add(STREAM, URL, KEY, enabled=True)
    assert await forwards.change(STREAM, made.id, url=URL) == made
    with pytest.raises(ForwardError, match="with another url") as refused:
        await forwards.change(STREAM, made.id, url="rtmp://thief.example/app")
    assert refused.value.code == "invalid_key"
    assert await forwards.of_stream(STREAM) == [made]


async def test_what_is_not_there(store: Store) -> None:
    forwards = forwards_of(store)
    made = await forwards.add(STREAM, URL, KEY, enabled=True)
    for act in (
        lambda: forwards.get(OTHER, made.id),
        lambda: forwards.change(OTHER, made.id, enabled=False),
        lambda: forwards.remove(OTHER, made.id),
        lambda: forwards.remove(STREAM, "fwd_unknown"),
    ):
        with pytest.raises(ForwardError) as refused:
            await act()
        assert refused.value.code == "forward_not_found"


async def test_the_last_one_and_all_of_them_leave_nothing_behind(store: Store) -> None:
    forwards = forwards_of(store)
    made = await forwards.add(STREAM, URL, KEY, enabled=True)
    await forwards.remove(STREAM, made.id)
    assert await store.get(COLLECTION, STREAM) is None
    await forwards.add(STREAM, URL, KEY, enabled=True)
    await forwards.add(STREAM, URL, KEY, enabled=True)
    await forwards.remove_all(STREAM)
    await forwards.remove_all(STREAM)
    assert await store.get(COLLECTION, STREAM) is None


@pytest.mark.parametrize(
    ("url", "key", "code"),
    [
        ("http://live.example/app", KEY, "invalid_url"),
        (URL, "", "invalid_key"),
        ("rtmp://localhost/app", KEY, "private_address"),
        ("rtmp://127.0.0.1/app", KEY, "private_address"),
        ("rtmp://10.1.2.3/app", KEY, "private_address"),
        ("rtmp://169.254.169.254/app", KEY, "private_address"),
        ("rtmp://[fe80::1]/app", KEY, "private_address"),
        ("rtmps://[::ffff:192.168.0.1]/app", KEY, "private_address"),
    ],
)
async def test_what_is_refused(store: Store, url: str, key: str, code: str) -> None:
    with pytest.raises(ForwardError) as refused:
        await forwards_of(store).add(STREAM, url, key, enabled=True)
    assert refused.value.code == code
    if code == "private_address":
        assert (await forwards_of(store, private=True).add(STREAM, url, key, enabled=True)).url


class Contended:
    """A store in which somebody else always writes first, ``times`` times."""

    def __init__(self, store: Store, times: int) -> None:
        self._store, self._times = store, times

    async def get(self, *args: str):
        return await self._store.get(*args)

    async def commit(self, *ops: Put) -> None:
        if self._times > 0:
            self._times -= 1
            row = await self._store.get(COLLECTION, STREAM)
            assert row is not None
            await self._store.commit(Put(COLLECTION, STREAM, row.doc, row.version))
        await self._store.commit(*ops)


@pytest.mark.parametrize("times", [1, MAX_ROUNDS - 1, MAX_ROUNDS])
async def test_two_who_write_at_once(store: Store, times: int) -> None:
    made = await forwards_of(store).add(STREAM, URL, KEY, enabled=True)
    contended = forwards_of(Contended(store, times))
    if times == MAX_ROUNDS:
        with pytest.raises(Conflict):
            await contended.change(STREAM, made.id, enabled=False)
    else:
        assert not (await contended.change(STREAM, made.id, enabled=False)).enabled
