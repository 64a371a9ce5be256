import pytest

from server.api.auth import REFRESH_COOKIE

NEW = {"email": " Ada@Stage.Example ", "password": "correct horse", "name": " Ada  Lovelace "}


async def test_register_signs_in_and_me_tells_who(stage):
    body = await stage.guest.ok("POST", "/auth/register", NEW, 201)
    assert body["user"] == {
        "id": body["user"]["id"],
        "email": "ada@stage.example",
        "name": "Ada Lovelace",
        "admin": False,
    }
    assert body["user"]["id"].startswith("usr_")
    caller = stage.guest
    caller.token = body["access_token"]
    assert await caller.ok("GET", "/auth/me") == body["user"]


async def test_an_email_is_taken_once_whatever_its_capitals(stage):
    await stage.guest.ok("POST", "/auth/register", NEW, 201)
    again = NEW | {"email": "ADA@stage.example"}
    error = await stage.guest.fails("POST", "/auth/register", again, 409)
    assert error["code"] == "email_taken"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("email", "a b@c.example"),
        ("email", "x" * 250 + "@c.example"),
        ("password", "seven77"),
        ("password", "x" * 201),
        ("password", 12345678),
        ("name", "   "),
        ("name", "x" * 61),
        ("name", "bad\u202ename"),
        ("name", None),
    ],
)
async def test_a_bad_field_is_named(stage, field, value):
    error = await stage.guest.fails("POST", "/auth/register", NEW | {field: value}, 400)
    assert error["code"] == "invalid_request"
    assert list(error["details"]) == [field]
    assert str(value) not in error["message"] or value is None


async def test_login(stage):
    user = await stage.user()
    right = {"email": "ADA@stage.example", "password": "correct horse"}
    body = await stage.guest.ok("POST", "/auth/login", right)
    assert body["user"]["id"] == user.user["id"]
    assert body["refresh_token"] != user.refresh_token


async def test_a_wrong_password_and_an_unknown_email_look_the_same(stage):
    await stage.user()
    wrong = {"email": "ada@stage.example", "password": "wrong horse"}
    unknown = {"email": "eve@stage.example", "password": "wrong horse"}
    first = await stage.guest.fails("POST", "/auth/login", wrong, 401)
    second = await stage.guest.fails("POST", "/auth/login", unknown, 401)
    del first["request_id"], second["request_id"]
    assert first == second
    assert first["code"] == "invalid_credentials"


async def test_too_many_attempts_must_wait_and_then_may_try(stage):
    await stage.user()
    wrong = {"email": "ada@stage.example", "password": "wrong horse"}
    for _ in range(10):
        await stage.guest.fails("POST", "/auth/login", wrong, 401)
    error = await stage.guest.fails(
        "POST", "/auth/login", wrong | {"password": "correct horse"}, 429
    )
    assert error["code"] == "too_many_attempts"
    assert error["details"]["retry_after"] == 900
    response = await stage.guest.call("POST", "/api/v1/auth/login", wrong)
    assert response.headers["Retry-After"] == "900"
    stage.clock.pass_s(900)
    await stage.guest.ok("POST", "/auth/login", wrong | {"password": "correct horse"})


async def test_refresh_rotates_and_a_second_use_ends_the_login(stage):
    user = await stage.user()
    first = {"refresh_token": user.refresh_token}
    second = await stage.guest.ok("POST", "/auth/refresh", first)
    assert second["user"] == user.user
    assert (await stage.guest.fails("POST", "/auth/refresh", first, 401))["code"] == "invalid_token"
    latest = {"refresh_token": second["refresh_token"]}
    await stage.guest.fails("POST", "/auth/refresh", latest, 401)


async def test_logout_ends_the_login(stage):
    user = await stage.user()
    token = {"refresh_token": user.refresh_token}
    response = await stage.guest.call("POST", "/api/v1/auth/logout", token)
    assert response.status_code == 204
    await stage.guest.fails("POST", "/auth/refresh", token, 401)


