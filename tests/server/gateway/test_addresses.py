"""What may come from one address, by itself in virtual time and over real sockets."""

import ipaddress
import json

import pytest
import trio

from server.gateway import addresses
from server.gateway.addresses import (
    BURST_COMMANDS,
    BURST_HANDSHAKES,
    COMMANDS_PER_S,
    HANDSHAKES_PER_S,
    Addresses,
    TooMuch,
)
from server.gateway.connection import BURST_COMMANDS as BURST_OF_A_CONNECTION

HERE = "198.51.100.7"
ELSEWHERE = "198.51.100.8"
LOCAL = [ipaddress.ip_network("127.0.0.0/8")]


async def test_handshakes_of_an_address_are_limited_in_rate(autojump_clock):
    table = Addresses()
    for _ in range(BURST_HANDSHAKES):
        table.admit(HERE)
    with pytest.raises(TooMuch) as refused:
        table.admit(HERE)
    assert refused.value.code == "rate_limited"
    assert refused.value.retry_after_s == pytest.approx(1 / HANDSHAKES_PER_S)
    table.admit(ELSEWHERE)
    await trio.sleep(refused.value.retry_after_s)
    table.admit(HERE)
    with pytest.raises(TooMuch):
        table.admit(HERE)
    await trio.sleep(10 * BURST_HANDSHAKES / HANDSHAKES_PER_S)
    for _ in range(BURST_HANDSHAKES):  # and no more than that, however long it was calm
        table.admit(HERE)
    with pytest.raises(TooMuch):
        table.admit(HERE)


async def test_connections_of_an_address_are_limited_in_number(autojump_clock):
    table = Addresses(max_connections=2)
    for _ in range(2):
        table.admit(HERE).connections += 1
    with pytest.raises(TooMuch) as refused:
        table.admit(HERE)
    assert refused.value.code == "too_many_connections"
    assert refused.value.retry_after_s > 0


async def test_commands_of_all_its_connections_together(autojump_clock):
    use = Addresses().admit(HERE)
    assert all(use.take_command() for _ in range(BURST_COMMANDS))
    assert not use.take_command()
    await trio.sleep(1)
    assert sum(use.take_command() for _ in range(BURST_COMMANDS)) == COMMANDS_PER_S


async def test_ipv6_counts_by_the_prefix_of_a_customer():
    table = Addresses()
    assert table.admit("2001:db8:0:7::1") is table.admit("2001:db8:0:7:ffff::2")
    assert table.admit("2001:db8:0:7::1") is not table.admit("2001:db8:0:8::1")
    assert table.admit("::1.2.3.4") is not table.admit("1.2.3.4")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "", "a.sock"])
async def test_this_machine_is_not_limited(address):
    table = Addresses()
    assert table.admit(address) is None
    assert len(table) == 0


async def test_the_table_is_bounded_and_keeps_who_is_connected(autojump_clock, monkeypatch):
    monkeypatch.setattr(addresses, "MAX_TRACKED_ADDRESSES", 4)
    table = Addresses()
    connected = table.admit("198.51.100.1")
    connected.connections += 1
    for n in range(2, 5):
        table.admit(f"198.51.100.{n}")
    with pytest.raises(TooMuch) as refused:
        table.admit("198.51.100.5")
    assert refused.value.code == "busy"
    await trio.sleep(1 / HANDSHAKES_PER_S)
    table.admit("198.51.100.5")
    assert len(table) == 2
    assert table.admit("198.51.100.1") is connected


async def refusal(venue, forwarded_for, header="X-Other: 1"):
    """Ask for a WebSocket as one behind a proxy; give the answer's status, headers and code."""
    async with await venue.raw() as stream:
        await stream.send_all(
            b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Protocol: bandstand.json\r\nX-Forwarded-For: %b\r\n%b\r\n\r\n"
            % (forwarded_for.encode(), header.encode())
        )
        answer = b"".join([part async for part in stream])
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    return lines[0].split()[1], lines, json.loads(body)["error"]["code"]


