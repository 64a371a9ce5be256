import pytest
import trio

from actors.services import AccountError
from actors.services.refresh_tokens import (
    MAX_LOGINS_PER_USER,
    REFRESH_TOKEN_LIFETIME_S,
    REUSE_LEEWAY_S,
    RefreshTokens,
)

USER = "usr_A"


@pytest.fixture
def refresh_tokens(store, clock):
    return RefreshTokens(store, clock)


async def refused(refresh_tokens, token, **options):
    with pytest.raises(AccountError) as caught:
        await refresh_tokens.rotate(token, **options)
    return caught.value.code == "invalid_token"


async def test_each_rotation_gives_another_token(refresh_tokens):
    first = await refresh_tokens.issue(USER)
    second = await refresh_tokens.rotate(first)
    third = await refresh_tokens.rotate(second.token)
    assert (second.user_id, third.user_id) == (USER, USER)
    assert len({first, second.token, third.token}) == 3


async def test_the_store_has_no_token(refresh_tokens, store):
    token = await refresh_tokens.issue(USER)
    login_id, _, secret = token.partition(".")
    row = await store.get("refresh_tokens", login_id)
    assert secret not in str(row.doc)


async def test_reuse_ends_the_login_and_no_other(refresh_tokens):
    other = await refresh_tokens.issue(USER)
    first = await refresh_tokens.issue(USER)
    second = await refresh_tokens.rotate(first)
    assert await refused(refresh_tokens, first)
    assert await refused(refresh_tokens, second.token)
    await refresh_tokens.rotate(other)


async def test_a_guessed_secret_of_a_known_login_ends_it(refresh_tokens):
    token = await refresh_tokens.issue(USER)
    assert await refused(refresh_tokens, token.partition(".")[0] + ".guess")
    assert await refused(refresh_tokens, token)


async def test_tabs_that_share_a_jar_have_a_moment(refresh_tokens, clock):
    first = await refresh_tokens.issue(USER)
    second = await refresh_tokens.rotate(first, shared_jar=True)
    clock.pass_s(REUSE_LEEWAY_S)
    again = await refresh_tokens.rotate(first, shared_jar=True)
    assert (again.user_id, again.token) == (USER, None)
    assert (await refresh_tokens.rotate(second.token, shared_jar=True)).token
    clock.pass_s(REUSE_LEEWAY_S + 1)
    assert await refused(refresh_tokens, second.token, shared_jar=True)


async def test_of_two_at_once_one_wins_and_the_login_ends(refresh_tokens):
    token = await refresh_tokens.issue(USER)
    outcomes = []

    async def rotate():
        try:
            outcomes.append((await refresh_tokens.rotate(token)).token)
        except AccountError:
            outcomes.append(None)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(rotate)
        nursery.start_soon(rotate)
    winners = [each for each in outcomes if each is not None]
    assert len(winners) == 1
    assert await refused(refresh_tokens, winners[0])


async def test_it_expires_when_long_unused(refresh_tokens, clock):
    token = await refresh_tokens.issue(USER)
    clock.pass_s(REFRESH_TOKEN_LIFETIME_S - 1)
    rotated = await refresh_tokens.rotate(token)
    clock.pass_s(REFRESH_TOKEN_LIFETIME_S)
    assert await refused(refresh_tokens, rotated.token)


async def test_revoked(refresh_tokens):
    token = await refresh_tokens.issue(USER)
    await refresh_tokens.revoke(token)
    assert await refused(refresh_tokens, token)
    await refresh_tokens.revoke(token)


@pytest.mark.parametrize(
    "token", ["", ".", "ses_", "x" * 10_000, "ses_" + "0" * 26, "str_" + "0" * 26]
)
async def test_rubbish(refresh_tokens, token):
    assert await refused(refresh_tokens, token)
    await refresh_tokens.revoke(token)


async def test_the_oldest_login_makes_room(refresh_tokens, store, clock):
    tokens = []
    for _ in range(MAX_LOGINS_PER_USER + 1):
        tokens.append(await refresh_tokens.issue(USER))
        clock.pass_s(1)
    rows = await store.find("refresh_tokens", {"user": USER}, sort="expires_at", limit=1000)
    assert len(rows) == MAX_LOGINS_PER_USER
    assert await refused(refresh_tokens, tokens[0])
    await refresh_tokens.rotate(tokens[1])
