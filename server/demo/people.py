"""Who takes part in the demo: their accounts, kept from one run to the next."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import structlog

PASSWORD_BYTES = 24
MAIL_DOMAIN = "bandstand.invalid"
NAMES = {"host": "The Lakeside Four", "first": "Mira", "second": "Tomás"}

log = structlog.get_logger()


class DemoError(Exception):
    """The demo cannot go on; the text says why."""


@dataclass(frozen=True, slots=True)
class Person:
    """An account's credentials."""

    email: str
    password: str
    name: str


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who is signed in."""

    user_id: str
    name: str
    token: str


def new_person(role: str) -> Person:
    """Make up credentials; nobody can get mail under ``.invalid`` (RFC 2606)."""
    email = f"demo-{role}-{secrets.token_hex(6)}@{MAIL_DOMAIN}"
    return Person(email, secrets.token_urlsafe(PASSWORD_BYTES), NAMES[role])


class Cast:
    """The people of one server, in a file that only this user may read."""

    def __init__(self, file: Path, server: str) -> None:
        self._file = file
        self._server = server

    async def sign_in(self, http: httpx.AsyncClient, role: str) -> Guest:
        """Sign in as somebody, registering where the server does not know them. DemoError."""
        person = self._load().get(role)
        if person is not None:
            credentials = {"email": person.email, "password": person.password}
            answer = await http.post("/auth/login", json=credentials)
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                return _guest(answer)
        person = new_person(role)
        answer = await http.post("/auth/register", json=asdict(person))
        guest = _guest(answer)
        self._save(role, person)
        return guest

    def _load(self) -> dict[str, Person]:
        people: dict[str, Any] = self._read().get(self._server, {})
        return {role: Person(**person) for role, person in people.items()}

    def _save(self, role: str, person: Person) -> None:
        servers = self._read()
        servers.setdefault(self._server, {})[role] = asdict(person)
        draft = self._file.with_suffix(".new")
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(servers, file, indent=2)
        draft.replace(self._file)

    def _read(self) -> dict[str, Any]:
        try:
            servers: dict[str, Any] = json.loads(self._file.read_text())
        except FileNotFoundError:
            return {}
        except ValueError:
            log.warning("demo_credentials_unreadable", file=str(self._file))
            return {}
        return servers


def checked(answer: httpx.Response) -> Any:
    """Return an answer's JSON. DemoError, or HTTPStatusError where trying again helps."""
    if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        answer.raise_for_status()
    if answer.is_success:
        return answer.json()
    try:
        error = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        raise DemoError(f"{answer.url} answered {answer.status_code}: no Bandstand?") from None
    if error["code"] == "registration_closed":
        raise DemoError(
            "this server's registration is closed, and the demo needs accounts of its own: "
            "run it once with BANDSTAND_REGISTRATION=open"
        )
    raise DemoError(f"the server refused: {error['message']}")


def _guest(answer: httpx.Response) -> Guest:
    body = checked(answer)
    return Guest(body["user"]["id"], body["user"]["name"], body["access_token"])
