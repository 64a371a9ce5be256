"""One POST of a webhook, to an address that was looked at before it is connected to.

Only the status is of interest, so no more than the answer's head is ever read. Nothing is sent
twice, no redirect is followed, and nothing is raised for what the network or the endpoint does.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import trio
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from actors.services.hooks import Answer
from server.outbound import NoConnection, Outbound

TRY_TIMEOUT_S = 10.0
"""For all of it, from the name to the answer's status."""
CONNECT_TIMEOUT_S = 3.0
MAX_LOOKUPS_AT_ONCE = 40
"""Twice the tries there can be: one that is given up holds its thread until the system ends it."""
MAX_HEAD_BYTES = 16 * 1024
READ_BYTES = 4 * 1024
DEFAULT_PORTS = {"https": 443, "http": 80}


class _Failed(Exception):
    """No answer came; the word says why."""


class Poster:
    """Sends webhooks. ``private`` lets them go into private networks, too, as in dev."""

    def __init__(self, *, private: bool, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls or ssl.create_default_context()
        self._outbound = Outbound(
            private=private, connect_timeout_s=CONNECT_TIMEOUT_S, max_lookups=MAX_LOOKUPS_AT_ONCE
        )

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Make one try. The error is a word: ``http_500``, ``timed_out``, ``unreachable``, ….

        ``url`` has passed ``good_url``.
        """
        began_s = trio.current_time()
        status, error = None, "timed_out"
        with trio.move_on_after(TRY_TIMEOUT_S):
            try:
                status = await self._exchange(url, body, headers)
            except _Failed as failed:
                error = str(failed)
        took_ms = round((trio.current_time() - began_s) * 1000)
        if status is None:
            return Answer(None, error, took_ms)
        return Answer(status, None if 200 <= status < 300 else f"http_{status}", took_ms)

    async def _exchange(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        parts = urlsplit(url)
        assert parts.hostname is not None, "a good URL names a host"
        stream = await self._connect(parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme])
        if parts.scheme == "https":
            stream = trio.SSLStream(
                stream, self._tls, server_hostname=parts.hostname, https_compatible=True
            )
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = _head(path, parts.netloc, len(body), headers)
        try:
            if isinstance(stream, trio.SSLStream):
                await _shake_hands(stream)
            return await _ask(stream, head + body)
        except trio.BrokenResourceError:
            raise _Failed("connection_lost") from None
        finally:
            await trio.aclose_forcefully(stream)

    async def _connect(self, host: str, port: int) -> trio.abc.Stream:
        try:
            found = await self._outbound.look_up(host, port)
            return await self._outbound.connect(self._outbound.allowed(found))
        except NoConnection as error:
            raise _Failed(error.reason) from None


@dataclass(slots=True)
class _Status:
    """Hears the parser: the status of the answer, once its head is whole."""

    parser: HttpResponseParser | None = None
    value: int | None = None

    def on_headers_complete(self) -> None:
        assert self.parser is not None
        status = self.parser.get_status_code()
        if status >= 200 and self.value is None:  # those below announce an answer to come
            self.value = status


async def _shake_hands(stream: "trio.SSLStream[trio.abc.Stream]") -> None:
    try:
        await stream.do_handshake()
    except trio.BrokenResourceError:
        raise _Failed("tls_failed") from None


async def _ask(stream: trio.abc.Stream, request: bytes) -> int:
    await stream.send_all(request)
    heard = _Status()
    heard.parser = HttpResponseParser(heard)
    read_bytes = 0
    while heard.value is None:
        data = await stream.receive_some(READ_BYTES)
        if not data:
            raise _Failed("connection_lost")
        read_bytes += len(data)
        try:
            heard.parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            if heard.value is None:
                raise _Failed("bad_answer") from None
        if heard.value is None and read_bytes >= MAX_HEAD_BYTES:
            raise _Failed("bad_answer")
    return heard.value


def _head(path: str, host: str, length_bytes: int, headers: Mapping[str, str]) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "Connection: close",
        f"Content-Length: {length_bytes}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii")
