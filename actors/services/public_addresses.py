"""Which addresses users may have us connect to: none of the network that the server stands in."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

# They carry an IPv4 address that a gateway on the way may send the packets on to (RFC 6052, 8215).
TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


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
