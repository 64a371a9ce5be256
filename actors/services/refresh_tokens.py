"""Refresh tokens: one document for each login, whose token changes with every use.

A token is the login's id, a dot and 32 random bytes. The store holds its SHA-256 alone. A token
that was used before ends its login: either it was stolen, or the newer one was.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from actors.ids import is_id, new_id
from actors.ports import Clock
from actors.services.access_tokens import AccountError
from storage.api import Conflict, Delete, Document, Put, Row, Store

COLLECTION = "refresh_tokens"
LOGIN_PREFIX = "ses"
TOKEN_BYTES = 32
REFRESH_TOKEN_LIFETIME_S = 30 * 24 * 3600
MAX_LOGINS_PER_USER = 50
MAX_ENDINGS = 50
REUSE_LEEWAY_S = 10
MAX_TOKEN_CHARS = 100


@dataclass(frozen=True, slots=True)
class Rotated:
    """A login that goes on. ``token`` is None where the caller's newer one stays in use."""

    user_id: str
    token: str | None


class RefreshTokens:
    """Issues, rotates and revokes."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def issue(self, user_id: str) -> str:
        """Open a login. A user's oldest go when there are MAX_LOGINS_PER_USER."""
        login_id = new_id(LOGIN_PREFIX)
        token = _new_token(login_id)
        doc: Document = {
            "user": user_id,
            "token_hash": _hash(token),
            "expires_at": self._new_expiry_ms(),
        }
        await self._make_room(user_id)
        await self._store.commit(Put(COLLECTION, login_id, doc, 0))
        return token

    async def rotate(self, token: str, *, shared_jar: bool = False) -> Rotated:
        """Change a token for the next one. AccountError ``invalid_token``.

        With ``shared_jar`` the token comes from a browser's cookies, where two tabs may send the
        same one at once: the second, within REUSE_LEEWAY_S, is let in but given no token, since
        the first one's answer has put the newer one into the jar.
        """
        row = await self._find(token)
        now_ms = self._clock.now_ms()
        if row is None or row.doc["expires_at"] <= now_ms:
            raise _invalid()
        presented = _hash(token)
        if not hmac.compare_digest(presented, row.doc["token_hash"]):
            if shared_jar and _just_used(row.doc, presented, now_ms):
                return Rotated(row.doc["user"], None)
            await self._end(row)
            raise _invalid()
        new_token = _new_token(row.id)
        doc = row.doc | {
            "token_hash": _hash(new_token),
            "expires_at": self._new_expiry_ms(),
            "used_hash": presented,
            "used_at": now_ms,
        }
        try:
            await self._store.commit(Put(COLLECTION, row.id, doc, row.version))
        except Conflict:
            # The same token was used a moment ago: what it is now, a second look tells.
            return await self.rotate(token, shared_jar=shared_jar)
        return Rotated(row.doc["user"], new_token)

    async def revoke(self, token: str) -> None:
        """End the login of this token, used or not; one that is not known is no error."""
        row = await self._find(token)
        if row is not None:
            await self._end(row)

    async def endings(self, user_id: str) -> list[Delete]:
        """Give the writes that end a user's logins, MAX_ENDINGS at most. StoreUnavailable."""
        rows = await self._store.find(
            COLLECTION, {"user": user_id}, sort="expires_at", limit=MAX_ENDINGS
        )
        return [Delete(COLLECTION, row.id, row.version) for row in rows]

    async def _find(self, token: str) -> Row | None:
        login_id, _, _ = token[:MAX_TOKEN_CHARS].partition(".")
        if not is_id(login_id, LOGIN_PREFIX):
            return None
        return await self._store.get(COLLECTION, login_id)

    async def _end(self, row: Row) -> None:
        try:
            await self._store.commit(Delete(COLLECTION, row.id, row.version))
        except Conflict:
            changed = await self._store.get(COLLECTION, row.id)
            if changed is not None:
                await self._end(changed)

    async def _make_room(self, user_id: str) -> None:
        rows = await self._store.find(
            COLLECTION, {"user": user_id}, sort="expires_at", limit=2 * MAX_LOGINS_PER_USER
        )
        now_ms = self._clock.now_ms()
        excess = len(rows) - (MAX_LOGINS_PER_USER - 1)
        for place, row in enumerate(rows):
            if place < excess or row.doc["expires_at"] <= now_ms:
                await self._end(row)

    def _new_expiry_ms(self) -> int:
        return self._clock.now_ms() + REFRESH_TOKEN_LIFETIME_S * 1000


def _new_token(login_id: str) -> str:
    return f"{login_id}.{secrets.token_urlsafe(TOKEN_BYTES)}"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _just_used(doc: Document, presented: str, now_ms: int) -> bool:
    used_hash = str(doc.get("used_hash", ""))
    recent = now_ms - int(doc.get("used_at", 0)) <= REUSE_LEEWAY_S * 1000
    return recent and hmac.compare_digest(presented, used_hash)


def _invalid() -> AccountError:
    return AccountError("invalid_token", "Please sign in again.")
