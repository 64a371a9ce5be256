import io
import json
import os
import subprocess
import sys

import pytest
import trio

from actors.services import AccessTokens, Accounts, Passwords
from server.cli import main
from server.clock import SystemClock
from storage import open_sqlite


@pytest.fixture(autouse=True)
def data(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith("BANDSTAND_") or name == "PORT":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BANDSTAND_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def add_user(monkeypatch, email="root@stage.example", password="correct horse", *more):
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{password}\n"))
    return main(["user", "add", email, "--name", "Root", "--password-stdin", *more])


async def sign_in(data, email, password):
    async with open_sqlite(data) as store:
        tokens = AccessTokens(b"s" * 32, SystemClock())
        accounts = Accounts(store, Passwords(), tokens, SystemClock(), open_to_all=False)
        return await accounts.login(email, password, "::1")


def test_user_add_makes_an_account_that_can_sign_in(monkeypatch, capsys, data):
    assert add_user(monkeypatch, "root@stage.example", "correct horse", "--admin") == 0
    user_id = capsys.readouterr().out.strip()
    signed_in = trio.run(sign_in, data, "root@stage.example", "correct horse")
    assert (signed_in.user.id, signed_in.user.admin) == (user_id, True)


@pytest.mark.parametrize(
    ("email", "password", "says"),
    [("nobody", "correct horse", "email"), ("a@b.example", "short", "8 to 200")],
)
def test_user_add_says_what_is_wrong(monkeypatch, capsys, email, password, says):
    assert add_user(monkeypatch, email, password) == 1
    assert says in capsys.readouterr().err


def test_user_add_while_the_server_runs(monkeypatch, capsys, data):
    async def with_server():
        async with open_sqlite(data):
            # Its own event loop, as the command line has: in a thread.
            return await trio.to_thread.run_sync(add_user, monkeypatch)

    assert trio.run(with_server) == 1
    assert "stop the server first" in capsys.readouterr().err


def test_the_same_email_twice(monkeypatch, capsys):
    assert add_user(monkeypatch) == 0
    assert add_user(monkeypatch) == 1
    assert "There is an account" in capsys.readouterr().err


def test_two_passwords_that_differ(monkeypatch, capsys):
    answers = iter(["correct horse", "correct house"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    assert main(["user", "add", "a@b.example", "--name", "A"]) == 1
    assert "differ" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["serve"], ["demo"], ["user", "add", "a@b.c", "--name", "A"]])
def test_a_bad_setting_is_one_line_and_exit_2(monkeypatch, capsys, command):
    monkeypatch.setenv("BANDSTAND_HTTP", "nonsense")
    assert main(command) == 2
    captured = capsys.readouterr()
    assert captured.err == "bandstand: BANDSTAND_HTTP: must be host:port, such as 127.0.0.1:8000\n"
    assert captured.out == ""


@pytest.mark.parametrize("arguments", [[], ["dance"], ["demo", "--seconds", "-1"], ["user"]])
def test_bad_arguments_exit_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: bandstand" in capsys.readouterr().err


def test_openapi_prints_the_document(capsys):
    assert main(["openapi"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["openapi"].startswith("3.")
    assert "/api/v1/streams" in document["paths"]


def test_it_runs_as_a_module(data):
    command = [sys.executable, "-m", "server.cli", "serve"]
    environment = os.environ | {"BANDSTAND_STORE": "paper"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 2
    assert (
        ended.stderr
        == "bandstand: BANDSTAND_STORE: must be sqlite: this version has no other store\n"
    )