async def test_without_a_token_or_with_a_bad_or_old_one(stage):
    response = await stage.guest.call("GET", "/api/v1/auth/me")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="bandstand"'
    user = await stage.user()
    stage.clock.pass_s(15 * 60 + 6)
    response = await user.call("GET", "/api/v1/auth/me")
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]
    user.token = "nonsense"
    assert (await user.fails("GET", "/auth/me", status=401))["code"] == "invalid_token"


async def test_the_cookie_variant_hides_the_refresh_token(stage):
    client = stage.app.test_client()
    # The cookie is Secure: the client of the tests must seem to speak TLS to get it back.
    options = {"scheme": "https"}
    response = await client.post("/api/v1/auth/register", json=NEW | {"cookie": True}, **options)
    assert "refresh_token" not in await response.get_json()
    cookie = response.headers["Set-Cookie"]
    for attribute in ("HttpOnly", "SameSite=Strict", "Secure", "Path=/api/v1/auth", "Max-Age="):
        assert attribute in cookie

    response = await client.post("/api/v1/auth/refresh", json={}, **options)
    body = await response.get_json()
    assert response.status_code == 200
    assert "refresh_token" not in body
    assert body["access_token"]
    assert response.headers["Set-Cookie"] != cookie

    response = await client.post("/api/v1/auth/logout", **options)
    assert response.status_code == 204
    assert f"{REFRESH_COOKIE}=;" in response.headers["Set-Cookie"]
    response = await client.post("/api/v1/auth/refresh", **options)
    assert response.status_code == 401


async def test_two_tabs_that_send_one_cookie_both_stay_signed_in(stage):
    user = await stage.user()
    headers = {"Cookie": f"{REFRESH_COOKIE}={user.refresh_token}"}
    first = await stage.guest.call("POST", "/api/v1/auth/refresh", {}, headers=headers)
    second = await stage.guest.call("POST", "/api/v1/auth/refresh", {}, headers=headers)
    assert (first.status_code, second.status_code) == (200, 200)
    assert "Set-Cookie" not in second.headers
    stage.clock.pass_s(11)
    third = await stage.guest.call("POST", "/api/v1/auth/refresh", {}, headers=headers)
    assert third.status_code == 401


async def test_closed_registration(stage, monkeypatch):
    monkeypatch.setattr(stage.house.accounts, "_open_to_all", False)
    error = await stage.guest.fails("POST", "/auth/register", NEW, 403)
    assert error["code"] == "registration_closed"


async def test_logout_everywhere(stage):
    ada, bea = await stage.user("Ada"), await stage.user("Bea")
    right = {"email": "ada@stage.example", "password": "correct horse"}
    other = await stage.guest.ok("POST", "/auth/login", right)
    response = await ada.call("POST", "/api/v1/auth/logout-everywhere")
    assert response.status_code == 204
    for token in (ada.token, other["access_token"]):
        caller = stage.guest
        caller.token = token
        assert (await caller.fails("GET", "/auth/me", status=401))["code"] == "invalid_token"
    for token in (ada.refresh_token, other["refresh_token"]):
        body = {"refresh_token": token}
        await stage.guest.fails("POST", "/auth/refresh", body, 401)
    await bea.ok("GET", "/auth/me")
    again = stage.guest
    again.token = (await stage.guest.ok("POST", "/auth/login", right))["access_token"]
    await again.ok("GET", "/auth/me")


async def test_logout_everywhere_takes_the_cookie_and_wants_a_token(stage):
    ada = await stage.user()
    await stage.guest.fails("POST", "/auth/logout-everywhere", status=401)
    cookie = {"Cookie": f"{REFRESH_COOKIE}={ada.refresh_token}"}
    response = await ada.call("POST", "/api/v1/auth/logout-everywhere", headers=cookie)
    assert response.status_code == 204
    assert response.headers["Set-Cookie"].startswith(f"{REFRESH_COOKIE}=;")