async def test_what_is_too_much_is_refused_before_the_upgrade(open_venue):
    behind = {"extra_headers": [(b"X-Forwarded-For", HERE.encode())]}
    async with open_venue(trusted_proxies=LOCAL, max_connections_per_address=2) as venue:
        async with venue.client(**behind), venue.client(**behind):
            status, lines, code = await refusal(venue, HERE)
            assert (status, code) == ("429", "too_many_connections")
            assert "Retry-After: 30" in lines
            spoofed = f"{ELSEWHERE}, {HERE}"  # what a client claims stands in front
            assert (await refusal(venue, spoofed))[0] == "429"
            async with venue.client(extra_headers=[(b"X-Forwarded-For", ELSEWHERE.encode())]):
                assert len(venue.gateway) == 3
        while len(venue.gateway):
            await trio.lowlevel.checkpoint()
        async with venue.client(**behind), venue.client(**behind):
            assert len(venue.gateway) == 2


async def test_a_refused_handshake_takes_no_place(open_venue):
    async with open_venue(trusted_proxies=LOCAL, max_connections_per_address=1) as venue:
        for _ in range(3):
            status, _, code = await refusal(venue, HERE, "Origin: https://evil.example")
            assert (status, code) == ("403", "forbidden_origin")
        async with venue.client(extra_headers=[(b"X-Forwarded-For", HERE.encode())]):
            pass


async def test_without_trust_the_proxy_is_the_client(open_venue):
    async with (
        open_venue(max_connections_per_address=1) as venue,
        venue.client(extra_headers=[(b"X-Forwarded-For", HERE.encode())]),
        venue.client(extra_headers=[(b"X-Forwarded-For", HERE.encode())]),
    ):
        assert {each._session.address for each in venue.gateway._registry} == {"127.0.0.1"}


async def test_the_session_knows_the_clients_address(open_venue):
    async with (
        open_venue(trusted_proxies=LOCAL) as venue,
        venue.client(extra_headers=[(b"X-Forwarded-For", b"2001:db8::7")]),
    ):
        assert [each._session.address for each in venue.gateway._registry] == ["2001:db8::7"]


async def test_commands_from_one_address_flood_by_many_connections(open_venue, room, monkeypatch):
    monkeypatch.setattr(addresses, "BURST_COMMANDS", BURST_OF_A_CONNECTION)
    monkeypatch.setattr(addresses, "COMMANDS_PER_S", 0.001)
    behind = {"extra_headers": [(b"X-Forwarded-For", HERE.encode())]}
    async with (
        open_venue(trusted_proxies=LOCAL) as venue,
        venue.client(**behind) as one,
        venue.client(**behind) as other,
        venue.client(extra_headers=[(b"X-Forwarded-For", ELSEWHERE.encode())]) as third,
    ):
        for _ in range(BURST_OF_A_CONNECTION // 2):
            await one.ok("members", room=room)
            await other.ok("members", room=room)
        await other.send({"id": 0, "do": "members", "room": room})
        closed = await other.closed()
        assert (closed.code, closed.reason) == (4029, "flooding: retry in 10 s")
        await third.ok("members", room=room)


async def test_who_allows_more_connections_allows_them_to_come(autojump_clock):
    """A hall of 1,000 behind one address comes back after a restart, signs in and joins."""
    table = Addresses(max_connections=1_000)
    for _ in range(1_000):
        use = table.admit(HERE)
        use.connections += 1
        assert all(use.take_command() for _ in range(5))
    assert not use.take_command()
    await trio.sleep(1)
    assert sum(use.take_command() for _ in range(1_000)) == 5 * COMMANDS_PER_S


async def test_few_connections_have_the_usual_rates(autojump_clock):
    use = Addresses(max_connections=2).admit(HERE)
    assert sum(use.take_command() for _ in range(2 * BURST_COMMANDS)) == BURST_COMMANDS
