"""Token buckets by address, for whoever takes connections."""

import ipaddress

import trio

ROUNDING_S = 1e-6
"""What hundreds of sums of seconds may be off."""
IPV6_PREFIX_BITS = 64
"""What one customer is given at the least (RFC 6177, section 2): any address in it is theirs."""


def take_token(full_at: float, rate_per_s: float, burst: float) -> tuple[float, float]:
    """Take a token from a bucket that is full at ``full_at``: when it is now, and how to wait.

    A bucket is kept as this one number, in trio's time (s); a wait is 0 where there was a token.
    """
    now = trio.current_time()
    start = max(full_at, now)
    wait_s = start - now - (burst - 1) / rate_per_s
    if wait_s > ROUNDING_S:
        return full_at, wait_s
    return start + 1 / rate_per_s, 0.0


def address_key(address: str) -> int | None:
    """Give what an address counts as; None where it has no rate. IPv6 counts by its prefix.

    What comes from this machine is the operator's, and has none, nor has a peer without an address.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if parsed.is_loopback:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        return (int(parsed) >> (128 - IPV6_PREFIX_BITS)) + 2**32  # past all of IPv4
    return int(parsed)
