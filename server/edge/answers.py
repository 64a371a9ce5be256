"""The edge's answers, as bytes."""

import functools
import gzip
import time
from dataclasses import dataclass
from email.utils import formatdate

from server.door import error_body, status_line

PLAYLIST_TYPE = b"application/vnd.apple.mpegurl"
GZIP_LEVEL = 5
MIN_GZIP_BYTES = 1400
"""What fits one packet gains nothing."""
GZIP_CACHE_COUNT = 256
"""Playlists, of the newest snapshots; those of a long show have some 10 KiB when packed."""
BODYLESS = (204, 304)

CORS = (
    b"Access-Control-Allow-Origin: *\r\n"
    b"Access-Control-Expose-Headers: Content-Length, Content-Range, Date, ETag\r\n"
)
PREFLIGHT = (
    b"Allow: GET, HEAD, OPTIONS\r\n"
    b"Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"
    b"Access-Control-Allow-Headers: Range, If-None-Match, If-Range, Cache-Control\r\n"
    b"Access-Control-Max-Age: 86400\r\n"
)
IMMUTABLE = b"Cache-Control: public, max-age=31536000, immutable\r\n"
NO_STORE = b"Cache-Control: no-store\r\n"
TICKETED = b"Cache-Control: private, no-store\r\n"
"""Of what is paid for: no cache on the way may hand it to others, and none at the listener's may
spare us the request, at which the licence is looked at again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, the headers that are its own (each line ended), and a body."""

    status: int
    headers: bytes
    body: bytes | memoryview = b""

    def head(self, *, keep_alive: bool) -> bytes:
        """Write the status line and all headers."""
        return b"".join(
            (
                _status_and_date(self.status, int(time.time())),
                CORS,
                self.headers,
                b"" if self.status in BODYLESS else b"Content-Length: %d\r\n" % len(self.body),
                b"Connection: keep-alive\r\n\r\n" if keep_alive else b"Connection: close\r\n\r\n",
            )
        )


def index(playlist: bytes) -> Answer:
    """Answer with a multivariant playlist: it is one session's and new each time."""
    return Answer(200, b"Content-Type: %b\r\n%b" % (PLAYLIST_TYPE, NO_STORE), playlist)


def playlist(body: bytes, caching: bytes, *, gzip_accepted: bool) -> Answer:
    """Answer with a media playlist, packed where that is worth it."""
    encoding = b""
    if gzip_accepted and len(body) >= MIN_GZIP_BYTES:
        body = _packed(body)
        encoding = b"Content-Encoding: gzip\r\n"
    headers = b"Content-Type: %b\r\n%bVary: Accept-Encoding\r\n%b"
    return Answer(200, headers % (PLAYLIST_TYPE, caching, encoding), body)


def max_age(seconds: int) -> bytes:
    """Let any cache keep an answer for a while."""
    return b"Cache-Control: max-age=%d\r\n" % seconds


def preflight() -> Answer:
    """Answer an OPTIONS request (the Fetch standard, CORS protocol)."""
    return Answer(204, PREFLIGHT)


def error(status: int, code: str, message: str, headers: bytes = b"") -> Answer:
    """Answer with an error in JSON, which no cache keeps."""
    body, request_id = error_body(code, message)
    ours = b"Content-Type: application/json\r\nX-Request-Id: %b\r\n" % request_id.encode()
    return Answer(status, ours + NO_STORE + headers, body)


def accepts_gzip(accept_encoding: bytes | None) -> bool:
    """Whether an Accept-Encoding header lets gzip through (RFC 9110 section 12.5.3)."""
    for each in (accept_encoding or b"").lower().split(b","):
        coding, _, weight = each.partition(b";")
        if coding.strip() in (b"gzip", b"x-gzip"):
            return weight.replace(b" ", b"").rstrip(b"0.") != b"q="
    return False


@functools.lru_cache(maxsize=GZIP_CACHE_COUNT)
def _packed(body: bytes) -> bytes:
    return gzip.compress(body, GZIP_LEVEL, mtime=0)


@functools.lru_cache(maxsize=16)
def _status_and_date(status: int, now_s: int) -> bytes:
    return f"{status_line(status)}\r\nDate: {formatdate(now_s, usegmt=True)}\r\n".encode("ascii")
