"""Password hashing with Argon2id (RFC 9106), in threads: one hash takes tens of milliseconds."""

import trio
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from actors.services.access_tokens import AccountError

PASSWORD_THREADS = 2
MAX_WAITING_HASHES = 64
BUSY_RETRY_AFTER_S = 2.0


class Passwords:
    """Hashes and verifies; PASSWORD_THREADS at once, each with the hasher's own memory (64 MiB)."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._limiter = trio.CapacityLimiter(PASSWORD_THREADS)
        self._nobody = self._hasher.hash("the password of nobody")

    async def hash(self, password: str) -> str:
        """Return the hash with its salt and parameters, as text. AccountError ``busy``."""
        self._refuse_when_busy()
        return await trio.to_thread.run_sync(self._hasher.hash, password, limiter=self._limiter)

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether the password is the hash's. None does the same work, and is False.

        AccountError ``busy``.
        """
        self._refuse_when_busy()
        right = await trio.to_thread.run_sync(
            self._verify, hashed or self._nobody, password, limiter=self._limiter
        )
        return right and hashed is not None

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerifyMismatchError, InvalidHashError):
            return False

    def _refuse_when_busy(self) -> None:
        if self._limiter.statistics().tasks_waiting >= MAX_WAITING_HASHES:
            raise AccountError("busy", "Too many are signing in just now.", BUSY_RETRY_AFTER_S)
