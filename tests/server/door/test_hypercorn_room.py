import inspect
import ipaddress
import json
from importlib.metadata import version
from typing import Any

import pytest
import trio
from hypercorn.config import Config
from hypercorn.trio.lifespan import Lifespan
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext

from server.door import DoorConfig

GET_ECHO = b"GET /echo HTTP/1.1\r\nHost: h\r\n\r\n"


def test_hypercorn_is_the_one_that_was_read() -> None:
    """When this fails, read the new version's trio/tcp_server.py and protocol/h11.py again."""
    assert version("hypercorn").startswith("0.18.")
    assert list(inspect.signature(TCPServer).parameters) == [
        *("app", "config", "context", "state", "stream"),
    ]
    assert list(inspect.signature(Lifespan).parameters) == ["app", "config", "state"]
    assert list(inspect.signature(WorkerContext).parameters) == ["max_requests"]
    for setting in (
        "accesslog",
        "errorlog",
        "h11_max_incomplete_size",
        "include_server_header",
        "keep_alive_max_requests",
        "shutdown_timeout",
    ):
        assert hasattr(Config, setting)


@pytest.mark.parametrize(
    "request_bytes",
    [
        GET_ECHO,
        b"GET /echo HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n\r\n",
        b"GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        b"GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n",
        b"HEAD /echo HTTP/1.1\r\nHost: h\r\n\r\n",
    ],
)
async def test_one_request_a_connection(open_house: Any, request_bytes: bytes) -> None:
    async with open_house() as house:
        client = await house.connect()
        await client.send(request_bytes)
        answer = await client.answer(request_bytes.split()[0].decode())
        assert answer.headers["connection"] == "close"
        assert await client.rest() == b""


async def test_bodies_arrive(open_house: Any) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: h\r\n"
    async with open_house() as house:
        answer = await house.ask(head + b"Content-Length: 5\r\n\r\nhello")
        assert json.loads(answer.body)["body"] == "hello"
        answer = await house.ask(
            head + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
        )
        assert json.loads(answer.body)["body"] == "hello"


async def test_expect_continue(open_house: Any) -> None:
    async with open_house() as house:
        client = await house.connect()
        await client.send(
            b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
        )
        assert (await client.stream.receive_some()).startswith(b"HTTP/1.1 100 ")
        await client.send(b"hello")
        assert json.loads((await client.answer()).body)["body"] == "hello"


async def test_the_refusal_of_a_large_body_arrives(open_house: Any) -> None:
    async with open_house() as house:
        client = await house.connect()
        size = 500_000
        await client.send(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % size)
        await client.send(b"x" * size)
        assert (await client.answer()).status == 413
        assert await client.rest() == b""


@pytest.mark.parametrize(
    "headers",
    [
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
    ],
)
async def test_nothing_upgrades(open_house: Any, headers: str) -> None:
    async with open_house() as house:
        request = f"GET /echo HTTP/1.1\r\nHost: h\r\n{headers}\r\n".encode()
        answer = await house.ask(request)
        assert answer.status == 200
        assert "upgrade" not in json.loads(answer.body)["headers"]
        assert (await house.ask(request.replace(b"/echo", b"/nothing"))).status == 404


async def test_a_head_of_the_greatest_size(open_house: Any) -> None:
    async with open_house() as house:
        head = b"GET /echo HTTP/1.1\r\nHost:h\r\n" + b"A:b\r\n" * 98 + b"X:"
        answer = await house.ask(head + b"x" * (16384 - len(head) - 4) + b"\r\n\r\n")
        assert answer.status == 200


@pytest.mark.parametrize(
    "target",
    ["/%6cive/a", "//live/a", "/live", "/LIVE/a", "/ws/", "/x/../live/a", "/live%2fa"],
)
async def test_no_spelling_reaches_another_room(open_house: Any, target: str) -> None:
    async with open_house() as house:
        answer = await house.ask(f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        assert answer.status in (404, 308)
        assert house.heads == []


async def test_absolute_target(open_house: Any) -> None:
    async with open_house() as house:
        answer = await house.ask(b"GET http://one/echo?a HTTP/1.1\r\nHost: two\r\n\r\n")
        seen = json.loads(answer.body)
        assert (seen["path"], seen["headers"]["host"]) == ("/echo", "one")


@pytest.mark.parametrize(
    ("trusted", "client", "scheme"),
    [((), "127.0.0.1", "http"), (("127.0.0.0/8",), "9.9.9.9", "https")],
)
async def test_only_a_trusted_proxy_is_believed(
    open_house: Any, trusted: tuple[str, ...], client: str, scheme: str
) -> None:
    networks = [ipaddress.ip_network(each) for each in trusted]
    async with open_house(DoorConfig(trusted_proxies=networks)) as house:
        answer = await house.ask(
            b"GET /echo HTTP/1.1\r\nHost: h\r\n"
            b"X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n\r\n"
        )
        seen = json.loads(answer.body)
        assert (seen["client"], seen["scheme"]) == (client, scheme)


async def test_a_client_that_leaves_cancels_its_request(open_house: Any) -> None:
    async with open_house() as house:
        client = await house.connect()
        await client.send(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        await house.entered.wait()
        await client.stream.aclose()
        with trio.fail_after(5):
            await house.left.wait()


async def test_a_client_that_does_not_read_is_given_up(
    open_house: Any, autojump_clock: trio.testing.MockClock
) -> None:
    async with open_house() as house:
        client = await house.connect()
        await client.send(b"GET /big HTTP/1.1\r\nHost: h\r\n\r\n")
        await house.entered.wait()
        start = trio.current_time()
        await house.door.drain(200)
        assert 20 <= trio.current_time() - start < 30


async def test_an_endless_body_is_given_up(
    open_house: Any, autojump_clock: trio.testing.MockClock
) -> None:
    async with open_house() as house:
        client = await house.connect()
        await client.send(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 900\r\n\r\nx")
        start = trio.current_time()
        assert (await client.answer()).status == 408
        assert trio.current_time() - start <= 120


async def test_the_app_is_started_and_ended(open_house: Any) -> None:
    async with open_house() as house:
        ended = trio.Event()
        house.app.after_serving(ended.set)
        assert (await house.ask(GET_ECHO)).status == 200
        await house.door.drain(5)
        assert ended.is_set()
