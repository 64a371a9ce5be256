import pytest

from actors.services import AccountError, Accounts, create_user

EMAIL, PASSWORD = "ada@stage.example", "correct horse"


async def code_of(call):
    with pytest.raises(AccountError) as caught:
        await call
    return caught.value.code


async def test_register_login_refresh_logout(accounts, tokens):
    made = await accounts.register(EMAIL, PASSWORD, "Ada")
    assert tokens.verify(made.access_token) == made.user.principal
    again = await accounts.login(EMAIL, PASSWORD, "203.0.113.1")
    assert again.user == made.user
    fresh = await accounts.refresh(again.refresh_token)
    assert fresh.user == made.user
    await accounts.logout(fresh.refresh_token)
    assert await code_of(accounts.refresh(fresh.refresh_token)) == "invalid_token"
    assert (await accounts.refresh(made.refresh_token)).user == made.user


async def test_attempts_are_counted_by_address_and_email(accounts):
    await accounts.register(EMAIL, PASSWORD, "Ada")
    for _ in range(10):
        assert await code_of(accounts.login(EMAIL, "wrong", "203.0.113.1")) == "invalid_credentials"
    assert await code_of(accounts.login(EMAIL, PASSWORD, "203.0.113.1")) == "too_many_attempts"
    assert (await accounts.login(EMAIL, PASSWORD, "203.0.113.2")).user.email == EMAIL


async def test_the_right_password_forgives_what_was_wrong_before(accounts):
    await accounts.register(EMAIL, PASSWORD, "Ada")
    for _ in range(3):
        for _ in range(9):
            await code_of(accounts.login(EMAIL, "wrong", "203.0.113.1"))
        await accounts.login(EMAIL, PASSWORD, "203.0.113.1")


async def test_an_unknown_email_costs_a_verification_too(accounts, passwords, monkeypatch):
    verified = []
    verify = passwords._verify
    monkeypatch.setattr(passwords, "_verify", lambda *args: verified.append(args) or verify(*args))
    assert await code_of(accounts.login(EMAIL, PASSWORD, "::1")) == "invalid_credentials"
    assert len(verified) == 1


async def test_closed(store, passwords, tokens, clock):
    closed = Accounts(store, passwords, tokens, clock, open_to_all=False)
    assert await code_of(closed.register(EMAIL, PASSWORD, "Ada")) == "registration_closed"
    user = await create_user(store, passwords, clock, email=EMAIL, password=PASSWORD, name="Ada")
    assert (await closed.login(EMAIL, PASSWORD, "::1")).user == user


async def test_an_admin_is_made_by_hand_alone(store, passwords, accounts, clock):
    await create_user(
        store, passwords, clock, email="root@x.example", password=PASSWORD, name="R", admin=True
    )
    assert (await accounts.login("root@x.example", PASSWORD, "::1")).user.admin is True
    assert (await accounts.register(EMAIL, PASSWORD, "Ada")).user.admin is False


@pytest.mark.parametrize(
    "fields",
    [{"email": "nobody"}, {"password": "short"}, {"name": ""}],
)
async def test_bad_fields_make_no_account(store, passwords, clock, fields):
    good = {"email": EMAIL, "password": PASSWORD, "name": "Ada"}
    with pytest.raises(ValueError):
        await create_user(store, passwords, clock, **(good | fields))
    assert await store.find("users", {"email": EMAIL}, sort="id") == []
