import pytest
import trio
import trio.testing

from actors.services import AccountError
from actors.services import passwords as module


async def test_the_right_one_and_wrong_ones(passwords):
    hashed = await passwords.hash("correct horse")
    assert "correct horse" not in hashed
    assert hashed.startswith("$argon2id$")
    assert await passwords.verify("correct horse", hashed)
    assert not await passwords.verify("correct  horse", hashed)
    assert not await passwords.verify("correct horse", "no hash at all")


async def test_nobody_has_no_password(passwords):
    assert not await passwords.verify("the password of nobody", None)


async def test_two_hashes_of_one_password_differ(passwords):
    assert await passwords.hash("correct horse") != await passwords.hash("correct horse")


async def test_nobody_waits_in_a_line_without_end(passwords, monkeypatch):
    """With both threads taken and the line full, the next one is turned away at once."""
    monkeypatch.setattr(module, "MAX_WAITING_HASHES", 1)
    limiter = passwords._limiter
    async with trio.open_nursery() as nursery:
        for holder in ("first", "second"):
            limiter.acquire_on_behalf_of_nowait(holder)
        nursery.start_soon(passwords.hash, "waits in line")
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(AccountError) as caught:
            await passwords.hash("turned away")
        assert caught.value.code == "busy"
        assert caught.value.retry_after_s
        for holder in ("first", "second"):
            limiter.release_on_behalf_of(holder)
