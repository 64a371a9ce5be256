"""Where a show is forwarded to: an RTMP server's URL, read and looked at."""

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

MAX_URL_CHARS = 1_024
MAX_HOST_CHARS = 253
MAX_KEY_CHARS = 512
DEFAULT_PORTS = {"rtmp": 1935, "rtmps": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """A server's URL in its parts; ``app`` is all that follows the host, ``url`` the whole."""

    url: str
    secure: bool
    host: str
    port: int
    app: str


def read_target(text: str) -> Target:
    """Read the server's URL of a forward, without the key. ValueError says what is wrong."""
    url = text.strip().rstrip("/")
    if len(url) > MAX_URL_CHARS:
        raise ValueError(f"must have at most {MAX_URL_CHARS} characters")
    if not _is_plain(url) or "\\" in url:
        raise ValueError("must be ASCII without spaces and backslashes; escape what is not")
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError("must begin with rtmp:// or rtmps:// and name a host")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("must have no user, no password and no fragment (#) in it")
    port = _port(parts)
    if len(parts.hostname) > MAX_HOST_CHARS or port is None:
        raise ValueError("must name a host of at most 253 characters and a port of 1 to 65535")
    app = url.partition("://")[2].partition("/")[2].strip("/")
    if not app:
        raise ValueError("must end with the server's application, such as /live")
    return Target(url, parts.scheme == "rtmps", parts.hostname, port, app)


def good_key(text: str) -> str:
    """Return the stream key as it is sent. ValueError says what is wrong."""
    key = text.strip()
    if not 0 < len(key) <= MAX_KEY_CHARS:
        raise ValueError(f"must have 1 to {MAX_KEY_CHARS} characters")
    if not _is_plain(key):
        raise ValueError("must be ASCII without spaces")
    return key


def _is_plain(text: str) -> bool:
    return all("!" <= char <= "~" for char in text)


def _port(parts: SplitResult) -> int | None:
    try:
        port = parts.port
    except ValueError:
        return None
    return DEFAULT_PORTS[parts.scheme] if port is None else port or None
