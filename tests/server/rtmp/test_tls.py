"""RTMPS: the stream over a real TLS client, its failures, and a certificate that is renewed."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
from support.certificates import HOST, write_certificate
from support.rtmp_client import Client
from trio.testing import memory_stream_pair

from actors.kernel import Directory, Supervisor
from actors.stream import StreamMessage
from server.rtmp import Certificate, CertificateError, Ingest, RtmpServer, listener
from server.rtmp.tls import READ_BYTES, TlsStream


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    write_certificate(cert, key)
    return cert, key


def client_context(cert: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=cert)


async def agreed(cert: Path, key: Path) -> tuple[TlsStream, trio.SSLStream[trio.abc.Stream]]:
    """Both sides of a connection, after its handshake."""
    ours, theirs = memory_stream_pair()
    server = TlsStream(ours, Certificate(cert, key).context())
    client = trio.SSLStream(theirs, client_context(cert), server_hostname=HOST)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.do_handshake)
        nursery.start_soon(client.do_handshake)
    return server, client


async def test_what_is_sent_arrives_both_ways(files: tuple[Path, Path]) -> None:
    server, client = await agreed(*files)
    big = bytes(range(256)) * 2048

    async def send() -> None:
        await client.send_all(big)
        await client.unwrap()

    arrived = bytearray()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(send)
        while data := await server.receive_some(READ_BYTES):
            assert len(data) <= READ_BYTES
            arrived += data
        await server.aclose()
    assert arrived == big


async def test_one_read_takes_all_the_records_that_have_arrived(files: tuple[Path, Path]) -> None:
    server, client = await agreed(*files)
    for n in range(20):
        await client.send_all(bytes([n]) * 100)
    assert len(await server.receive_some()) == 2_000


async def test_a_read_gives_no_more_than_it_was_asked_for(files: tuple[Path, Path]) -> None:
    server, client = await agreed(*files)
    await client.send_all(b"abcdef")
    assert [await server.receive_some(4), await server.receive_some(4)] == [b"abcd", b"ef"]


async def test_a_connection_that_is_cut_ends(files: tuple[Path, Path]) -> None:
    server, client = await agreed(*files)
    await client.transport_stream.aclose()
    assert await server.receive_some() == b""
    await server.aclose()


async def test_the_server_says_that_it_closes(files: tuple[Path, Path]) -> None:
    server, client = await agreed(*files)
    await server.send_all(b"bye")
    await server.aclose()
    assert await client.receive_some() == b"bye"
    assert await client.receive_some() == b""  # a cut without the alert would raise


async def test_what_is_no_tls_is_refused(files: tuple[Path, Path]) -> None:
    ours, theirs = memory_stream_pair()
    server = TlsStream(ours, Certificate(*files).context())
    await theirs.send_all(Client.hello())
    with pytest.raises(trio.BrokenResourceError):
        await server.do_handshake()
    await server.aclose()


async def test_records_that_were_tampered_with_end_the_connection(
    files: tuple[Path, Path],
) -> None:
    server, client = await agreed(*files)
    await client.transport_stream.send_all(b"\x17\x03\x03\x00\x20" + bytes(32))
    with pytest.raises(trio.BrokenResourceError):
        await server.receive_some()


async def test_a_client_that_leaves_in_its_handshake(files: tuple[Path, Path]) -> None:
    ours, theirs = memory_stream_pair()
    server = TlsStream(ours, Certificate(*files).context())
    await theirs.aclose()
    with pytest.raises(trio.BrokenResourceError):
        await server.do_handshake()


def test_files_that_are_no_certificate(tmp_path: Path, files: tuple[Path, Path]) -> None:
    cert, key = files
    with pytest.raises(CertificateError, match=r"none\.pem"):
        Certificate(tmp_path / "none.pem", key)
    other_cert, other_key = tmp_path / "other.pem", tmp_path / "other-key.pem"
    write_certificate(other_cert, other_key)
    with pytest.raises(CertificateError, match=r"other-key\.pem"):
        Certificate(cert, other_key)


def test_a_renewed_certificate_is_used_once_its_pair_is_whole(
    tmp_path: Path, files: tuple[Path, Path]
) -> None:
    cert, key = files
    certificate = Certificate(cert, key)
    first = certificate.context()
    assert certificate.context() is first
    new_cert, new_key = tmp_path / "new.pem", tmp_path / "new-key.pem"
    write_certificate(new_cert, new_key)
    new_cert.replace(cert)
    assert certificate.context() is first  # the key is still the old one
    new_key.replace(key)
    second = certificate.context()
    assert second is not first
    key.unlink()
    assert certificate.context() is second


@pytest.fixture
async def secure_port(files: tuple[Path, Path]) -> AsyncIterator[int]:
    async def nobody(key: str) -> str | None:
        return None

    async with trio.open_nursery() as nursery:
        directory: Directory[StreamMessage] = Directory(Supervisor(nursery), "stream", pytest.fail)
        server = RtmpServer(Ingest(directory, nobody), Certificate(*files))
        plain, secure = [await trio.open_tcp_listeners(0, host="127.0.0.1") for _ in range(2)]
        nursery.start_soon(server.run, plain, secure)
        yield secure[0].socket.getsockname()[1]
        nursery.cancel_scope.cancel()


async def test_an_encoder_is_refused_in_words_over_tls_too(
    secure_port: int, files: tuple[Path, Path]
) -> None:
    client = Client()
    heard = b""
    with trio.fail_after(10):
        tcp = await trio.open_tcp_stream("127.0.0.1", secure_port)
        async with trio.SSLStream(tcp, client_context(files[0]), server_hostname=HOST) as stream:
            opening = client.hello() + client.connect() + client.command("createStream", 4, None)
            await stream.send_all(opening + client.publish("no-such-key"))
            while b"Unknown stream key" not in heard:
                heard += await stream.receive_some()


async def test_a_client_that_never_shakes_hands_is_dropped(
    secure_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "TLS_HANDSHAKE_TIMEOUT_S", 0.05)
    with trio.fail_after(10):
        async with await trio.open_tcp_stream("127.0.0.1", secure_port) as stream:
            assert await stream.receive_some() == b""


async def test_a_client_that_dribbles_its_handshake_is_dropped(
    secure_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte is in time: it is the whole that has a deadline."""
    monkeypatch.setattr(listener, "TLS_HANDSHAKE_TIMEOUT_S", 0.3)
    hello = b"\x16\x03\x01\x40\x00" + bytes(16_384)  # a record that is as long as it may be
    with trio.fail_after(10):
        async with await trio.open_tcp_stream("127.0.0.1", secure_port) as stream:
            with pytest.raises(trio.BrokenResourceError):
                await _dribble(stream, hello)


async def _dribble(stream: trio.SocketStream, data: bytes) -> None:
    for byte in data:
        await stream.send_all(bytes((byte,)))
        await trio.sleep(0.02)
