"""One POST over real sockets, to endpoints that answer, hang, cut, flood and lead elsewhere."""

import socket
import ssl
import time
from contextlib import suppress
from pathlib import Path

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from support.certificates import HOST, write_certificate

from server.hooks import post as posting
from server.hooks.post import MAX_HEAD_BYTES, Poster, _ask, _Failed

HEADERS = {"Content-Type": "application/json", "Bandstand-Signature": "t=1,v1=00"}
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nxxx"
BODY = '{"title":"Für Elise"}'.encode()


async def post(receiver, url: str | None = None, **options) -> object:
    return await Poster(private=True, **options).post(url or receiver.url, BODY, HEADERS)


async def test_a_webhook_that_is_taken(receiver):
    receiver.answers(200)
    answer = await post(receiver)
    assert (answer.status, answer.error, answer.taken) == (200, None, True)
    (request,) = receiver.requests
    assert (request.method, request.target, request.body) == ("POST", "/hook?token=theirs", BODY)
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert request.headers["bandstand-signature"] == "t=1,v1=00"


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
async def test_a_refusal(receiver, status):
    receiver.answers(status)
    answer = await post(receiver)
    assert (answer.status, answer.error, answer.taken) == (status, f"http_{status}", False)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(receiver, status):
    receiver.answers(status, f"Location: {receiver.url}")
    answer = await post(receiver)
    assert answer.error == f"http_{status}"
    assert len(receiver.requests) == 1


async def test_announcements_come_before_the_answer(receiver):
    receiver.sends(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
    )
    assert (await post(receiver)).status == 200


async def test_an_answer_byte_by_byte(receiver):
    answer = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
    receiver.sends(*(bytes([byte]) for byte in answer))
    assert (await post(receiver)).status == 202


async def test_the_body_of_the_answer_is_not_read(receiver):
    receiver.floods(b"x" * 65_536, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    with trio.fail_after(5):
        assert (await post(receiver)).status == 200
        while receiver.in_flight:
            await receiver.news.wait()  # it has been left


@pytest.mark.parametrize(
    ("piece", "first"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n", b""),
        (b"X-Padding: " + b"x" * 1000 + b"\r\n", b"HTTP/1.1 200 OK\r\n"),
        (b"x" * 1000, b"HTTP/1.1 200 "),
    ],
)
async def test_a_flood_before_the_status_is_left_soon(receiver, piece, first, monkeypatch):
    read_bytes = []
    receive_some = trio.SocketStream.receive_some

    async def note(stream, max_bytes=None):
        data = await receive_some(stream, max_bytes)
        if max_bytes == posting.READ_BYTES:
            read_bytes.append(len(data))
        return data

    monkeypatch.setattr(trio.SocketStream, "receive_some", note)
    receiver.floods(piece, first)
    answer = await post(receiver)
    assert (answer.status, answer.error) == (None, "bad_answer")
    assert sum(read_bytes) < MAX_HEAD_BYTES + posting.READ_BYTES


@pytest.mark.parametrize(
    "said", [SWITCHING, b"SSH-2.0-OpenSSH_9.2\r\n", b"\x15\x03\x01\x00\x02\x02\x16", b"\0" * 99]
)
async def test_what_is_no_http(receiver, said):
    receiver.sends(said)
    assert (await post(receiver)).error == "bad_answer"


async def test_a_connection_that_is_cut(receiver):
    receiver.cuts()
    receiver.sends(b"HTTP/1.1 200 O")
    assert (await post(receiver)).error == "connection_lost"
    assert (await post(receiver)).error == "connection_lost"


async def test_an_address_that_does_not_answer_is_left_for_the_next(
    receiver, monkeypatch, autojump_clock
):
    left = []

    class Mute:
        """A connection that is never made."""

        def close(self) -> None:
            left.append(trio.current_time())

        async def connect(self, _) -> None:
            await trio.sleep_forever()

    def lookup(*_, **__):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 80))] * 5

    async def at_once(work, **_):
        return work()

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setattr(trio.to_thread, "run_sync", at_once)
    monkeypatch.setattr(trio.socket, "socket", lambda *_: Mute())
    began_s = trio.current_time()
    answer = await Poster(private=True).post("http://hook.example/", BODY, HEADERS)
    assert answer.error == "unreachable"
    assert [round(each - began_s) for each in left] == [3, 6, 9]


async def test_nobody_there(receiver):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/"
        assert (await post(receiver, url)).error == "unreachable"


