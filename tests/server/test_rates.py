"""A bucket that is one number, and what an address counts as."""

import pytest
import trio
from trio.abc import Clock

from server.rates import address_key, take_token


async def test_a_bucket_gives_its_burst_and_then_its_rate(autojump_clock: Clock) -> None:
    full_at, waits = 0.0, []
    for _ in range(5):
        full_at, wait_s = take_token(full_at, 2.0, 3)
        waits.append(wait_s)
    assert waits == [0, 0, 0, pytest.approx(0.5), pytest.approx(0.5)]
    await trio.sleep(0.5)
    full_at, wait_s = take_token(full_at, 2.0, 3)
    assert wait_s == 0
    assert take_token(full_at, 2.0, 3)[1] > 0


def test_what_an_address_counts_as() -> None:
    assert address_key("127.0.0.1") is None
    assert address_key("::1") is None
    assert address_key("no address") is None
    assert address_key("2001:db8::1") == address_key("2001:db8::2")
    assert address_key("2001:db8:0:1::") != address_key("2001:db8::1")
    assert address_key("0.0.0.1") != address_key("0:0:0:1::")
