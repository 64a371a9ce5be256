"""Which URLs a webhook may be sent to."""

from urllib.parse import SplitResult, urlsplit

MAX_URL_CHARS = 2_048
MAX_HOST_CHARS = 253
SCHEMES = ("http", "https")


def good_url(text: str) -> str:
    """Return the URL as it is, if a webhook can be sent there. ValueError says what is wrong."""
    url = text.strip()
    if len(url) > MAX_URL_CHARS:
        raise ValueError(f"must have at most {MAX_URL_CHARS} characters")
    if not all("!" <= char <= "~" for char in url) or "\\" in url:
        raise ValueError("must be ASCII without spaces and backslashes; escape what is not")
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise ValueError("must begin with https:// or http:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not have a user or a password in it")
    if parts.fragment:
        raise ValueError("must not have a fragment (#)")
    if len(parts.hostname) > MAX_HOST_CHARS or not _has_good_port(parts):
        raise ValueError("must name a host of at most 253 characters and a port of 1 to 65535")
    return url


def _has_good_port(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False
