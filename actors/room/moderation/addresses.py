"""The mark of a network address: enough to know it again, and not the address itself."""

import hmac
from ipaddress import IPv6Address, ip_address, ip_network

V6_PREFIX_BITS = 64
"""What one customer is given at the least (RFC 6177, section 2): any address in it is theirs."""
MARK_CHARACTERS = 32


def address_mark(key: bytes, address: str) -> str:
    """Give the mark of an address under a secret key (HMAC-SHA256, 128 bits in hex).

    All addresses of an IPv6 customer have one mark, as has an IPv4 address written as IPv6.
    What is no address has none: "".
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address):
        parsed = parsed.ipv4_mapped or ip_network((parsed, V6_PREFIX_BITS), False).network_address
    return hmac.digest(key, parsed.packed, "sha256").hex()[:MARK_CHARACTERS]
