"""Which addresses a webhook may be sent to: no way into the network that the server stands in."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

MAX_URL_CHARS = 2_048
MAX_HOST_CHARS = 253
SCHEMES = ("http", "https")

# They carry an IPv4 address that a gateway on the way may send the packets on to (RFC 6052, 8215).
TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


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


def names_private_address(url: str) -> bool:
    """Whether the host of a good URL is an address, and not one of the public internet."""
    host = urlsplit(url).hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return not is_public(address)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public internet, whatever form it is written in.

    Private, loopback, link-local, shared, multicast and reserved ones are not (the registries of
    RFC 6890), nor are those that carry such a one within, or any by way of a translating gateway.
    """
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.sixtofour is not None or address.teredo is not None:
            return False
        if any(address in network for network in TRANSLATED):
            return False
    return address.is_global and not address.is_multicast


def _has_good_port(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False
