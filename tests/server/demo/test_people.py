import json
import stat

import httpx
import pytest

from server.demo.people import Cast, DemoError, checked


class Accounts:
    """A server's accounts, as the demo knows them over HTTP."""

    def __init__(self):
        self.known = {}
        self.open = True
        self.calls = []

    def __call__(self, request):
        body = json.loads(request.content)
        self.calls.append(request.url.path)
        if request.url.path.endswith("/login"):
            if self.known.get(body["email"]) != body["password"]:
                return self.error(401, "invalid_credentials")
        elif not self.open:
            return self.error(403, "registration_closed")
        else:
            self.known[body["email"]] = body["password"]
        user = {"id": f"usr_{len(self.known)}", "email": body["email"], "name": "Somebody"}
        return httpx.Response(200, json={"user": user, "access_token": "t"})

    def error(self, status, code):
        return httpx.Response(status, json={"error": {"code": code, "message": "No."}})


@pytest.fixture
def accounts():
    return Accounts()


@pytest.fixture
async def http(accounts):
    transport = httpx.MockTransport(accounts)
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as http:
        yield http


async def test_they_register_once_and_then_sign_in(http, accounts, tmp_path):
    file = tmp_path / "data" / "demo.json"
    for _ in range(2):
        for role in ("host", "first"):
            await Cast(file, "http://server").sign_in(http, role)
    assert accounts.calls == ["/auth/register", "/auth/register", "/auth/login", "/auth/login"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert all(email.endswith("@bandstand.invalid") for email in accounts.known)


async def test_another_server_or_new_data_gets_new_accounts(http, accounts, tmp_path):
    file = tmp_path / "demo.json"
    await Cast(file, "http://one").sign_in(http, "host")
    await Cast(file, "http://two").sign_in(http, "host")
    accounts.known.clear()
    await Cast(file, "http://one").sign_in(http, "host")
    assert accounts.calls[-2:] == ["/auth/login", "/auth/register"]
    file.write_text("{")
    await Cast(file, "http://one").sign_in(http, "host")
    assert accounts.calls[-1] == "/auth/register"


async def test_closed_registration_is_said_clearly(http, accounts, tmp_path):
    accounts.open = False
    with pytest.raises(DemoError, match="BANDSTAND_REGISTRATION=open"):
        await Cast(tmp_path / "demo.json", "http://server").sign_in(http, "host")
    assert not (tmp_path / "demo.json").exists()


def answer(status, **content):
    return httpx.Response(status, request=httpx.Request("GET", "http://server/x"), **content)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_faults_that_pass(status):
    with pytest.raises(httpx.HTTPStatusError):
        checked(answer(status))


def test_refusals_and_other_servers():
    with pytest.raises(DemoError, match="refused: No"):
        checked(answer(403, json={"error": {"code": "x", "message": "No."}}))
    with pytest.raises(DemoError, match="no Bandstand"):
        checked(answer(404, text="<html>"))
