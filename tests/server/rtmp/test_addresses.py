"""How many encoders may connect, and how fast, in virtual time."""

import pytest
import trio
from trio.abc import Clock

from server.rtmp import addresses
from server.rtmp.addresses import (
    BURST_CONNECTIONS,
    CONNECTIONS_PER_S,
    MAX_CONNECTIONS,
    MAX_CONNECTIONS_PER_ADDRESS,
    Addresses,
)

HERE = "198.51.100.7"
ELSEWHERE = "198.51.100.8"


def come_and_go(table: Addresses, address: str) -> str | None:
    refusal = table.admit(address)
    if refusal is None:
        table.leave(address)
    return refusal


async def test_new_connections_of_an_address_are_limited_in_rate(autojump_clock: Clock) -> None:
    table = Addresses()
    for _ in range(BURST_CONNECTIONS):
        assert come_and_go(table, HERE) is None
    assert "too many new connections" in str(come_and_go(table, HERE))
    assert come_and_go(table, ELSEWHERE) is None
    await trio.sleep(1)
    taken = [come_and_go(table, HERE) for _ in range(BURST_CONNECTIONS)]
    assert taken.count(None) == CONNECTIONS_PER_S
    assert len(table) == 0


async def test_this_machine_itself_has_no_rate(autojump_clock: Clock) -> None:
    table = Addresses()
    for _ in range(2 * BURST_CONNECTIONS):
        assert come_and_go(table, "127.0.0.1") is None


@pytest.mark.parametrize("address", [HERE, "127.0.0.1", "2001:db8::1"])
async def test_connections_of_an_address_are_limited_in_number(
    address: str, autojump_clock: Clock
) -> None:
    table = Addresses()
    for _ in range(MAX_CONNECTIONS_PER_ADDRESS):
        assert table.admit(address) is None
    await trio.sleep(1000)
    assert "from this address" in str(table.admit(address))
    assert table.admit(ELSEWHERE) is None
    table.leave(address)
    assert table.admit(address) is None


async def test_ipv6_counts_by_its_prefix(autojump_clock: Clock) -> None:
    table = Addresses()
    for number in range(MAX_CONNECTIONS_PER_ADDRESS):
        assert table.admit(f"2001:db8::{number:x}") is None
    assert table.admit("2001:db8::ffff") is not None
    assert table.admit("2001:db8:0:1::") is None


async def test_connections_are_limited_in_number(autojump_clock: Clock) -> None:
    table = Addresses()
    for number in range(MAX_CONNECTIONS):
        assert table.admit(f"203.0.113.{number % 250}") is None
    assert len(table) == MAX_CONNECTIONS
    assert table.admit(HERE) == "too many connections"
    table.leave("203.0.113.0")
    assert table.admit(HERE) is None


async def test_the_table_is_bounded_and_forgets_the_calm(
    autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "MAX_TRACKED_ADDRESSES", 4)
    table = Addresses()
    for number in range(4):
        assert come_and_go(table, f"203.0.113.{number}") is None
    assert come_and_go(table, HERE) is not None
    await trio.sleep(1 / CONNECTIONS_PER_S)
    assert come_and_go(table, HERE) is None
