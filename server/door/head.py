"""Request heads: bytes in, one head out, or a refusal that says which HTTP status it is worth."""

import functools
from dataclasses import dataclass

import httptools

from server.door.routing import EDGE_PREFIX

HEAD_END = b"\r\n\r\n"
MAX_HEAD_BYTES = 16 * 1024
"""Request line and headers; browsers send 1 to 2 KiB, with full cookies 8 KiB."""
MAX_HEADERS_COUNT = 100
KEPT_HEAD_BYTES = 1024
KEPT_HEADS_COUNT = 4096
"""Some 3 KiB each when parsed: 12 MB at most."""
KEPT_HEAD_START = f"GET {EDGE_PREFIX}".encode()
"""Others hardly come twice: a WebSocket's has a key in it that is new each time."""
VERSIONS = ("1.1", "1.0")
SCHEMES = ("http", "https")


class HeadRefused(Exception):
    """The head cannot be served; ``status`` and ``code`` are what to answer."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class RequestHead:
    """One HTTP/1 request's head (RFC 9112 sections 3 and 5).

    ``target`` is in origin form (path and query, percent-encoding untouched), whichever form came;
    ``path`` is the part before ``?``. Header names are lowercase; values are stripped. ``raw`` is
    the head as it came, its empty line included.
    """

    method: str
    target: str
    path: str
    version: str
    headers: tuple[tuple[bytes, bytes], ...]
    raw: bytes

    def header(self, name: bytes) -> bytes | None:
        """Find the first value of the header with this lowercase name."""
        for each, value in self.headers:
            if each == name:
                return value
        return None

    @property
    def has_body(self) -> bool:
        """Whether a body follows (RFC 9112 section 6)."""
        for name, value in self.headers:
            if name == b"transfer-encoding" or (name == b"content-length" and value != b"0"):
                return True
        return False

    @property
    def keep_alive(self) -> bool:
        """Whether the client would send another request (RFC 9112 section 9.3)."""
        for name, value in self.headers:
            if name == b"connection":
                tokens = [token.strip() for token in value.lower().split(b",")]
                if b"close" in tokens:
                    return False
                if b"keep-alive" in tokens:
                    return True
        return self.version == "1.1"


class HeadParser:
    """Parses one head from bytes in pieces of any size. Bytes past its end are in ``rest``."""

    def __init__(self, max_head_bytes: int = MAX_HEAD_BYTES) -> None:
        self.rest = b""
        self._max_bytes = max_head_bytes
        self._buffer = b""
        self._checker: httptools.HttpRequestParser | None = None

    def feed(self, data: bytes) -> RequestHead | None:
        """Take bytes; give the head once it is whole. Raises HeadRefused at the first bad byte."""
        if not self._buffer:
            data = data.lstrip(b"\r\n")  # RFC 9112 section 2.2: empty lines before a request
        start = len(self._buffer)
        self._buffer += data
        found = self._buffer.find(HEAD_END, max(0, start - len(HEAD_END) + 1))
        size = len(self._buffer) if found < 0 else found + len(HEAD_END)
        if size > self._max_bytes:
            message = f"The request head is larger than {self._max_bytes} bytes."
            raise HeadRefused(431, "head_too_large", message)
        if found < 0:
            self._check(data)
            return None
        raw, self.rest = self._buffer[:size], self._buffer[size:]
        keep = size <= KEPT_HEAD_BYTES and raw.startswith(KEPT_HEAD_START)
        return _parse_and_keep(raw) if keep else _parse(raw)

    def _check(self, data: bytes) -> None:
        """Look at a piece of the head, so that what is no HTTP need not be waited for."""
        if self._checker is None:
            self._checker = httptools.HttpRequestParser(_Collector())
        _feed(self._checker, data)


def _feed(parser: httptools.HttpRequestParser, data: bytes) -> None:
    try:
        parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        return  # which protocol to change to is for the room to say
    except httptools.HttpParserError as error:
        raise HeadRefused(400, "bad_request", f"This is not HTTP/1.1: {error}.") from None


def _parse(raw: bytes) -> RequestHead:
    """Parse a whole head. HeadRefused."""
    collector = _Collector()
    parser = httptools.HttpRequestParser(collector)
    _feed(parser, raw)
    version = parser.get_http_version()
    if version not in VERSIONS:
        raise HeadRefused(505, "version_unsupported", "Only HTTP/1.1 and 1.0 are spoken here.")
    headers = collector.headers
    if len(headers) > MAX_HEADERS_COUNT:
        message = f"There are more than {MAX_HEADERS_COUNT} headers."
        raise HeadRefused(431, "head_too_large", message)
    target, authority = _origin_form(collector.url)
    if authority is not None:
        # RFC 9112 section 3.2.2: the authority of an absolute target replaces Host.
        headers = [pair for pair in headers if pair[0] != b"host"]
        headers.append((b"host", authority))
    hosts = [name for name, _ in headers].count(b"host")
    if hosts > 1 or (hosts == 0 and version == "1.1"):
        raise HeadRefused(400, "bad_request", "There must be one Host header.")
    return RequestHead(
        method=parser.get_method().decode("ascii"),
        target=target,
        path=target.partition("?")[0],
        version=version,
        headers=tuple(headers),
        raw=raw,
    )


_parse_and_keep = functools.lru_cache(KEPT_HEADS_COUNT)(_parse)
"""A player asks for its playlist in the same bytes each time; to find them costs a tenth."""


class _Collector:
    """What the parser tells; apart from the parser, as otherwise the two would be a cycle."""

    __slots__ = ("headers", "url")

    def __init__(self) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value.rstrip(b" \t")))


def _origin_form(url: bytes) -> tuple[str, bytes | None]:
    """Give path and query, and the authority where the target was absolute. HeadRefused."""
    target = url.decode("ascii")
    authority = None
    if not target.startswith("/"):
        scheme, separator, rest = target.partition("://")
        if not separator or scheme.lower() not in SCHEMES:
            raise HeadRefused(400, "bad_request", "The request target is not a path.")
        authority, path = _split_authority(rest)
        target = path if path.startswith("/") else f"/{path}"
    if "#" in target:
        raise HeadRefused(400, "bad_request", "A request target has no fragment.")
    return target, authority


def _split_authority(rest: str) -> tuple[bytes, str]:
    end = min((rest.index(mark) for mark in "/?" if mark in rest), default=len(rest))
    return rest[:end].encode("ascii"), rest[end:]
