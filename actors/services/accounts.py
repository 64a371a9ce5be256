"""Accounts: registering, signing in, staying signed in."""

from collections.abc import Callable
from dataclasses import dataclass

from actors.ids import new_id
from actors.ports import Clock
from actors.services.access_tokens import AccessTokens, AccountError, Principal
from actors.services.attempts import Attempts
from actors.services.logouts import logout_write
from actors.services.passwords import Passwords
from actors.services.refresh_tokens import MAX_ENDINGS, RefreshTokens
from actors.services.rules import good_password, normal_email, normal_name
from storage.api import Conflict, Document, Put, Row, Store

__all__ = [
    "AccessTokens",
    "AccountError",
    "Accounts",
    "Principal",
    "SignedIn",
    "User",
    "create_user",
]

COLLECTION = "users"
USER_PREFIX = "usr"
MAX_LOGOUT_TRIES = 20
"""Each fails only where one of the user's logins was used in the same moment."""
BUSY_RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class User:
    """An account, without its password."""

    id: str
    email: str
    name: str
    admin: bool

    @property
    def principal(self) -> Principal:
        """Who this is to the rest of the program."""
        return Principal(self.id, self.name, self.admin)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user with what proves it. ``refresh_token`` is None where the last one stays in use."""

    user: User
    access_token: str
    refresh_token: str | None


async def create_user(
    store: Store,
    passwords: Passwords,
    clock: Clock,
    *,
    email: str,
    password: str,
    name: str,
    admin: bool = False,
) -> User:
    """Make an account. ValueError for a bad field; AccountError ``email_taken`` or ``busy``."""
    user = User(new_id(USER_PREFIX), normal_email(email), normal_name(name), admin)
    doc: Document = {
        "email": user.email,
        "name": user.name,
        "admin": user.admin,
        "password_hash": await passwords.hash(good_password(password)),
        "created_at": clock.now_ms(),
    }
    try:
        await store.commit(Put(COLLECTION, user.id, doc, 0))
    except Conflict as conflict:
        raise AccountError("email_taken", "There is an account with this email.") from conflict
    return user


class Accounts:
    """What a visitor can do about an account. ``open_to_all`` lets anybody register.

    ``signed_out`` is called with the id of a user who has signed out everywhere.
    """

    def __init__(
        self,
        store: Store,
        passwords: Passwords,
        access_tokens: AccessTokens,
        clock: Clock,
        *,
        open_to_all: bool,
        signed_out: Callable[[str], None] = lambda user_id: None,
    ) -> None:
        self._store = store
        self._passwords = passwords
        self._access_tokens = access_tokens
        self._refresh_tokens = RefreshTokens(store, clock)
        self._attempts = Attempts(clock)
        self._clock = clock
        self._open_to_all = open_to_all
        self._signed_out = signed_out
        self._leaving: set[str] = set()

    async def register(self, email: str, password: str, name: str) -> SignedIn:
        """Make an account and sign in. As ``create_user``, and ``registration_closed``."""
        if not self._open_to_all:
            raise AccountError("registration_closed", "New accounts are made by the host here.")
        user = await create_user(
            self._store, self._passwords, self._clock, email=email, password=password, name=name
        )
        return await self._signed_in(user)

    async def login(self, email: str, password: str, address: str) -> SignedIn:
        """Sign in from a network address.

        AccountError ``invalid_credentials``, ``too_many_attempts`` or ``busy``. An email that
        nobody has costs the same time as a wrong password.
        """
        try:
            email = normal_email(email)
        except ValueError:
            raise _wrong_credentials() from None
        key = f"{address} {email}"
        wait_s = self._attempts.take(key)
        if wait_s is not None:
            raise AccountError("too_many_attempts", "Too many attempts: wait a while.", wait_s)
        row = await self._by_email(email)
        hashed = None if row is None else str(row.doc["password_hash"])
        if not await self._passwords.verify(password, hashed) or row is None:
            raise _wrong_credentials()
        self._attempts.forgive(key)
        return await self._signed_in(_user(row))

    async def refresh(self, refresh_token: str, *, shared_jar: bool = False) -> SignedIn:
        """Stay signed in; see ``RefreshTokens.rotate``. AccountError ``invalid_token``."""
        logouts = self._access_tokens.logouts
        began = logouts.count
        rotated = await self._refresh_tokens.rotate(refresh_token, shared_jar=shared_jar)
        user = await self.get(rotated.user_id)
        if user.id in self._leaving or logouts.since(user.id, began):
            raise AccountError("invalid_token", "Please sign in again.")
        return SignedIn(user, self._access_tokens.issue(user.principal), rotated.token)

    async def logout(self, refresh_token: str) -> None:
        """End the login of this token."""
        await self._refresh_tokens.revoke(refresh_token)

    async def logout_everywhere(self, user_id: str) -> None:
        """End all logins of a user, and refuse every access token issued up to now.

        AccountError ``busy``; StoreUnavailable. Then nothing has changed.
        """
        self._leaving.add(user_id)
        try:
            at_ms = await self._end_all_logins(user_id)
            self._access_tokens.logouts.note(user_id, at_ms)
        finally:
            self._leaving.discard(user_id)
        self._signed_out(user_id)

    async def load_logouts(self) -> None:
        """Take up, at the start, who has signed out everywhere not long ago. StoreError."""
        await self._access_tokens.logouts.load(self._store)

    async def _end_all_logins(self, user_id: str) -> int:
        for _ in range(MAX_LOGOUT_TRIES):
            endings = await self._refresh_tokens.endings(user_id)
            at_ms = self._clock.now_ms()
            logout = await logout_write(self._store, user_id, at_ms)
            try:
                await self._store.commit(*endings, logout)
            except Conflict:
                continue
            if len(endings) < MAX_ENDINGS:
                return at_ms
        raise AccountError("busy", "Too much at once: try again.", BUSY_RETRY_S)

    async def get(self, user_id: str) -> User:
        """Return an account. AccountError ``invalid_token`` where it is gone."""
        row = await self._store.get(COLLECTION, user_id)
        if row is None:
            raise AccountError("invalid_token", "This account is gone.")
        return _user(row)

    async def _by_email(self, email: str) -> Row | None:
        rows = await self._store.find(COLLECTION, {"email": email}, sort="id", limit=1)
        return rows[0] if rows else None

    async def _signed_in(self, user: User) -> SignedIn:
        refresh_token = await self._refresh_tokens.issue(user.id)
        return SignedIn(user, self._access_tokens.issue(user.principal), refresh_token)


def _user(row: Row) -> User:
    return User(row.id, row.doc["email"], row.doc["name"], row.doc["admin"])


def _wrong_credentials() -> AccountError:
    return AccountError("invalid_credentials", "The email or the password is wrong.")
