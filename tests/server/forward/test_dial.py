"""Real sockets on the loopback address: names, refusals, TLS."""

import errno
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from support.certificates import HOST, write_certificate
from trio.abc import Clock
from trio.testing import memory_stream_pair

from actors.services.forward_target import read_target
from server.forward import dial as dialling
from server.forward.dial import (
    LOOK_UP_TIMEOUT_S,
    MAX_CONNECTIONS,
    TLS_TIMEOUT_S,
    Dialler,
    OwnAddress,
)
from server.forward.faults import Lost, Refused

ELSEWHERE = OwnAddress({1}, "stage.example", 1)


@asynccontextmanager
async def listening(serve=None) -> AsyncIterator[int]:
    async def greet(stream: trio.SocketStream) -> None:
        await stream.send_all(b"hello")

    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, serve or greet, [listener])
        yield listener.socket.getsockname()[1]
        nursery.cancel_scope.cancel()


def names(monkeypatch: pytest.MonkeyPatch, table: dict[str, list[str]]) -> None:
    """Have these names stand for these addresses."""

    real = socket.getaddrinfo

    def look_up(host: str, port: int, *args: object, **options: object) -> object:
        if host not in table:
            return real(host, port, *args, **options)
        if not table[host]:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in table[host]]

    monkeypatch.setattr(dialling.socket, "getaddrinfo", look_up)


async def fault_of(dialler: Dialler, url: str) -> Lost | Refused:
    with pytest.raises((Lost, Refused)) as caught:
        async with dialler.dial(read_target(url)):
            pass
    return caught.value


async def test_it_connects_and_closes() -> None:
    async with listening() as port:
        dialler = Dialler(ELSEWHERE, private=True)
        async with dialler.dial(read_target(f"rtmp://127.0.0.1:{port}/app")) as stream:
            assert await stream.receive_some() == b"hello"
        with pytest.raises(trio.ClosedResourceError):
            await stream.receive_some()


async def test_in_production_no_name_leads_into_a_private_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names(monkeypatch, {"inside.example": ["10.0.0.1", "::1"]})
    fault = await fault_of(Dialler(ELSEWHERE, private=False), "rtmp://inside.example/app")
    assert isinstance(fault, Refused)
    assert str(fault) == "Its address is not one of the public internet."


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_our_own_port_is_no_target(host: str) -> None:
    async with listening() as port:
        dialler = Dialler(OwnAddress({port}, "stage.example", 1), private=True)
        fault = await fault_of(dialler, f"rtmp://{host}:{port}/app")
        assert isinstance(fault, Refused)
        assert "our own address" in str(fault)


