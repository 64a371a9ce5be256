"""A store, a clock that tests turn, and cheap password hashing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from actors.services import AccessTokens, Accounts, Passwords, StreamKeys
from storage import Store, open_sqlite


class ManualClock:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self.time_ms = 1_800_000_000_000

    def now_ms(self) -> int:
        return self.time_ms

    def pass_s(self, seconds: float) -> None:
        self.time_ms += round(seconds * 1000)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_sqlite(tmp_path) as store:
        yield store


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def tokens(clock: ManualClock) -> AccessTokens:
    return AccessTokens(b"s" * 32, clock)


@pytest.fixture
def accounts(
    store: Store, passwords: Passwords, tokens: AccessTokens, clock: ManualClock
) -> Accounts:
    return Accounts(store, passwords, tokens, clock, open_to_all=True)


@pytest.fixture
def keys() -> StreamKeys:
    return StreamKeys(b"a" * 32, b"b" * 32)