async def test_an_endpoint_that_hangs_or_drips_is_left_in_time(receiver, monkeypatch):
    monkeypatch.setattr(posting, "TRY_TIMEOUT_S", 0.3)
    receiver.hangs()
    receiver.sends(b"HTTP/1.1 200 OK\r\nX: ", *[b"x"] * 1000, pause_s=0.05)
    for _ in range(2):
        began_s = time.monotonic()
        answer = await post(receiver)
        assert (answer.status, answer.error) == (None, "timed_out")
        assert 300 <= answer.took_ms < 2000
        assert time.monotonic() - began_s < 2


async def test_a_cancellation_passes_through(receiver):
    receiver.hangs()
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(post, receiver)
            await receiver.wait(1)
            scope.cancel()
    assert scope.cancelled_caught


def resolving(monkeypatch, *addresses: str) -> list[str]:
    """Have every name resolve to these; gives the names that were asked for."""
    asked = []

    def getaddrinfo(host, port, **_):
        asked.append(host)
        found = [(socket.AF_INET6 if ":" in each else socket.AF_INET, each) for each in addresses]
        return [(family, socket.SOCK_STREAM, 6, "", (each, port)) for family, each in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0", "[::1]", "[::ffff:127.0.0.1]"],
)
async def test_no_way_to_write_loopback_gets_past_production(receiver, host):
    answer = await Poster(private=False).post(f"http://{host}:{receiver.port}/", BODY, HEADERS)
    assert answer.error == "private_address"
    assert receiver.requests == []


async def test_a_name_that_resolves_into_the_private_network_is_refused(receiver, monkeypatch):
    resolving(monkeypatch, "127.0.0.1", "10.0.0.1", "fe80::1")
    answer = await Poster(private=False).post(
        f"http://hook.example:{receiver.port}/", BODY, HEADERS
    )
    assert answer.error == "private_address"
    assert receiver.requests == []


async def test_a_name_is_looked_up_once_and_what_was_looked_at_is_connected_to(
    receiver, monkeypatch
):
    asked = resolving(monkeypatch, "127.0.0.1")
    answer = await post(receiver, f"http://hook.example:{receiver.port}/")
    assert answer.status == 204
    assert asked == ["hook.example"]
    assert receiver.requests[0].headers["host"] == f"hook.example:{receiver.port}"


async def test_a_name_that_nobody_knows(receiver, monkeypatch):
    def getaddrinfo(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert (await post(receiver, "http://hook.example/")).error == "unresolved"


@pytest.fixture
async def secure(receiver, tmp_path: Path):
    """The receiver behind TLS on another port, and a context that trusts its certificate."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    write_certificate(cert, key)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(cert, key)

    async def serve(stream: trio.SSLStream) -> None:
        with suppress(trio.BrokenResourceError):  # it does not trust us
            await receiver.serve(stream)

    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_ssl_over_tcp_listeners(
            0, server, host="127.0.0.1", https_compatible=True
        )
        nursery.start_soon(trio.serve_listeners, serve, [listener])
        port = listener.transport_listener.socket.getsockname()[1]
        yield port, ssl.create_default_context(cafile=str(cert))
        nursery.cancel_scope.cancel()


async def test_https_asks_for_the_certificate_of_the_name(receiver, secure, monkeypatch):
    resolving(monkeypatch, "127.0.0.1")
    port, trusting = secure
    assert (await post(receiver, f"https://{HOST}:{port}/", tls=trusting)).status == 204
    assert (
        await post(receiver, f"https://other.example:{port}/", tls=trusting)
    ).error == "tls_failed"
    assert (await post(receiver, f"https://{HOST}:{port}/")).error == "tls_failed"
    assert len(receiver.requests) == 1


async def test_https_to_a_server_without_tls(receiver):
    receiver.answers(200)
    url = receiver.url.replace("http:", "https:")
    with trio.fail_after(20):
        assert (await post(receiver, url)).error == "tls_failed"


@given(data=st.data())
@settings(max_examples=150, deadline=None)
async def test_whatever_is_answered_there_is_a_status_or_a_word(data):
    parts = [
        b"HTTP/1.1 ",
        b"HTTP/1.0 200",
        b"200 OK\r\n",
        b"\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: -1\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: upgrade\r\nUpgrade: h2c\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\n",
        b"HTTP/2 200\r\n",
    ]
    piece = st.one_of(st.sampled_from(parts), st.binary(max_size=40))
    pieces = data.draw(st.lists(piece, max_size=12))
    ours, theirs = trio.testing.memory_stream_pair()
    for each in pieces:
        await theirs.send_all(each)
    await theirs.send_eof()
    try:
        outcome: object = await _ask(ours, b"POST / HTTP/1.1\r\n\r\n")
    except _Failed as failed:
        outcome = str(failed)
    assert outcome in {"bad_answer", "connection_lost", *range(200, 1000)}
