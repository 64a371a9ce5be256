"""Names, allowed addresses and connections: what webhooks and forwards have in common."""

import errno
import socket
from collections.abc import AsyncIterator

import pytest
import trio
from trio.abc import Clock

from server.outbound import Address, NoConnection, Outbound


def outbound(*, private: bool = True) -> Outbound:
    return Outbound(private=private, connect_timeout_s=3.0, max_lookups=2)


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Have every name resolve to these."""

    def getaddrinfo(host: str, port: int, **_: object) -> object:
        found = [(socket.AF_INET6 if ":" in each else socket.AF_INET, each) for each in addresses]
        return [(family, socket.SOCK_STREAM, 6, "", (each, port)) for family, each in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


async def connect(host: str, port: int, *, private: bool = True) -> trio.SocketStream:
    way = outbound(private=private)
    return await way.connect(way.allowed(await way.look_up(host, port)))


async def reason_of(host: str, port: int, *, private: bool = True) -> str:
    with pytest.raises(NoConnection) as caught:
        await connect(host, port, private=private)
    return caught.value.reason


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Somebody who says hello."""

    async def greet(stream: trio.SocketStream) -> None:
        await stream.send_all(b"hello")

    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, greet, [listener])
        yield listener.socket.getsockname()[1]
        nursery.cancel_scope.cancel()


async def test_what_a_name_stands_for(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "192.0.2.1", "2001:db8::1")
    assert await outbound().look_up("two.example", 80) == [
        Address(socket.AF_INET, "192.0.2.1", 80),
        Address(socket.AF_INET6, "2001:db8::1", 80),
    ]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1",
     "fe80::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "224.0.0.1"],
)  # fmt: skip
async def test_in_production_no_name_leads_into_a_private_network(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    resolving(monkeypatch, address)
    assert await reason_of("inside.example", 80, private=False) == "private_address"
    assert [each.host for each in outbound().allowed(await outbound().look_up("x", 1))] == [address]


async def test_of_mixed_addresses_only_the_public_ones_are_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolving(monkeypatch, "10.0.0.1", "8.8.8.8", "::1")
    way = outbound(private=False)
    assert [each.host for each in way.allowed(await way.look_up("x.example", 1))] == ["8.8.8.8"]


async def test_the_first_that_answers_is_taken(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    resolving(monkeypatch, "::1", "127.0.0.9", "127.0.0.1")  # the last alone is listened on
    async with await connect("three.example", port) as stream:
        assert await stream.receive_some() == b"hello"


async def test_no_more_than_three_are_tried(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    resolving(monkeypatch, "::1", "127.0.0.9", "127.0.0.8", "127.0.0.1")
    assert await reason_of("four.example", port) == "unreachable"


async def test_nobody_there() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert await reason_of("127.0.0.1", bound.getsockname()[1]) == "unreachable"


async def test_no_socket_to_be_had(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(trio.socket, "socket", refuse)
    assert await reason_of("127.0.0.1", port) == "unreachable"


async def test_an_address_that_does_not_answer_is_left_for_the_next(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: Clock
) -> None:
    left = []

    class Mute:
        """A connection that is never made."""

        def close(self) -> None:
            left.append(trio.current_time())

        async def connect(self, _: object) -> None:
            await trio.sleep_forever()

    monkeypatch.setattr(trio.socket, "socket", lambda *_: Mute())
    began_s = trio.current_time()
    with pytest.raises(NoConnection, match="unreachable"):
        await outbound().connect([Address(socket.AF_INET, "192.0.2.1", 80)] * 5)
    assert [round(each - began_s) for each in left] == [3, 6, 9]


@pytest.mark.parametrize("fault", [socket.gaierror(socket.EAI_NONAME, "not known"), None])
async def test_a_name_that_nobody_knows(
    monkeypatch: pytest.MonkeyPatch, fault: OSError | None
) -> None:
    def getaddrinfo(host: str, *_: object, **__: object) -> None:
        if fault is not None:
            raise fault
        host.encode("idna")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert await reason_of("a" * 64 + ".example", 80) == "unresolved"  # no label is so long
