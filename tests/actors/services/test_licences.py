import pytest
from support.licences import give_licence, restore_licence, take_licence

from actors.services import Principal, licences
from actors.services.licences import may_attend, pass_holder, revoked_licences, stream_licence
from actors.services.streams import create_stream

OWNER = Principal("usr_" + "0" * 26, "Ada", admin=False)
FAN = Principal("usr_" + "1" * 26, "Bob", admin=False)
ADMIN = Principal("usr_" + "2" * 26, "Eve", admin=True)
STREAM = "str_" + "0" * 26
LIFETIME_MS = licences.SESSION_LIFETIME_S * 1000


@pytest.fixture
def make(store, keys, clock):
    async def make(access):
        return await create_stream(store, keys, clock, OWNER, "A show", "", access)

    return make


async def test_a_public_stream_is_for_all(store, make):
    stream = await make("public")
    for principal in (None, FAN, OWNER):
        assert await may_attend(store, principal, stream)


async def test_a_ticketed_stream_is_for_licences_owner_and_admins(store, make):
    stream, other = await make("ticket"), await make("ticket")
    assert stream.access == "ticket"
    assert await pass_holder(store, OWNER, stream) == OWNER.user_id
    assert await pass_holder(store, ADMIN, stream) == ADMIN.user_id
    for principal in (None, FAN):
        assert await pass_holder(store, principal, stream) is None
        assert not await may_attend(store, principal, stream)
    licence = await give_licence(store, FAN.user_id, stream.id)
    assert await pass_holder(store, FAN, stream) == licence
    assert await may_attend(store, FAN, stream)
    assert not await may_attend(store, FAN, other)


@pytest.mark.parametrize("status", ["revoked", "suspended"])
async def test_a_licence_that_is_taken_opens_nothing_until_it_is_back(store, make, clock, status):
    stream = await make("ticket")
    licence = await give_licence(store, FAN.user_id, stream.id)
    await take_licence(store, licence, clock.now_ms(), status)
    assert not await may_attend(store, FAN, stream)
    assert await revoked_licences(store, stream.id, clock.now_ms()) == [licence]
    await restore_licence(store, licence)
    assert await may_attend(store, FAN, stream)
    assert await revoked_licences(store, stream.id, clock.now_ms()) == []


async def test_of_two_licences_one_is_enough(store, clock):
    first = await give_licence(store, FAN.user_id, STREAM, created_at=1)
    second = await give_licence(store, FAN.user_id, STREAM, created_at=2)
    assert await stream_licence(store, FAN.user_id, STREAM) == first
    await take_licence(store, first, clock.now_ms())
    assert await stream_licence(store, FAN.user_id, STREAM) == second


async def test_all_revocations_within_the_life_of_a_session_are_found(store, clock, monkeypatch):
    """Also where they are more than one page, and share their times."""
    monkeypatch.setattr(licences, "LICENCES_PER_PAGE", 3)
    now_ms = clock.now_ms()
    made = [await give_licence(store, FAN.user_id, STREAM) for _ in range(11)]
    for number, licence in enumerate(made):
        await take_licence(store, licence, now_ms - LIFETIME_MS + number // 4)
    expired = await give_licence(store, FAN.user_id, STREAM)
    margin_ms = licences.COMMIT_MARGIN_S * 1000
    await take_licence(store, expired, now_ms - LIFETIME_MS - margin_ms - 1)
    elsewhere = await give_licence(store, FAN.user_id, "str_" + "1" * 26)
    await take_licence(store, elsewhere, now_ms)
    await give_licence(store, FAN.user_id, STREAM)
    assert sorted(await revoked_licences(store, STREAM, now_ms)) == sorted(made)
    assert await revoked_licences(store, STREAM, now_ms + LIFETIME_MS) == []
