import pytest
import trio

from actors.services import AccessTokens, AccountError, Accounts
from actors.services.access_tokens import ACCESS_TOKEN_LIFETIME_S, CLOCK_LEEWAY_S
from actors.services.logouts import ROWS_PER_PAGE, Logouts
from storage import Put

REMEMBERED_S = ACCESS_TOKEN_LIFETIME_S + CLOCK_LEEWAY_S
PASSWORD = "correct horse"


@pytest.fixture
async def ada(accounts):
    return await accounts.register("ada@stage.example", PASSWORD, "Ada")


def refused(tokens, token):
    with pytest.raises(AccountError) as caught:
        tokens.verify(token)
    return caught.value.code == "invalid_token"


async def test_every_token_of_before_is_refused(accounts, tokens, ada):
    bea = await accounts.register("bea@stage.example", PASSWORD, "Bea")
    second = await accounts.login("ada@stage.example", PASSWORD, "192.0.2.1")
    await accounts.logout_everywhere(ada.user.id)
    for signed_in in (ada, second):
        assert refused(tokens, signed_in.access_token)
        with pytest.raises(AccountError, match="sign in again"):
            await accounts.refresh(signed_in.refresh_token)
    assert tokens.verify(bea.access_token).name == "Bea"
    await accounts.refresh(bea.refresh_token)


async def test_who_signs_in_again_in_the_same_moment_is_in(accounts, tokens, ada, clock):
    await accounts.logout_everywhere(ada.user.id)
    again = await accounts.login("ada@stage.example", PASSWORD, "192.0.2.1")
    assert tokens.verify(again.access_token).user_id == ada.user.id
    clock.pass_s(-60)  # a clock that is set back
    later = await accounts.refresh(again.refresh_token)
    assert tokens.verify(later.access_token).user_id == ada.user.id
    assert refused(tokens, ada.access_token)


async def test_all_logins_end_however_many_there_are(accounts, ada, store, monkeypatch):
    monkeypatch.setattr("actors.services.refresh_tokens.MAX_ENDINGS", 2)
    monkeypatch.setattr("actors.services.accounts.MAX_ENDINGS", 2)
    for _ in range(4):
        await accounts.login("ada@stage.example", PASSWORD, "192.0.2.1")
    await accounts.logout_everywhere(ada.user.id)
    assert await store.find("refresh_tokens", {"user": ada.user.id}, sort="expires_at") == []


async def test_it_is_told_once_all_is_over(store, passwords, tokens, clock):
    told = []

    def signed_out(user_id):
        told.append((user_id, refused(tokens, ada.access_token)))

    accounts = Accounts(store, passwords, tokens, clock, open_to_all=True, signed_out=signed_out)
    ada = await accounts.register("ada@stage.example", PASSWORD, "Ada")
    await accounts.logout_everywhere(ada.user.id)
    assert told == [(ada.user.id, True)]


async def test_it_holds_after_a_restart_for_as_long_as_a_token_lives(
    store, passwords, tokens, clock, accounts, ada
):
    await accounts.logout_everywhere(ada.user.id)
    clock.pass_s(ACCESS_TOKEN_LIFETIME_S)  # the token lives for the leeway yet

    async def restart():
        anew = AccessTokens(b"s" * 32, clock)
        await Accounts(store, passwords, anew, clock, open_to_all=True).load_logouts()
        return anew

    anew = await restart()
    assert len(anew.logouts) == 1
    assert refused(anew, ada.access_token)
    clock.pass_s(CLOCK_LEEWAY_S + 1)
    anew = await restart()
    assert len(anew.logouts) == 0
    assert refused(anew, ada.access_token)  # it has expired
    assert await store.find("logouts", {}, sort="at") == []


async def test_many_logouts_are_loaded_page_by_page(store, clock):
    now_ms = clock.now_ms()
    old_ms = now_ms - REMEMBERED_S * 1000 - 1
    for place in range(2 * ROWS_PER_PAGE + 10):
        at_ms = old_ms if place < ROWS_PER_PAGE + 5 else now_ms
        await store.commit(Put("logouts", f"usr_{place:04}", {"at": at_ms}, 0))
    logouts = Logouts(clock, REMEMBERED_S)
    await logouts.load(store)
    assert len(logouts) == ROWS_PER_PAGE + 5
    assert len(await store.find("logouts", {}, sort="at", limit=1000)) == ROWS_PER_PAGE + 5


def test_the_table_forgets_what_no_token_can_outlive(clock):
    logouts = Logouts(clock, REMEMBERED_S)
    for number in range(100):
        logouts.note(f"usr_{number}", clock.now_ms())
        clock.pass_s(60)
    assert len(logouts) <= REMEMBERED_S / 60 + 1
    assert logouts.last_ms("usr_0") == 0
    assert logouts.last_ms("usr_99") > 0


class Late:
    """A store whose reads of users wait, once asked to."""

    def __init__(self, store):
        self._store = store
        self.waiting = trio.Event()
        self.gate = None

    def __getattr__(self, name):
        return getattr(self._store, name)

    async def get(self, collection, id_):
        row = await self._store.get(collection, id_)
        if collection == "users" and self.gate is not None:
            self.waiting.set()
            await self.gate.wait()
        return row


async def test_a_refresh_under_way_gives_no_token_that_outlives_it(store, passwords, tokens, clock):
    late = Late(store)
    accounts = Accounts(late, passwords, tokens, clock, open_to_all=True)
    ada = await accounts.register("ada@stage.example", PASSWORD, "Ada")
    late.gate = trio.Event()
    outcome = []

    async def refresh():
        try:
            outcome.append(await accounts.refresh(ada.refresh_token))
        except AccountError as error:
            outcome.append(error.code)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(refresh)
        await late.waiting.wait()  # the token is changed already
        clock.pass_s(1)
        await accounts.logout_everywhere(ada.user.id)
        clock.pass_s(1)
        late.gate.set()
    assert outcome == ["invalid_token"]
    assert await store.find("refresh_tokens", {"user": ada.user.id}, sort="expires_at") == []


async def test_a_login_used_in_the_same_moment_ends_too(accounts, tokens, ada, store):
    async with trio.open_nursery() as nursery:
        tries = []

        async def refresh():
            try:
                tries.append(await accounts.refresh(ada.refresh_token))
            except AccountError:
                return

        nursery.start_soon(accounts.logout_everywhere, ada.user.id)
        nursery.start_soon(refresh)
    for each in tries:
        assert refused(tokens, each.access_token)
    assert await store.find("refresh_tokens", {"user": ada.user.id}, sort="expires_at") == []