@pytest.mark.parametrize("name", ["stage.example", "alias.example"])
async def test_nor_is_what_the_outside_calls_us(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    names(monkeypatch, {"stage.example": ["203.0.113.5"], "alias.example": ["203.0.113.5"]})
    dialler = Dialler(OwnAddress({1935}, "stage.example", 1935), private=True)
    fault = await fault_of(dialler, f"rtmp://{name}/app")
    assert isinstance(fault, Refused)
    assert "our own address" in str(fault)


async def test_our_public_name_may_be_unknown_here(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening() as port:
        names(monkeypatch, {"stage.example": []})
        dialler = Dialler(OwnAddress({1935}, "stage.example", port), private=True)
        async with dialler.dial(read_target(f"rtmp://127.0.0.1:{port}/app")):
            pass


async def test_a_name_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, {"gone.example": []})
    fault = await fault_of(Dialler(ELSEWHERE, private=True), "rtmp://gone.example/app")
    assert str(fault) == "There is no such host: look at the URL again."


async def test_a_name_that_is_never_looked_up(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: Clock
) -> None:
    async def never(*_: object, **__: object) -> None:
        await trio.sleep_forever()

    monkeypatch.setattr(dialling.trio.to_thread, "run_sync", never)
    began_s = trio.current_time()
    fault = await fault_of(Dialler(ELSEWHERE, private=True), "rtmp://slow.example/app")
    assert str(fault) == "Its name was not looked up in time."
    assert trio.current_time() == began_s + LOOK_UP_TIMEOUT_S


async def test_nobody_answers() -> None:
    async with listening() as port:
        pass
    fault = await fault_of(Dialler(ELSEWHERE, private=True), f"rtmp://127.0.0.1:{port}/app")
    assert isinstance(fault, Lost)
    assert "Nobody answers" in str(fault)


async def test_a_target_that_is_gone_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(self: object) -> None:
        raise OSError(errno.ENOTCONN, "not connected")

    async with listening() as port:
        monkeypatch.setattr(trio._socket._SocketType, "getpeername", gone)
        fault = await fault_of(Dialler(ELSEWHERE, private=True), f"rtmp://127.0.0.1:{port}/app")
        assert str(fault) == "It closed the connection at once."


async def test_there_are_only_so_many_connections() -> None:
    async with listening() as port:
        dialler = Dialler(ELSEWHERE, private=True)
        dialler._connections = MAX_CONNECTIONS
        fault = await fault_of(dialler, f"rtmp://127.0.0.1:{port}/app")
        assert isinstance(fault, Lost)
        assert dialler._connections == MAX_CONNECTIONS
        dialler._connections -= 1
        async with dialler.dial(read_target(f"rtmp://127.0.0.1:{port}/app")):
            assert dialler._connections == MAX_CONNECTIONS
        assert dialler._connections == MAX_CONNECTIONS - 1


@asynccontextmanager
async def listening_by_tls(tmp_path) -> AsyncIterator[tuple[int, ssl.SSLContext]]:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    write_certificate(cert, key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)

    async def greet(stream: trio.SocketStream) -> None:
        tls = trio.SSLStream(stream, server, server_side=True)
        try:
            await tls.send_all(b"hello")
        except trio.BrokenResourceError:
            await trio.aclose_forcefully(tls)  # the client did not trust it

    async with listening(greet) as port:
        yield port, ssl.create_default_context(cafile=str(cert))


async def test_tls_with_a_certificate_that_is_trusted(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names(monkeypatch, {HOST: ["127.0.0.1"]})
    async with listening_by_tls(tmp_path) as (port, trusting):
        dialler = Dialler(ELSEWHERE, private=True, tls=trusting)
        async with dialler.dial(read_target(f"rtmps://{HOST}:{port}/app")) as stream:
            assert await stream.receive_some() == b"hello"


async def test_tls_with_a_certificate_that_is_not(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names(monkeypatch, {HOST: ["127.0.0.1"], "other.example": ["127.0.0.1"]})
    async with listening_by_tls(tmp_path) as (port, trusting):
        unknown = await fault_of(Dialler(ELSEWHERE, private=True), f"rtmps://{HOST}:{port}/app")
        assert isinstance(unknown, Refused)
        assert "certificate is not to be trusted: self" in str(unknown)
        dialler = Dialler(ELSEWHERE, private=True, tls=trusting)
        another = await fault_of(dialler, f"rtmps://other.example:{port}/app")
        assert isinstance(another, Refused)
        assert "not valid for 'other.example'" in str(another)


async def test_no_tls_at_all() -> None:
    async with listening() as port:
        fault = await fault_of(Dialler(ELSEWHERE, private=True), f"rtmps://127.0.0.1:{port}/app")
        assert str(fault) == "It did not agree on TLS: is it rtmps?"


async def test_a_server_that_never_shakes_hands(autojump_clock: Clock) -> None:
    transport, _ = memory_stream_pair()
    began_s = trio.current_time()
    with pytest.raises(Lost, match="did not agree on TLS in time"):
        await Dialler(ELSEWHERE, private=True)._secure(transport, HOST)
    assert trio.current_time() == began_s + TLS_TIMEOUT_S
